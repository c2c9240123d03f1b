#include "aelab/training/training.h"

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "aelab/core/text.h"

namespace aelab {
namespace {

using nlohmann::json;

// JSON has no NaN and no infinity; both go as texts.
json to_json(double value) { return std::isfinite(value) ? json(value) : json(shortest(value)); }
double to_double(const json& saved) {
  return saved.is_string() ? std::strtod(saved.get_ref<const std::string&>().c_str(), nullptr)
                           : saved.get<double>();
}

}  // namespace

std::optional<double> find(const Metrics& metrics, std::string_view name) {
  for (const auto& [known, value] : metrics)
    if (known == name) return value;
  return {};
}

bool Training::limit_reached() const {
  const auto& [epochs, steps, seconds] = limit();
  return (epochs && progress.phase_epoch >= *epochs) || (steps && progress.phase_step >= *steps) ||
         (seconds && progress.phase_seconds >= *seconds);
}

std::optional<std::int64_t> Training::phase_epochs() const {
  if (const auto steps = limit().steps) return (*steps + epoch_steps - 1) / epoch_steps;
  return limit().epochs;
}

std::int64_t Training::phase_steps() const { return limit().steps_of(epoch_steps).value_or(1); }

void Averages::add(const Terms& terms, std::int64_t rows) {
  const auto weight = static_cast<double>(rows);
  if (sums_.empty())
    for (const auto& term : terms.all()) sums_.emplace_back(term.name, 0);
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const auto& term = terms.all()[i];
    const double value = term.value.item<double>();
    sums_[i].second += weight * value;
    total_ += weight * term.weight * value;
  }
  rows_ += rows;
}

Metrics Averages::means(const std::string& prefix) const {
  const auto rows = static_cast<double>(rows_);
  Metrics means = {{prefix + "/loss", total_ / rows}};
  for (const auto& [name, sum] : sums_) means.emplace_back(prefix + "/" + name, sum / rows);
  return means;
}

json Averages::save() const {
  auto sums = json::array();
  for (const auto& [name, sum] : sums_) sums.push_back({name, to_json(sum)});
  return {{"sums", std::move(sums)}, {"total", to_json(total_)}, {"rows", rows_}};
}

void Averages::load(const json& saved) {
  sums_.clear();
  for (const auto& sum : saved.at("sums")) sums_.emplace_back(sum.at(0), to_double(sum.at(1)));
  total_ = to_double(saved.at("total"));
  rows_ = saved.at("rows");
}

}  // namespace aelab
