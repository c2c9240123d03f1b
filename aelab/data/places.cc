#include "aelab/data/places.h"

#include <algorithm>
#include <cstdlib>

#include "aelab/core/files.h"
#include "aelab/core/problems.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/file_kind.h"

namespace aelab {

namespace fs = std::filesystem;

extern const char* const
    data_folders[];  // by aelab_data_folders in third_party/dependencies.cmake; ends with null

fs::path shipped_data() {
  std::error_code ignored;
  const auto program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  fs::path place;
  for (const auto* folder = data_folders; *folder; ++folder) {
    place = (program / *folder).lexically_normal();
    if (fs::is_directory(place, ignored)) break;
  }
  return place;
}

namespace {

/// How to get the files of a set.
std::string remedy(const std::string& set, bool folder_given) {
  std::error_code ignored;
  const auto shipped = shipped_data();
  if (fs::is_directory(shipped / set, ignored) && folder_given)
    return "leave \"folder\" out to use " + (shipped / set).string();
  const std::string other =
      folder_given ? "correct \"folder\"" : "set \"folder\", or AELAB_DATA in the environment";
  const auto fetch = shipped / "fetch";
  return file_exists(fetch) ? "download the set with " + fetch.string() + " " + set + ", or " + other : other;
}

}  // namespace

fs::path find_folder(const std::string& set, const std::string& given, const std::string& file,
                     const fs::path& installed) {
  std::vector<fs::path> places;
  if (!given.empty()) {
    places.push_back(given);
  } else {
    if (const char* root = std::getenv("AELAB_DATA")) places.push_back(fs::path(root) / set);
    places.push_back(fs::path("data") / set);
    places.push_back(installed);
  }
  std::vector<std::string> tried;
  for (const auto& place : places) {
    if (file_exists(place / file) || file_exists(place / (file + ".gz"))) return place;
    tried.push_back(place.string());
  }
  throw FieldError(given.empty() ? "source" : "folder",
                   set + " needs " + file + ", gzipped or not, which is not in " + join(tried, ", ") + "; " +
                       remedy(set, !given.empty()));
}

void require_files(const std::vector<std::pair<std::string, FileNames>>& fields) {
  constexpr std::size_t kShown = 5;
  const auto is_relative = [](const fs::path& file) { return file.is_relative(); };
  const auto is_pattern = [](const std::string& file) { return file.find('*') != std::string::npos; };
  Problems problems;
  for (const auto& [field, files] : fields) {
    std::vector<std::string> missing;
    for (const auto& file : files)
      if (!file_exists(file) && !file_exists(file + ".gz")) missing.push_back(file);
    if (missing.empty()) continue;
    auto problem = "there is no file " + join_some(missing, kShown);
    if (std::any_of(missing.begin(), missing.end(), is_relative))
      problem += " in " + fs::current_path().string();
    if (std::any_of(missing.begin(), missing.end(), is_pattern))
      problem += "; patterns are not expanded: list the files";
    problems.add({field, problem});
  }
  problems.raise();
}

void require_kind_of(std::string_view source, const FileNames& files, bool may_be_gzipped) {
  for (const auto& file : files)
    if (std::error_code ignored; fs::is_regular_file(file, ignored))
      require_kind(file, beginning_of(file), source, may_be_gzipped);
}

void require_label_files(Fields& f, const LabeledFiles& train, const LabeledFiles& test) {
  for (const auto& [prefix, files] : {std::pair(std::string(), train), {"test_", test}})
    f.require(files.labels.empty() || files.inputs.empty() || files.labels.size() == files.inputs.size(),
              prefix + "label_files",
              "must be as many files as " + prefix + "files, " + std::to_string(files.inputs.size()) +
                  ": one for the labels of each");
  f.require(test.labels.empty() || !test.inputs.empty(), "test_label_files", "needs test_files");
  f.require(test.inputs.empty() || train.labels.empty() == test.labels.empty(), "test_label_files",
            "must be given exactly when label_files is");
}

}  // namespace aelab
