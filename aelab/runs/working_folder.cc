#include "aelab/runs/working_folder.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/core/links.h"
#include "aelab/runs/record.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// The fields of sources that are paths (data/source.h).
constexpr const char* kPathFields[] = {"files", "label_files", "test_files", "test_label_files", "folder"};

bool is_path_field(const std::string& key) {
  return std::find(std::begin(kPathFields), std::end(kPathFields), key) != std::end(kPathFields);
}

/// Calls `change` with every path in a source's JSON, and in that of sources within it.
template <class Change>
void change_paths(json& value, bool is_path, const Change& change) {
  if (is_path && value.is_string() && value != "") value = change(value.get<std::string>());
  if (!value.is_structured()) return;
  for (auto item = value.begin(); item != value.end(); ++item)
    change_paths(*item, value.is_object() ? is_path_field(item.key()) : is_path, change);
}

/// Names the folders of sets that are in data/ of the working folder, where a run that began there found them
/// (data/places.h).
void name_sets_in(const fs::path& working_folder, json& value) {
  if (!value.is_structured()) return;
  for (auto& part : value) name_sets_in(working_folder, part);
  if (!value.is_object() || !value.contains("source") || value.value("folder", "none") != "") return;
  const auto set = working_folder / "data" / value.value("source", "");
  if (!std::getenv("AELAB_DATA") && folder_exists(set)) value["folder"] = set.string();
}

}  // namespace

fs::path recorded_working_folder(const fs::path& folder) {
  Problems unknown;
  fs::path recorded;
  unknown.attempt([&] {
    if (!has_entry(folder / "environment.json")) return;
    const auto environment = read_json(folder, "environment.json");
    if (environment.is_object() && environment.contains("folder") && environment["folder"].is_string())
      recorded = environment["folder"].get<std::string>();
  });
  return recorded;
}

std::string found_from(const fs::path& working_folder, const std::string& path) {
  std::error_code error;
  const auto place = working_folder / path;
  const bool is_there = fs::exists(place, error) || fs::exists(place.string() + ".gz", error);
  return working_folder.empty() || !is_there ? path : place.string();
}

Data open_dataset_from(const fs::path& working_folder, const Choice<Source>& source) {
  std::error_code error;
  if (working_folder.empty() || fs::equivalent(working_folder, ".", error)) return open_dataset(source);
  auto written = write_config(source);
  bool lost = false;
  change_paths(written, /*is_path=*/false, [&](const std::string& path) {
    auto found = found_from(working_folder, path);
    lost = lost || (found == path && fs::path(path).is_relative() && !has_entry(path));
    return found;
  });
  name_sets_in(working_folder, written);
  Choice<Source> found;
  read_config(written, found, "source");
  if (!lost) return open_dataset(found);
  const auto places = "; relative paths were looked for in " + working_folder.string() +
                      ", where the run began, and in " + fs::current_path().string() +
                      ": start the command in the folder that has them";
  try {
    return open_dataset(found);
  } catch (const Mistakes& missing) {
    auto all = missing.all;
    all.back().problem += places;
    throw Mistakes(std::move(all));
  } catch (const FieldError& missing) {
    throw FieldError(missing.path(), missing.problem() + places);
  }
}

}  // namespace aelab
