#pragma once

#include <chrono>
#include <filesystem>

namespace aelab {

/// Keeps a folder to one process, as long as it lives: a lock that the system lets go when the process ends,
/// however it ends.
class FolderLock {
 public:
  /// Error when another process holds it, and still does after `patience`.
  explicit FolderLock(const std::filesystem::path& folder, std::chrono::milliseconds patience = {});
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace aelab
