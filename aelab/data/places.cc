#include "aelab/data/places.h"

#include <cstdlib>

#include "aelab/core/error.h"
#include "aelab/core/problems.h"
#include "aelab/core/text.h"

namespace aelab {

namespace fs = std::filesystem;

extern const char* const data_folders[];  // by aelab_data_folders in third_party/dependencies.cmake; ends with null

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
    if (fs::exists(place / file) || fs::exists(place / (file + ".gz"))) return place;
    tried.push_back(place.string());
  }
  throw Error("data." + std::string(given.empty() ? "source" : "folder") + ": " + set + " needs " + file +
              ", gzipped or not, which is not in " + join(tried, ", ") +
              "; set \"folder\" or the environment's AELAB_DATA (see data/README.md)");
}

void require_files(const std::vector<std::pair<std::string, FileNames>>& fields) {
  Problems problems;
  for (const auto& [field, files] : fields)
    for (const auto& file : files)
      if (!fs::exists(file) && !fs::exists(file + ".gz"))
        problems.add(
            "data." + field + ": there is no file " + file +
            (std::filesystem::path(file).is_relative() ? " in " + std::filesystem::current_path().string()
                                                       : "") +
            (file.find('*') == std::string::npos ? "" : "; patterns are not expanded: list the files"));
  problems.raise();
}

void require_parts(Fields& f, const std::string& what, const PartFiles& train, const PartFiles& test) {
  for (const auto& [part, files] : {std::pair("train", train), {"test", test}})
    f.require(files.labels.empty() || files.inputs.empty() || files.labels.size() == files.inputs.size(),
              part + std::string("_labels"),
              "must be as many files as " + (part + ("_" + what)) + ", " +
                  std::to_string(files.inputs.size()) + ": those of a file's rows in a file of their own");
  f.require(test.labels.empty() || !test.inputs.empty(), "test_labels", "needs test_" + what);
  f.require(test.inputs.empty() || train.labels.empty() == test.labels.empty(), "test_labels",
            "must be given exactly when train_labels is");
}

}  // namespace aelab
