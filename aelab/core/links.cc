#include "aelab/core/links.h"

#include <algorithm>

#include "aelab/core/error.h"
#include "aelab/core/files.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

/// The place that a path leads to outside of `folder`; empty where it stays within.
fs::path place_outside(const fs::path& folder, const fs::path& path) {
  std::error_code unknown, missing;
  const auto root = fs::canonical(folder.empty() ? fs::path(".") : folder, unknown);
  const auto place = fs::canonical(path, missing);
  if (unknown || missing) return {};
  const auto [end, other] = std::mismatch(root.begin(), root.end(), place.begin(), place.end());
  return end == root.end() ? fs::path() : place;
}

}  // namespace

bool has_entry(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

bool leads_out(const fs::path& folder, const fs::path& path) { return !place_outside(folder, path).empty(); }

void require_within(const fs::path& folder, const fs::path& path) {
  const auto place = place_outside(folder, path);
  if (!place.empty())
    throw Error(path.string() + ": is a symbolic link, or lies behind one, that leads out of " +
                folder.string() + ", to " + place.string() + "; put what it leads to in its place");
}

std::string read_file_within(const fs::path& folder, const fs::path& file, std::uintmax_t limit) {
  require_within(folder, folder / file);
  return read_file(folder / file, limit);
}

}  // namespace aelab
