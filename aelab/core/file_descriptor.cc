#include "aelab/core/file_descriptor.h"

#include <fmt/format.h>

#include <system_error>

namespace aelab {

namespace fs = std::filesystem;

std::string reason(int error) { return std::generic_category().message(error); }

Failure cannot_write(const fs::path& path, std::string_view why) {
  return Failure(fmt::format("cannot write {}: {}", path.string(), why));
}

int open_file(const fs::path& path, int flags) {
  return retry([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); });
}

void close_file(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = retry([&] { return ::write(descriptor, text.data(), text.size()); });
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

bool sync_failed(int result) { return result != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP; }

}  // namespace aelab
