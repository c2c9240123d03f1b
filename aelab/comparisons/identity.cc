#include "aelab/comparisons/identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "aelab/comparisons/width.h"
#include "aelab/core/checksum.h"
#include "aelab/core/config.h"
#include "aelab/core/json.h"
#include "aelab/core/links.h"
#include "aelab/data/data_record.h"
#include "aelab/runs/record.h"
#include "aelab/runs/run.h"
#include "aelab/training/checkpoint.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Takes from the record what a budget of parameters sets: widths, and the backbone that has them.
void take_solved(json& model, const RunConfig& there, const std::vector<std::string>& given) {
  const auto recorded = write_config(there.model);
  for (const auto& [key, value] : recorded.items())
    if (!model.contains(key) || model[key].empty()) model[key] = value;
  for (const auto& path : given.empty() ? hidden_widths(there) : given) {
    const auto key = path.substr(path.find('.') + 1);
    const auto field = key.substr(0, key.find_first_of(".["));
    if (recorded.contains(field)) model[field] = recorded[field];
  }
}

/// The config of a planned run. Where the comparison was not checked, what follows from its data, its kernels
/// and a budget of parameters is taken from the run on record.
json planned_config(const Comparison& comparison, const PlannedRun& planned, const RunConfig& there) {
  const auto& contender = comparison.contenders()[planned.contender];
  auto given = json::parse(contender.run.text);
  given["seed"] = planned.seed;
  RunConfig config;
  if (comparison.is_checked())
    config = comparison.run_config(planned);
  else
    read_config(given, config, comparison.origin() + ": " + contender.name);
  config.training.kernels = settled(config.training.kernels, there.training.kernels);
  if (comparison.is_checked()) return write_config(config);
  config.model.expanded = there.model.expanded;
  if (!config.data.split.test) config.data.split.test = there.data.split.test;
  auto wanted = write_config(config);
  if (const auto& budget = comparison.config().budget; budget && budget->parameters)
    take_solved(wanted["model"], there, contender.width);
  return wanted;
}

/// A run in the comparison's folder, and what is known of its data.
struct RunData {
  std::string id;
  json record;           ///< its data.json; null where it is missing or damaged
  std::string checksum;  ///< of the record, by its checkpoints if it is missing; "" if they do not say
};

RunData data_of(const Comparison& comparison, const PlannedRun& planned) {
  const auto folder = comparison.folder(planned);
  return {
      .id = planned.id, .record = readable_data_record(folder), .checksum = recorded_identity(folder).data};
}

/// The first difference between the files and rows of two records: "d/test.csv has 620 bytes, not 5000"; ""
/// if there is none. The same files may be recorded by different paths.
std::string difference_of_data(const json& now, const json& before) {
  const auto &files = now.at("files"), &others = before.at("files");
  if (files.size() != others.size()) return fmt::format("{} files, not {}", files.size(), others.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto text = [](const json& file, const char* key) { return file.at(key).get<std::string>(); };
    const auto path = text(files[i], "path");
    const auto &bytes = files[i].at("bytes"), &before_bytes = others[i].at("bytes");
    if (bytes != before_bytes)
      return fmt::format("{} has {} bytes, not {}", path, bytes.dump(), before_bytes.dump());
    const auto name = checksum_name(others[i]);
    const auto file = files[i].contains(name) ? files[i] : file_as_recorded(path, others[i]);
    const auto sum = text(file, name.c_str()), before_sum = text(others[i], name.c_str());
    if (sum != before_sum) return fmt::format("{} has the checksum {}, not {}", path, sum, before_sum);
  }
  const auto &rows = now.at("rows"), &before_rows = before.at("rows");
  return rows == before_rows ? "" : "rows: " + rows.dump() + ", not " + before_rows.dump();
}

/// Why it cannot be said that a run was trained on the data of `first`; "" if it was.
std::string difference_of_data(const RunData& run, const RunData& first) {
  if (!run.record.is_null() && !first.record.is_null()) return difference_of_data(run.record, first.record);
  const bool known = !run.checksum.empty() && !first.checksum.empty();
  return !known || run.checksum == first.checksum ? "" : "data.json is missing in one of them";
}

bool is_readable(const fs::path& folder) {
  return has_entry(folder / "config.json") && damage_of_config(folder).empty();
}

