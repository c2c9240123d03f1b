#include "aelab/data/source_paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "aelab/core/registry.h"
#include "aelab/data/source.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

bool is_pattern(const std::string& name) { return name.find_first_of("*?[") != name.npos; }

/// Whether the name has a slash or ends with a dot and letters or digits.
bool looks_like_path(const std::string& name) {
  const auto suffix = fs::path(name).extension().string();
  return name.find('/') != name.npos || is_pattern(name) ||
         (suffix.size() > 1 &&
          std::all_of(suffix.begin() + 1, suffix.end(), [](unsigned char c) { return std::isalnum(c); }));
}

}  // namespace

std::string path_as_source(const std::string& name) {
  std::error_code error;
  const auto status = fs::status(name, error);
  if (fs::is_regular_file(status) || fs::is_directory(status))
    return fmt::format(
        "\"{}\" is a {}, not the name of a source: write {{\"source\": \"{}\", \"files\": \"{}\"}}", name,
        fs::is_directory(status) ? "folder" : "file", source_of_file(name), name);
  if (!looks_like_path(name)) return {};
  const auto here = fs::path(name).is_relative() ? " in " + fs::current_path(error).string() : std::string();
  return fmt::format("there is no file {}{}{}", name, here,
                     is_pattern(name) ? "; patterns are not expanded: list the files" : "");
}

}  // namespace aelab
