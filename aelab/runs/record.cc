#include "aelab/runs/record.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "aelab/core/checksum.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/core/links.h"
#include "aelab/core/text.h"

namespace aelab {
namespace {

using nlohmann::json;

constexpr const char* kStatus = "status.json";
constexpr const char* kEvaluation = "evaluation.json";
constexpr const char* kLasting[] = {"config.json", kEvaluation, "metrics.csv", "metrics.jsonl"};
constexpr const char* kNotApplicable = "not applicable";

std::map<std::string, std::string> lasting_checksums(const std::filesystem::path& folder) {
  std::map<std::string, std::string> checksums;
  for (const auto* name : kLasting)
    if (has_entry(folder / name)) checksums[name] = checksum(read_file(folder / name));
  return checksums;
}

/// Reads a file that aelab wrote. Throws an Error with its path if aelab did not write it.
template <class T, class Read>
T read_record(const std::filesystem::path& folder, const char* file, Read read) {
  const auto path = folder / file;
  if (!has_entry(path)) return {};
  try {
    return read(read_json(folder, file));
  } catch (const json::exception&) {
    throw Error(path.string() + ": is not a file that aelab wrote; was it edited?");
  }
}

Direction direction_named(const std::string& name) {
  const auto known = names(Direction::lower);
  const auto found = std::find(known.begin(), known.end(), name);
  return found == known.end() ? Direction::neither : static_cast<Direction>(found - known.begin());
}

/// JSON has no NaN and no infinity: they are written as null, which is not "not applicable".
std::optional<double> recorded_value(const json& number) {
  if (number.is_null()) return std::numeric_limits<double>::quiet_NaN();
  return number.is_number() ? std::optional<double>(number) : std::nullopt;
}

}  // namespace

json read_json(const std::filesystem::path& folder, const std::filesystem::path& file) {
  return parse_json(read_file_within(folder, file), (folder / file).string());
}

void write_json(const std::filesystem::path& path, const json& value) {
  write_file(path, value.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

void write_status(const std::filesystem::path& folder, RunStatus status) {
  if (status.is_over()) status.checksums = lasting_checksums(folder);
  json value = {{"status", status.state},          {"closed_form", status.closed_form},
                {"parameters", status.parameters}, {"epochs", status.epochs},
                {"steps", status.steps},           {"seconds", status.seconds},
                {"peak_bytes", status.peak_bytes}};
  if (!status.message.empty()) value["message"] = status.message;
  if (!status.checksums.empty()) value["checksums"] = status.checksums;
  write_json(folder / kStatus, value);
}

void log_failure(const std::filesystem::path& folder, const RunStatus& status) {
  const auto log = folder / "log.txt";
  std::error_code ignored;
  if (std::filesystem::is_regular_file(std::filesystem::symlink_status(log, ignored)) &&
      std::filesystem::hard_link_count(log, ignored) == 1)  // a copy's original keeps its content
    std::ofstream(log, std::ios::app) << status.state << ": " << status.message << "\n";
}

RunStatus read_status(const std::filesystem::path& folder) {
  return read_record<RunStatus>(folder, kStatus, [](const json& value) {
    return RunStatus{.state = value.at("status"),
                     .message = value.value("message", ""),
                     .closed_form = value.value("closed_form", false),
                     .parameters = value.value("parameters", std::int64_t{0}),
                     .epochs = value.value("epochs", std::int64_t{0}),
                     .steps = value.value("steps", std::int64_t{0}),
                     .peak_bytes = value.value("peak_bytes", std::int64_t{0}),
                     .seconds = value.value("seconds", 0.0),
                     .checksums = value.value("checksums", std::map<std::string, std::string>())};
  });
}

RunStatus known_status(const std::filesystem::path& folder) {
  try {
    return read_status(folder);
  } catch (const Error& error) {
    return {.state = "damaged", .message = first_line(error.what())};
  }
}

std::vector<std::string> changed_files(const std::filesystem::path& folder, const RunStatus& status) {
  std::vector<std::string> changed;
  for (const auto& [name, sum] : status.checksums)
    if (!has_entry(folder / name) || checksum(read_file_within(folder, name)) != sum) changed.push_back(name);
  return changed;
}

void write_evaluation(const std::filesystem::path& folder, const Evaluated& evaluated) {
  json metrics = json::object(), measures = json::array();
  for (const auto& [measure, value] : evaluated.results) {
    metrics[measure.name] = value ? json(*value) : json(kNotApplicable);
    measures.push_back({{"name", measure.name},
                        {"definition", measure.definition},
                        {"better", name_of(measure.better)},
                        {"version", measure.version}});
  }
  write_json(folder / kEvaluation, {{"checkpoint", evaluated.checkpoint},
                                    {"part", evaluated.part},
                                    {"metrics", metrics},
                                    {"measures", measures},
                                    {"cautions", evaluated.cautions}});
}

Evaluated read_evaluation(const std::filesystem::path& folder) {
  return read_record<Evaluated>(folder, kEvaluation, [](const json& value) {
    Evaluated evaluated{.checkpoint = value.at("checkpoint"),
                        .part = value.at("part"),
                        .cautions = value.value("cautions", std::vector<std::string>())};
    for (const auto& measure : value.at("measures")) {
      const auto& number = value.at("metrics").at(measure.at("name").get<std::string>());
      evaluated.results.push_back({Measure{.name = measure.at("name"),
                                           .definition = measure.at("definition"),
                                           .better = direction_named(measure.at("better")),
                                           .version = measure.at("version")},
                                   recorded_value(number)});
    }
    return evaluated;
  });
}

}  // namespace aelab
