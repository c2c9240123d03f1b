#pragma once

// What the sources of this room that open files by system calls share.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "aelab/core/error.h"
#include "aelab/core/files.h"

namespace aelab {

/// The text of an errno.
std::string reason(int error);

/// "cannot read PATH: why".
Error cannot_read(const std::filesystem::path& path, std::string_view why);

/// Appends what `read(to, count)` still gives, which may be fewer than `count` bytes at the end alone, to
/// `content`: about `size` bytes in all. Error if these are more than the limit.
std::string read_rest(const std::filesystem::path& path,
                      const std::function<std::size_t(char* to, std::size_t count)>& read,
                      std::string content, std::uintmax_t size, const ReadLimit& limit);

/// "cannot write PATH: why".
Failure cannot_write(const std::filesystem::path& path, std::string_view why);

/// The call's result, after as many interruptions by signals (EINTR) as there are.
template <class Call>
auto retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// A descriptor that child processes do not inherit; -1, with errno set, where it cannot be opened.
int open_file(const std::filesystem::path& path, int flags);

/// Closes it, where it is open, and sets it to -1.
void close_file(int& descriptor);

/// Writes all of `text`: 0, or the errno of the call that failed.
int write_all(int descriptor, std::string_view text);

/// Whether the result of fsync or fdatasync is an error. Pipes, devices and some file systems have nothing to
/// sync, which is ignored.
bool sync_failed(int result);

}  // namespace aelab
