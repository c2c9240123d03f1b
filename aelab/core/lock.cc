#include "aelab/core/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "aelab/core/error.h"
#include "aelab/core/folders.h"

namespace aelab {

FolderLock::FolderLock(const std::filesystem::path& folder, std::chrono::milliseconds patience)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0) throw Error(folder.string() + ": cannot be locked: " + std::strerror(errno));
  const auto end = std::chrono::steady_clock::now() + patience;
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() >= end) {
      ::close(descriptor_);
      throw Error(folder.string() + ": another process is working in it; wait for it, or stop it first");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  try {
    refuse_links(folder);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

FolderLock::~FolderLock() { ::close(descriptor_); }

}  // namespace aelab
