#pragma once

#include <chrono>
#include <filesystem>

namespace aelab {

/// The exclusive right of one process to write in a folder, which contains no symbolic links. The system
/// releases the lock when the process ends, however it ends.
class FolderLock {
 public:
  /// Error when another process holds the lock, and still does after `patience`; and as refuse_links().
  explicit FolderLock(const std::filesystem::path& folder, std::chrono::milliseconds patience = {});
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace aelab
