#include "aelab/core/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "aelab/core/error.h"
#include "aelab/core/file_descriptor.h"
#include "aelab/core/memory.h"
#include "aelab/core/signals.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

/// The file's own fault is bad input, the system's a failure.
[[noreturn]] void refuse_reading(const fs::path& path, int error) {
  if (error == EIO || error == ENOSPC || error == ENOMEM)
    throw Failure(cannot_read(path, reason(error)).what());
  throw cannot_read(path, reason(error));
}

/// What keeps a file of this mode from being read piece by piece and more than once; "" for regular files.
std::string_view no_regular_file(mode_t mode) {
  if (S_ISREG(mode)) return {};
  if (S_ISDIR(mode)) return "it is a folder";
  if (S_ISFIFO(mode)) return "it is a pipe, which can be read only once: save its content to a file";
  if (S_ISSOCK(mode)) return "it is a socket, not a file";
  return "it is a device, not a file";
}

struct stat state_of(int descriptor, const fs::path& path) {
  struct stat about = {};
  if (::fstat(descriptor, &about) != 0) refuse_reading(path, errno);
  return about;
}

std::int64_t nanoseconds(const struct timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void require_regular(const fs::path& path, int result, const struct stat& about) {
  if (result != 0) refuse_reading(path, errno);
  if (const auto why = no_regular_file(about.st_mode); !why.empty()) throw cannot_read(path, why);
}

fs::file_type type_of(const fs::path& path) {
  std::error_code error;
  const auto type = fs::status(path, error).type();
  if (type == fs::file_type::none) throw cannot_read(path, error.message());
  return type;
}

// A name beside a file's, which nothing has yet.
fs::path temporary_name(const fs::path& target) {
  static std::atomic<unsigned> counter = 0;
  return target.parent_path() / fmt::format(".aelab-{}-{}.tmp", ::getpid(), counter++);
}

// A file beside the one to be written, removed unless it was renamed to it.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target) : target_(target) {
    do {
      path_ = temporary_name(target);
      descriptor_ = open_file(path_, O_WRONLY | O_CREAT | O_EXCL);
    } while (descriptor_ < 0 && errno == EEXIST);
    if (descriptor_ < 0) throw cannot_write(target, reason(errno));
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    close_file(descriptor_);
    if (!renamed_) ::unlink(path_.c_str());
  }

  void write(std::string_view text) {
    if (const int error = write_all(descriptor_, text)) throw cannot_write(target_, reason(error));
  }

  void rename() {
    if (sync_failed(::fsync(descriptor_))) throw cannot_write(target_, reason(errno));
    if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR)
      throw cannot_write(target_, reason(errno));
    if (::rename(path_.c_str(), target_.c_str()) != 0) throw cannot_write(target_, reason(errno));
    renamed_ = true;
  }

 private:
  fs::path target_, path_;
  int descriptor_ = -1;
  bool renamed_ = false;
};

void sync_folder_of(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  int descriptor = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (descriptor < 0) {
    if (errno == EACCES) return;  // a folder that may be written but not listed
    throw cannot_write(path, reason(errno));
  }
  const bool failed = sync_failed(::fsync(descriptor));
  const int error = errno;
  close_file(descriptor);
  if (failed) throw cannot_write(path, reason(error));
}