/// All runs of a comparison are measured on the same rows of the same files (Comparison::check).
void require_same_data(const Comparison& comparison, Problems& problems) {
  std::optional<RunData> first;
  for (const auto& planned : comparison.runs()) {
    const auto folder = comparison.folder(planned);
    if (!is_readable(folder) || !known_status(folder).is_over()) continue;
    problems.attempt([&] {
      const auto data = data_of(comparison, planned);
      if (!first) first = data;
      if (const auto difference = difference_of_data(data, *first); !difference.empty())
        problems.add(planned.id + ": was trained on other data than " + first->id + ": " + difference +
                     "; remove or rename " + folder.string() + " to run it again, or that of " + first->id);
    });
  }
}

/// Throws an Error if another version of aelab trained the run: its noise was another. Damage is reported
/// where the checkpoint is used.
void require_same_version(const fs::path& folder) {
  try {
    (void)read_record(find_checkpoint(folder, Which::last));
  } catch (const OtherVersion& error) {
    throw Error(std::string(error.what()) + "; remove or rename " + folder.string() + " to run it again");
  } catch (const Error&) {
  }
}

/// Existing runs have the config of the planned ones, and were trained by this version.
void require_same_runs(const Comparison& comparison, Problems& problems) {
  for (const auto& planned : comparison.runs()) {
    const auto folder = comparison.folder(planned);
    if (!is_readable(folder)) continue;
    problems.attempt([&] {
      require_same_version(folder);
      const auto there = load_run_config(folder);
      const auto recorded = write_config(there), wanted = planned_config(comparison, planned, there);
      if (recorded != wanted)
        throw Error((folder / "config.json").string() +
                    ": is the config of another run: " + difference_in_words(recorded, wanted) +
                    "; remove or rename its folder to run it again, or give the comparison another \"name\" "
                    "or \"output\"");
    });
  }
}

}  // namespace

std::string damage_of_config(const fs::path& run) {
  Problems damage;
  if (has_entry(run / "config.json")) damage.attempt([&] { load_run_config(run); });
  return damage.empty() ? "" : damage.all().front();
}

json recorded_comparison(const fs::path& path) {
  Problems damage;
  json recorded;
  damage.attempt([&] { recorded = read_json(path.parent_path(), path.filename()); });
  if (damage.empty() && !recorded.is_object())
    damage.add(path.string() + ": must be an object, not " + describe_json(recorded));
  if (damage.empty()) return recorded;
  throw Error(damage.all().front() +
              "; restore it, or remove it and give the comparison's file: its runs are kept");
}

void require_same_settings(const Comparison& comparison) {
  const auto folder = comparison.folder();
  auto config = comparison.config();
  const auto recorded = recorded_comparison(folder / "config.json"), wanted = write_config(config);
  for (const auto* key : {"base", "budget", "threads"}) {
    const auto before = recorded.value(key, json()), now = wanted.value(key, json());
    if (before == now) continue;
    const auto place = first_difference(before, now);
    throw Error(folder.string() + ": contains another comparison: its " + key + " differs" +
                (place.empty() ? "" : " at " + place) + "; give this one another \"name\" or \"output\"");
  }
}

void require_same_comparison(const Comparison& comparison) {
  require_same_settings(comparison);
  Problems problems;
  require_same_runs(comparison, problems);
  if (problems.empty()) require_same_data(comparison, problems);
  problems.raise(comparison.origin());
}

void require_data_of_runs(const Comparison& comparison, const json& record) {
  std::map<std::string, std::vector<std::string>> folders;  // of runs, by what differs
  for (const auto& planned : comparison.runs()) {
    const auto folder = comparison.folder(planned);
    Problems damage;  // reported by the run
    damage.attempt([&] {
      const auto began_with = readable_data_record(folder);
      if (began_with.is_null()) return;
      const auto difference = difference_of_data(record, began_with);
      if (!difference.empty()) folders[difference].push_back(folder.string());
    });
  }
  Problems problems;
  for (const auto& [difference, runs] : folders)
    problems.add(fmt::format(
        "data: {} as when the run in {}{} began; restore the data, or remove or rename {} to run {} again",
        difference, runs.front(),
        runs.size() > 1
            ? fmt::format(" (and {} more below {})", runs.size() - 1, (comparison.folder() / "runs").string())
            : "",
        runs.size() > 1 ? "these folders" : "this folder", runs.size() > 1 ? "them" : "it"));
  problems.raise(comparison.origin());
}

}  // namespace aelab
