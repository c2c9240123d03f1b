#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "aelab/core/files.h"
#include "aelab/core/growing_file.h"
#include "aelab/core/image.h"
#include "aelab/core/shape.h"

namespace aelab {

// How results of a completed run are written: into new files, without overwriting any.

/// Error when `path` lies in the checkpoints' folder of a run.
void refuse_checkpoints(const std::filesystem::path& path);
/// Error when `folder` is not a folder, contains one of `files`, or lies among checkpoints; "" is a folder
/// that is yet to be numbered.
void require_free(const std::string& folder, std::span<const std::string> files);
/// Creates `folder` if it is missing; for "" the next numbered folder in `parent`. Error when it cannot.
std::filesystem::path make_results_folder(const std::string& folder, const std::filesystem::path& parent);

/// A file that is written under a temporary name, and appears when it is complete or not at all.
class StreamedFile {
 public:
  explicit StreamedFile(std::filesystem::path path);
  StreamedFile(const StreamedFile&) = delete;
  StreamedFile& operator=(const StreamedFile&) = delete;
  ~StreamedFile();  ///< removes an unfinished file

  void append(std::string_view bytes) { file_->append(bytes); }
  void finish();

 private:
  std::filesystem::path path_, temporary_;
  std::optional<GrowingFile> file_;
};

/// Width and height, in pixels, of the sheet of `count` images in rows of `columns`.
std::pair<std::int64_t, std::int64_t> sheet_size(const Shape& picture, std::int64_t count,
                                                 std::int64_t columns);
/// Images [count, 1 or 3, height, width] in rows, small ones enlarged; `low` is black and `high` is white.
Image draw_sheet(const at::Tensor& pictures, std::int64_t columns, double low = 0, double high = 1);

}  // namespace aelab
