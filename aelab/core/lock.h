#pragma once

#include <filesystem>

namespace aelab {

/// Keeps a folder to one process, as long as it lives: a lock that the system lets go when the process ends,
/// however it ends.
class FolderLock {
 public:
  /// Error when another process holds it.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace aelab
