#include "aelab/core/growing_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "aelab/core/error.h"
#include "aelab/core/file_descriptor.h"
#include "aelab/core/files.h"

namespace aelab {

namespace fs = std::filesystem;

namespace {

std::uint32_t extended_crc32(std::uint32_t crc, std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

struct stat about(int descriptor, const fs::path& path) {
  struct stat found = {};
  if (::fstat(descriptor, &found) != 0) throw cannot_write(path, reason(errno));
  return found;
}

/// How far the file has grown, up to `most` bytes.
GrowingFile::Mark mark_of(int descriptor, std::uintmax_t most, const fs::path& path) {
  GrowingFile::Mark mark;
  std::string chunk(std::size_t{1} << 16, '\0');
  while (mark.length < most) {
    const auto wanted = std::min<std::uintmax_t>(chunk.size(), most - mark.length);
    const auto got = retry([&] {
      return ::pread(descriptor, chunk.data(), static_cast<std::size_t>(wanted),
                     static_cast<off_t>(mark.length));
    });
    if (got <= 0) throw cannot_write(path, got < 0 ? reason(errno) : "it became shorter while it was read");
    mark.crc32 = extended_crc32(mark.crc32, std::string_view(chunk).substr(0, static_cast<std::size_t>(got)));
    mark.length += static_cast<std::uintmax_t>(got);
  }
  return mark;
}

/// GrowingFile::damage() of an open file.
std::string damage_of_content(int descriptor, GrowingFile::Mark expected, const fs::path& path) {
  const auto size = static_cast<std::uintmax_t>(about(descriptor, path).st_size);
  if (size < expected.length)
    return fmt::format(
        "has {} bytes, but {} were recorded when it was last saved: it was changed or damaged since then",
        size, expected.length);
  const auto there = mark_of(descriptor, expected.length, path);
  if (there == expected) return {};
  return fmt::format(
      "was changed or damaged since it was last saved: the checksum of its first {} bytes is {:08x}, "
      "recorded was {:08x}",
      expected.length, there.crc32, expected.crc32);
}

std::string missing(GrowingFile::Mark expected) {
  return fmt::format("is missing: it had {} bytes when it was last saved", expected.length);
}

Failure damaged(const fs::path& path, const std::string& damage) {
  return Failure(path.string() + " " + damage + ". Restore it from a copy, or start a new run.");
}

}  // namespace

nlohmann::json GrowingFile::Mark::save() const { return {{"length", length}, {"crc32", crc32}}; }

GrowingFile::Mark GrowingFile::Mark::load(const nlohmann::json& saved) {
  using Unsigned = nlohmann::json::number_unsigned_t;  // a negative number would become a large one
  const auto length = saved.at("length").get_ref<const Unsigned&>();
  if (length > std::numeric_limits<std::int64_t>::max())
    throw nlohmann::json::out_of_range::create(406, "no file is that long", nullptr);
  return {.length = length,
          .crc32 = static_cast<std::uint32_t>(saved.at("crc32").get_ref<const Unsigned&>())};
}

GrowingFile::GrowingFile(fs::path path, Mark mark) : path_(std::move(path)), mark_(mark) {
  try {
    open();
    const auto found = about(descriptor_, path_);
    if (!S_ISREG(found.st_mode) && mark.length == 0) return;  // a device or pipe
    if (const auto damage = damage_of_content(descriptor_, mark, path_); !damage.empty())
      throw damaged(path_, damage);
    if (found.st_nlink > 1) {
      write_file(path_, read_file(path_, std::numeric_limits<std::uintmax_t>::max()).substr(0, mark.length));
      close_file(descriptor_);
      open();
    } else if (retry([&] { return ::ftruncate(descriptor_, static_cast<off_t>(mark.length)); }) != 0) {
      throw cannot_write(path_, reason(errno));
    }
  } catch (...) {
    close_file(descriptor_);  // no destructor runs after a constructor that throws
    throw;
  }
}

void GrowingFile::open() {
  descriptor_ = open_file(path_, O_RDWR | O_APPEND | O_NOFOLLOW | (mark_.length == 0 ? O_CREAT : 0));
  if (descriptor_ >= 0) return;
  if (errno == ENOENT && mark_.length > 0) throw damaged(path_, missing(mark_));
  throw cannot_write(
      path_, errno == ELOOP ? "it is a symbolic link; put a regular file in its place" : reason(errno));
}

std::string GrowingFile::damage(const fs::path& path, Mark mark) {
  if (mark.length == 0) return {};
  int descriptor = open_file(path, O_RDONLY | O_NOFOLLOW);
  if (descriptor < 0) return errno == ENOENT ? missing(mark) : "";
  std::string damage;
  try {
    damage = damage_of_content(descriptor, mark, path);
  } catch (...) {
    close_file(descriptor);
    throw;
  }
  close_file(descriptor);
  return damage;
}

GrowingFile::GrowingFile(GrowingFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      mark_(std::exchange(other.mark_, {})) {}

GrowingFile& GrowingFile::operator=(GrowingFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(mark_, other.mark_);
  return *this;
}

GrowingFile::~GrowingFile() { close_file(descriptor_); }

void GrowingFile::append(std::string_view text) {
  if (const int error = write_all(descriptor_, text)) {
    // No torn line stays behind; where even this fails, the next resume cuts it off.
    [[maybe_unused]] const int cut = ::ftruncate(descriptor_, static_cast<off_t>(mark_.length));
    throw cannot_write(path_, reason(error));
  }
  mark_.length += text.size();
  mark_.crc32 = extended_crc32(mark_.crc32, text);
}

void GrowingFile::sync() {
  if (sync_failed(::fdatasync(descriptor_))) throw cannot_write(path_, reason(errno));
}

}  // namespace aelab
