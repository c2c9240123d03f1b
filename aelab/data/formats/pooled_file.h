#pragma once

#include <filesystem>
#include <memory>

#include "aelab/core/files.h"

namespace aelab {

/// A regular file whose bytes are read at any place, from any thread, for as long as the program needs them.
/// It is open only while it is one of the files that were used last, so that any number of these can exist:
/// together they keep a quarter of the descriptors that the process may open.
class PooledFile {
 public:
  explicit PooledFile(std::filesystem::path path);  // throws the Errors of InputFile
  PooledFile(const PooledFile&) = delete;
  PooledFile& operator=(const PooledFile&) = delete;
  ~PooledFile();

  const std::filesystem::path& path() const { return path_; }
  std::uintmax_t size() const { return stamp_.size; }  ///< when this object was made

  /// Reads `count` bytes, fewer only at the end of the file; returns how many. Failure when it can no longer
  /// be read.
  std::size_t read_at(std::uintmax_t offset, void* to, std::size_t count) const;

  /// Failure when something was written to the file, or another one took its place, since this object was
  /// made: what was read before the call is then not to be used.
  void require_unchanged() const;

 private:
  std::filesystem::path path_;
  FileStamp stamp_;

  std::shared_ptr<const InputFile> open() const;
};

}  // namespace aelab
