#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "aelab/core/error.h"

/// What each target is: libFuzzer calls it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Good inputs, to be damaged.
std::vector<std::string> fuzz_seeds();

/// Bytes as a file, for parsers of files.
class FuzzFile {
 public:
  explicit FuzzFile(const std::string& bytes) {
    descriptor_ = ::memfd_create("fuzz", 0);
    if (::write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      __builtin_trap();
  }
  FuzzFile(const FuzzFile&) = delete;
  FuzzFile& operator=(const FuzzFile&) = delete;
  ~FuzzFile() { ::close(descriptor_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

/// Calls the parser; an Error is as good as a result.
template <class Parse>
int survives(const std::uint8_t* data, std::size_t size, Parse parse) {
  try {
    parse(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const aelab::Error&) {
  }
  return 0;
}
