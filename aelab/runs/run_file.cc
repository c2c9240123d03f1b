#include "aelab/runs/run_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "aelab/core/config.h"
#include "aelab/core/json.h"
#include "aelab/core/text.h"
#include "aelab/runs/file_kinds.h"
#include "aelab/runs/overrides.h"

namespace aelab {
namespace {

using nlohmann::json;

constexpr const char* kTrain = "train";

std::string entry_at(std::size_t i) { return fmt::format("{}[{}]", kTrain, i); }

/// The run of an entry, over the rest of the file; nothing if the entry cannot be used.
std::optional<json> merged_run(const json& rest, const json& entry, const std::string& at,
                               Problems& problems) {
  constexpr const char* kOfTheFile[] = {"$schema", "format", "output", kTrain};
  if (!entry.is_object()) {
    problems.add(
        {at, "must be an object with a \"name\" and what the model changes, not " + describe_json(entry)});
    return {};
  }
  if (!entry.contains("name")) {
    problems.add({at, "needs a \"name\": that of the model, and of its folder"});
    return {};
  }
  bool usable = true;
  for (const auto* key : kOfTheFile)
    if (entry.contains(key)) {
      problems.add({at + "." + key, "belongs to the whole file: set it beside \"train\""});
      usable = false;
    }
  if (!usable) return {};
  auto run = rest;
  run.merge_patch(entry);
  return run;
}

/// Errors of the entries' runs. One that all of them have is that of the rest of the file.
void add_errors(const std::vector<Problems>& of_entries, Problems& problems) {
  std::set<std::string> told;
  for (std::size_t i = 0; i < of_entries.size(); ++i)
    for (const auto& error : of_entries[i].all()) {
      const auto has_it = [&](const Problems& other) {
        const auto all = other.all();
        return std::find(all.begin(), all.end(), error) != all.end();
      };
      const bool shared = of_entries.size() > 1 && std::all_of(of_entries.begin(), of_entries.end(), has_it);
      if (shared && !told.insert(error).second) continue;
      problems.add(Mistake(shared ? error : entry_at(i) + "." + error));
    }
  for (const auto& entry : of_entries)
    for (const auto& remark : entry.remarks()) problems.remark(remark);
}

void check_names(const std::vector<RunConfig>& runs, Problems& problems) {
  constexpr std::string_view kTaken[] = {"train.json", "environment.json", "report.html"};
  std::set<std::string> names;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto& name = runs[i].name;
    if (!names.insert(name).second)
      problems.add({entry_at(i) + ".name", "\"" + name + "\" is the name of an entry before"});
    if (std::find(std::begin(kTaken), std::end(kTaken), name) != std::end(kTaken))
      problems.add({entry_at(i) + ".name", "\"" + name + "\" is the name of a file beside the run folders"});
  }
}

RunFile read_together(json value, const std::string& file, Problems& problems) {
  const auto entries = std::exchange(value[kTrain], nullptr);
  value.erase(kTrain);
  const RunConfig defaults;
  RunFile read{.name = defaults.name, .output = defaults.output, .runs = {}, .together = true};
  for (const auto& [key, text] : {std::pair("name", &read.name), {"output", &read.output}}) {
    if (!value.contains(key)) continue;
    if (value[key].is_string())
      *text = value[key].get<std::string>();
    else
      problems.add({key, "must be a text, not " + describe_json(value[key])});
  }
  if (entries.empty()) throw Error(file + ": train: must list at least one model");
  if (!is_folder_name(read.name)) problems.add({"name", std::string(kNoFolderName)});
  std::vector<Problems> of_entries;
  const auto before = problems.all().size();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto run = merged_run(value, entries[i], entry_at(i), problems);
    if (!run) continue;
    read_config(*run, read.runs.emplace_back(), of_entries.emplace_back());
  }
  if (problems.all().size() > before) return read;  // the numbers of entries are no longer those of runs
  add_errors(of_entries, problems);
  check_names(read.runs, problems);
  if (problems.empty()) check_agreement(read.runs, problems);
  return read;
}

}  // namespace

void check_agreement(const std::vector<RunConfig>& runs, Problems& problems) {
  const std::pair<const char*, const char*> kShared[] = {{"/seed", "seed"},
                                                         {"/data", "data"},
                                                         {"/training/batch_size", "training.batch_size"},
                                                         {"/training/accumulate", "training.accumulate"},
                                                         {"/training/device", "training.device"},
                                                         {"/training/threads", "training.threads"},
                                                         {"/training/kernels", "training.kernels"}};
  const auto shown = [](const json& value) { return value.is_null() ? "left out" : one_line(value); };
  std::vector<json> written;
  for (const auto& run : runs) written.push_back(write_config(run));
  const auto at = [](const json& run, const char* place) {
    const json::json_pointer pointer(place);
    return run.contains(pointer) ? run[pointer] : json();
  };
  for (std::size_t i = 1; i < written.size(); ++i)
    for (const auto& [place, path] : kShared) {
      const auto first = at(written[0], place), own = at(written[i], place);
      if (first == own) continue;
      const bool of_objects = first.is_object() && own.is_object();
      const auto difference = of_objects
                                  ? difference_in_words(first, own)
                                  : fmt::format("is {}, and {} in {}", shown(own), shown(first), entry_at(0));
      problems.add({entry_at(i) + "." + path,
                    difference + "; models that are trained together take the same batches and are computed "
                                 "alike: set it once, beside \"train\""});
    }
}

RunFile read_run_file(const std::string& text, const std::string& file,
                      const std::vector<std::string>& overrides, Problems& problems) {
  auto value = parse_kind(text, file, "run");
  apply_overrides(value, overrides);
  if (value.is_object() && value.contains(kTrain) && value[kTrain].is_array())
    return read_together(std::move(value), file, problems);
  if (value.is_object() && value.contains(kTrain) && value[kTrain].is_object())
    throw Error(file +
                ": train: must list the models that are trained together, each with a \"name\"; the "
                "training procedure is \"training\"");
  RunFile read;
  read_config(value, read.runs.emplace_back(), problems);
  read.name = read.runs.front().name;
  read.output = read.runs.front().output;
  return read;
}

nlohmann::ordered_json run_file_schema() {
  RunConfig run;
  auto schema = config_schema(run);
  schema["properties"][kTrain] = {
      {"description",
       "models that are trained together, on one pass over the data: each a \"name\" and what it changes of "
       "the rest of the file"},
      {"type", "array"},
      {"items", {{"type", "object"}}}};
  return schema;
}

}  // namespace aelab
