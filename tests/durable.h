#pragma once

// What a program asks of the disk: fsync, fdatasync and rename are seen on their way to the C library.
// Include it in one file of a test program.

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace aelab {

/// The calls within a folder while it lives: "sync a 5" (with the bytes that the file had), "rename a b",
/// "sync ." for the folder itself.
class DiskCalls {
 public:
  explicit DiskCalls(std::filesystem::path folder) : folder_(std::filesystem::canonical(folder)) {
    current() = this;
  }
  ~DiskCalls() { current() = nullptr; }
  DiskCalls(const DiskCalls&) = delete;
  DiskCalls& operator=(const DiskCalls&) = delete;

  std::vector<std::string> calls;

  static void synced(int descriptor) {
    if (!current()) return;
    std::error_code ignored;
    const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor), ignored);
    struct stat about = {};
    ::fstat(descriptor, &about);
    current()->add("sync", path, S_ISDIR(about.st_mode) ? "" : " " + std::to_string(about.st_size));
  }
  static void renamed(const char* from, const char* to) {
    if (current()) current()->add("rename", from, " " + current()->name_of(to));
  }

 private:
  std::filesystem::path folder_;

  static DiskCalls*& current() {
    static DiskCalls* calls = nullptr;
    return calls;
  }
  std::string name_of(const std::filesystem::path& path) const {
    return std::filesystem::weakly_canonical(path).lexically_relative(folder_).string();
  }
  void add(const std::string& call, const std::filesystem::path& path, const std::string& rest) {
    if (const auto name = name_of(path); !name.starts_with("..")) calls.push_back(call + " " + name + rest);
  }
};

template <class Function>
Function* in_the_c_library(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace aelab

extern "C" int fsync(int descriptor) {
  aelab::DiskCalls::synced(descriptor);
  return aelab::in_the_c_library<int(int)>("fsync")(descriptor);
}
extern "C" int fdatasync(int descriptor) {
  aelab::DiskCalls::synced(descriptor);
  return aelab::in_the_c_library<int(int)>("fdatasync")(descriptor);
}
extern "C" int rename(const char* from, const char* to) noexcept {
  aelab::DiskCalls::renamed(from, to);
  return aelab::in_the_c_library<int(const char*, const char*)>("rename")(from, to);
}
