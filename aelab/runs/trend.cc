#include "aelab/runs/trend.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "aelab/core/json.h"
#include "aelab/core/links.h"
#include "aelab/core/text.h"
#include "aelab/runs/run.h"
#include "aelab/training/callbacks/save_checkpoint.h"

namespace aelab {
namespace {

using nlohmann::json;

constexpr std::size_t kLeastEpochs = 3, kShareOfEpochs = 5;  // the last fifth
constexpr const char* kLines = "metrics.jsonl";
constexpr const char* kLosses[] = {"validation/loss", "train/loss"};

double least_squares_slope(std::span<const double> y) {
  const auto n = static_cast<double>(y.size());
  const double center = (n - 1) / 2;
  double products = 0, squares = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double x = static_cast<double>(i) - center;
    products += x * y[i];
    squares += x * x;
  }
  return products / squares;
}

/// The epochs of the last phase.
std::vector<json> last_phase(const std::filesystem::path& folder) {
  const auto path = folder / kLines;
  std::vector<json> epochs;
  std::istringstream lines(read_file_within(folder, kLines));
  for (std::string line; std::getline(lines, line);) {
    auto epoch = parse_json(line, path.string());
    if (!epoch.is_object()) throw Error(path.string() + ": has a line that is not an object");
    if (!epochs.empty() && epochs.back().value("phase", json()) != epoch.value("phase", json()))
      epochs.clear();
    epochs.push_back(std::move(epoch));
  }
  return epochs;
}

/// What the run's checkpoints monitor; the name is empty where the default is meant.
MonitorConfig monitored(const std::filesystem::path& folder) {
  for (const auto& entry : load_run_config(folder).callbacks)
    if (const auto* checkpoint = entry.callback.get_if<SaveCheckpoint::Config>()) return checkpoint->base;
  return {};
}

}  // namespace

std::optional<double> projected_improvement(std::span<const double> losses) {
  const auto count = std::max(kLeastEpochs, (losses.size() + kShareOfEpochs - 1) / kShareOfEpochs);
  if (losses.size() < count) return {};
  std::vector<double> logs;
  for (const double loss : losses.last(count)) {
    if (!(loss > 0) || !std::isfinite(loss)) return {};
    logs.push_back(std::log(loss));
  }
  return -std::expm1(least_squares_slope(logs) * static_cast<double>(count));
}

RunTrend read_trend(const std::filesystem::path& folder) {
  RunTrend trend;
  if (!has_entry(folder / kLines)) return trend;
  const auto epochs = last_phase(folder);
  if (epochs.empty()) return trend;
  const auto& last = epochs.back();
  const auto monitor = monitored(folder);
  auto name = monitor.monitor.value_or("");
  for (const auto* loss : kLosses)
    if (name.empty() && last.contains(loss)) name = loss;
  for (const auto& loss : {name, std::string(kLosses[0]), std::string(kLosses[1])})
    if (trend.diverged.empty() && last.contains(loss) && last[loss].is_null()) trend.diverged = loss;
  std::vector<double> losses;
  for (const auto& epoch : epochs) {
    const auto value = epoch.value(name, json());
    const double loss = value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
    losses.push_back(monitor.mode == Mode::min ? loss : 1 / loss);
  }
  trend.improvement = projected_improvement(losses);
  return trend;
}

std::string divergence_of(const RunTrend& trend, const std::vector<Result>& results) {
  if (!trend.diverged.empty()) return trend.diverged + " of the last epoch is NaN or infinite";
  for (const auto& [measure, value] : results)
    if (value && !std::isfinite(*value)) return measure.name + " is " + shortest(*value);
  return {};
}

}  // namespace aelab
