#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "aelab/core/files.h"

namespace aelab {

/// The content of a regular file that is gzipped or plain, told apart by its first two bytes, read piece by
/// piece. Its functions throw the Errors of InputFile, and one for a gzip stream that is damaged, cut short
/// or followed by something else.
class GzipFile {
 public:
  explicit GzipFile(std::filesystem::path path);
  GzipFile(GzipFile&& other) noexcept;
  GzipFile& operator=(GzipFile&& other) noexcept;
  ~GzipFile();

  /// Reads `count` bytes of the content, fewer only at its end; returns how many.
  std::size_t read(char* to, std::size_t count);
  /// How many bytes the content will have, if it goes on as until here; exact where the file is plain.
  std::uintmax_t expected_size() const;
  bool is_gzipped() const { return unpacking_ != nullptr; }

 private:
  class Unpacking;

  InputFile file_;
  std::string begin_;  // first bytes, not yet given
  std::uintmax_t given_ = 0;
  std::unique_ptr<Unpacking> unpacking_;  // nullptr where the file is plain
};

/// The content of a file that is gzipped or plain. The limit is on the unpacked content. Throws the Errors of
/// GzipFile, and one if the content is longer than the limit.
std::string read_gzip(const std::filesystem::path& path, const ReadLimit& limit = ReadLimit::of_memory());

/// The same with the limit that follows from the beginning of the content, at most 256 KiB.
std::string read_gzip(const std::filesystem::path& path,
                      const std::function<ReadLimit(std::string_view head)>& limit);

}  // namespace aelab
