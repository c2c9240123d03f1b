#include "aelab/core/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>

#include "aelab/core/error.h"
#include "aelab/core/layout.h"

namespace aelab {
namespace {

constexpr std::size_t kLeastColumns = 20, kUsualColumns = 80, kWidestText = 100;
constexpr std::string_view kEraseLine = "\r\033[K";

std::mutex printing;
bool live_is_shown = false;
int output_error = 0;  // the first of stdout
auto former_pipe_action = SIG_DFL;

void note_output_error() {
  if (output_error == 0) output_error = errno == 0 ? EIO : errno;
}

void flush_output() {
  if (std::fflush(stdout) != 0) note_output_error();
}

void write_to_stderr(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

/// What removes the live line, if one is shown.
std::string_view erase_live() { return std::exchange(live_is_shown, false) ? kEraseLine : ""; }

}  // namespace

std::size_t columns_of(int descriptor) {
  std::size_t columns = 0;
  if (winsize size = {}; ::ioctl(descriptor, TIOCGWINSZ, &size) == 0) columns = size.ws_col;
  if (const char* given = std::getenv("COLUMNS"); columns == 0 && given)
    std::from_chars(given, given + std::strlen(given), columns);
  return columns == 0 ? kUsualColumns : std::max(columns, kLeastColumns);
}

std::size_t text_width() { return std::min(columns_of(STDOUT_FILENO), kWidestText); }

bool can_redraw(int descriptor) {
  const char* type = std::getenv("TERM");
  return ::isatty(descriptor) && type && *type && std::string_view(type) != "dumb";
}

void print_text(std::string_view text) {
  const std::lock_guard lock(printing);
  if (live_is_shown) write_to_stderr(erase_live());
  if (std::fwrite(text.data(), 1, text.size(), stdout) < text.size()) note_output_error();
}

void say(std::string_view text) {
  const std::lock_guard lock(printing);
  flush_output();
  write_to_stderr(std::string(erase_live()) + std::string(text));
}

void show_live(std::string_view line) {
  const std::lock_guard lock(printing);
  flush_output();
  const std::string erased(kEraseLine);
  if (live_is_shown || !line.empty())  // a terminal's last column is left free: some wrap at once
    write_to_stderr(erased + shortened(line, columns_of(STDERR_FILENO) - 1));
  live_is_shown = !line.empty();
}

void begin_output() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor)
    if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF)
      ::open("/dev/null", O_RDWR);  // takes the lowest free
  former_pipe_action = std::signal(SIGPIPE, SIG_IGN);
}

void finish_output() {
  const std::lock_guard lock(printing);
  if (live_is_shown) write_to_stderr(erase_live());
  flush_output();
  if (std::ferror(stdout)) note_output_error();
  if (output_error == 0) return;
  if (output_error == EPIPE && former_pipe_action == SIG_DFL) {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
  throw Failure(std::string("cannot write to standard output: ") + std::strerror(output_error));
}

}  // namespace aelab
