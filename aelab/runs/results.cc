#include "aelab/runs/results.h"

#include <ATen/ATen.h>
#include <unistd.h>

#include <cmath>

#include "aelab/core/error.h"
#include "aelab/core/folders.h"
#include "aelab/core/links.h"
#include "aelab/data/pictures.h"

namespace aelab {

namespace fs = std::filesystem;

void refuse_checkpoints(const fs::path& path) {
  const auto whole = fs::weakly_canonical(path);
  for (auto folder = whole; folder != folder.parent_path(); folder = folder.parent_path())
    if (folder.filename() == "checkpoints" && fs::exists(folder.parent_path() / "config.json"))
      throw FieldError("output", path.string() + " lies among the checkpoints of a run; choose another path");
}

void require_free(const std::string& folder, std::span<const std::string> files) {
  if (folder.empty()) return;
  refuse_checkpoints(folder);
  if (!fs::exists(folder)) return;
  if (!fs::is_directory(folder)) throw FieldError("output", folder + " is not a folder; choose another path");
  for (const auto& file : files)
    if (fs::exists(fs::path(folder) / file))
      throw FieldError("output",
                       (fs::path(folder) / file).string() +
                           " already exists and is not overwritten: remove it or choose another folder");
}

std::filesystem::path make_results_folder(const std::string& folder, const std::filesystem::path& parent) {
  if (folder.empty()) {
    require_within(parent.parent_path(), parent);
    return create_numbered_folder(parent);
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw FieldError("output", "cannot create " + folder + ": " + error.message());
  return folder;
}

StreamedFile::StreamedFile(std::filesystem::path path)
    : path_(std::move(path)),
      temporary_(path_.parent_path() /
                 (".aelab-" + std::to_string(::getpid()) + "-" + path_.filename().string() + ".tmp")),
      file_(std::in_place, temporary_) {}

StreamedFile::~StreamedFile() {
  if (!file_) return;
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

void StreamedFile::finish() {
  file_->sync();
  std::error_code error;
  std::filesystem::rename(temporary_, path_, error);
  if (error) throw Failure("cannot write " + path_.string() + ": " + error.message());
  file_.reset();
}

std::pair<std::int64_t, std::int64_t> sheet_size(const Shape& picture, std::int64_t count,
                                                 std::int64_t columns) {
  const auto factor = enlargement(picture[1]), rows = (count + columns - 1) / columns;
  return {factor * (std::min(columns, count) * (picture[2] + 1) - 1), factor * (rows * (picture[1] + 1) - 1)};
}

Image draw_sheet(const at::Tensor& pictures, std::int64_t columns, double low, double high) {
  return enlarge(tile(to_images(pictures, low, high), columns), enlargement(pictures.size(2)));
}

}  // namespace aelab