// Reads on until `count` bytes are there or the file ends; returns how many.
template <class Read>
std::size_t read_all(const fs::path& path, std::size_t count, Read read) {
  std::size_t done = 0;
  while (done < count) {
    const auto got = retry([&] { return read(done); });
    if (got < 0) refuse_reading(path, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace

Error cannot_read(const fs::path& path, std::string_view why) {
  return Error(fmt::format("cannot read {}: {}", path.string(), why));
}

std::string read_rest(const fs::path& path, const std::function<std::size_t(char*, std::size_t)>& read,
                      std::string content, std::uintmax_t size, const ReadLimit& limit) {
  const auto require_within = [&](std::uintmax_t bytes) {
    if (bytes > limit.bytes)
      throw cannot_read(path, fmt::format("its content is longer than the limit of {} bytes{}{}", limit.bytes,
                                          limit.why.empty() ? "" : ", ", limit.why));
  };
  require_within(size);
  // One byte more than expected shows the end of the file without a second growth.
  std::size_t room = std::max<std::size_t>(static_cast<std::size_t>(size) + 1, 1 << 14);
  for (std::size_t have = content.size();;) {
    content.resize(std::max(room, have));
    have += read(content.data() + have, content.size() - have);
    require_within(have);
    if (have < content.size()) {
      content.resize(have);
      return content;
    }
    room = std::min<std::uintmax_t>(2 * have, limit.bytes + 1);
  }
}

InputFile::InputFile(fs::path path) : path_(std::move(path)) {
  struct stat about = {};
  require_regular(path_, ::stat(path_.c_str(), &about), about);
  descriptor_ = open_file(path_, O_RDONLY | O_NONBLOCK);  // a pipe may have taken its place
  if (descriptor_ < 0) refuse_reading(path_, errno);
  try {
    require_regular(path_, ::fstat(descriptor_, &about), about);
  } catch (...) {
    close_file(descriptor_);
    throw;
  }
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

InputFile& InputFile::operator=(InputFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

InputFile::~InputFile() { close_file(descriptor_); }

std::int64_t file_time() {
  struct timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

std::int64_t InputFile::changed() const { return nanoseconds(state_of(descriptor_, path_).st_ctim); }

FileStamp InputFile::stamp() const {
  const auto about = state_of(descriptor_, path_);
  return {.device = about.st_dev,
          .inode = about.st_ino,
          .size = static_cast<std::uint64_t>(about.st_size),
          .seconds = about.st_mtim.tv_sec,
          .nanoseconds = about.st_mtim.tv_nsec};
}

std::size_t InputFile::read(void* to, std::size_t count) {
  return read_all(path_, count, [&](std::size_t done) {
    return ::read(descriptor_, static_cast<char*>(to) + done, count - done);
  });
}

std::size_t InputFile::read_at(std::uintmax_t offset, void* to, std::size_t count) const {
  return read_all(path_, count, [&](std::size_t done) {
    return ::pread(descriptor_, static_cast<char*>(to) + done, count - done,
                   static_cast<off_t>(offset + done));
  });
}

bool file_exists(const fs::path& path) { return type_of(path) != fs::file_type::not_found; }

bool folder_exists(const fs::path& path) { return type_of(path) == fs::file_type::directory; }

std::string read_file(const fs::path& path, const ReadLimit& limit) {
  InputFile file(path);
  return read_rest(
      path, [&](char* to, std::size_t count) { return file.read(to, count); }, {}, file.size(), limit);
}

std::string read_file_or_pipe(const fs::path& path, const ReadLimit& limit) {
  struct stat about = {};
  if (::stat(path.c_str(), &about) != 0 || S_ISREG(about.st_mode) || S_ISDIR(about.st_mode))
    return read_file(path, limit);
  int descriptor = open_file(path, O_RDONLY);
  if (descriptor < 0) refuse_reading(path, errno);
  const std::unique_ptr<int, void (*)(int*)> closed(&descriptor, [](int* open) { close_file(*open); });
  return read_rest(
      path,
      [&](char* to, std::size_t count) {
        return read_all(path, count,
                        [&](std::size_t done) { return ::read(descriptor, to + done, count - done); });
      },
      {}, 0, limit);
}

ReadLimit ReadLimit::of_memory() {
  return {static_cast<std::uintmax_t>(free_memory() / 4), "a quarter of the free memory"};
}

void write_file(const fs::path& path, std::string_view content) {
  write_file(path, std::span<const std::string_view>(&content, 1));
}

void write_file(const fs::path& path, std::span<const std::string_view> pieces) {
  std::error_code ignored;
  const auto status = fs::status(path, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status)) {  // a rename would replace even a device
    throw cannot_write(path, fs::is_directory(status) ? "it is a folder" : "it is not a regular file");
  }
  TemporaryFile file(path);
  for (const auto piece : pieces) file.write(piece);
  file.rename();
  sync_folder_of(path);
}

void link_file(const fs::path& path, const fs::path& second) {
  const auto name = temporary_name(second);
  if (::link(path.c_str(), name.c_str()) != 0) {
    if (errno != EPERM && errno != ENOTSUP && errno != EMLINK) throw cannot_write(second, reason(errno));
    return write_file(second, read_file(path));
  }
  const int error = ::rename(name.c_str(), second.c_str()) == 0 ? 0 : errno;
  ::unlink(name.c_str());  // a rename over another name of the same file leaves both
  if (error) throw cannot_write(second, reason(error));
}

bool is_temporary_file(const fs::path& path) {
  const auto name = path.filename().string();
  return name.starts_with(".aelab-") && name.ends_with(".tmp");
}

}  // namespace aelab
