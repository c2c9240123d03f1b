#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aelab {

/// Which file it is and when it was last written, as the file system states it: equal as long as nothing is
/// written to the file, and no other one takes its place.
struct FileStamp {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t seconds = 0, nanoseconds = 0;  ///< of the last modification
  bool operator==(const FileStamp&) const = default;
};

/// Nanoseconds since 1970, as the system stamps local files; its stamps may be some milliseconds older.
std::int64_t file_time();

/// A regular file open for reading, for those who read it piece by piece. Every failure is an Error that
/// names the path and the reason.
class InputFile {
 public:
  /// Error: missing, a folder, not readable; a pipe, socket or device, which is not opened, since that could
  /// wait forever.
  explicit InputFile(std::filesystem::path path);
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) noexcept;
  ~InputFile();

  /// The size in bytes that the file system states.
  std::uintmax_t size() const { return stamp().size; }
  FileStamp stamp() const;
  /// When its content, name or permissions were last changed, as the file system states it (file_time()).
  /// Unlike the modification time, no program can set it.
  std::int64_t changed() const;
  /// Reads `count` bytes, fewer only at the end of the file; returns how many.
  std::size_t read(void* to, std::size_t count);
  /// Reads `count` bytes from `offset`, fewer only at the end of the file, and leaves read's place alone:
  /// from any thread.
  std::size_t read_at(std::uintmax_t offset, void* to, std::size_t count) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Whether something exists at the path, links followed. Error where that cannot be told, such as for a link
/// that leads to itself or in a folder that may not be entered.
bool file_exists(const std::filesystem::path& path);

/// Whether a folder exists at the path. Throws the Errors of file_exists().
bool folder_exists(const std::filesystem::path& path);

/// How many bytes are read at most.
struct ReadLimit {
  // NOLINTNEXTLINE(google-explicit-constructor): a number is a limit
  ReadLimit(std::uintmax_t most, std::string_view reason = {}) : bytes(most), why(reason) {}
  /// A quarter of the free memory, since what is made of the bytes needs memory too.
  static ReadLimit of_memory();

  std::uintmax_t bytes;
  std::string_view why;  ///< what it follows from, for messages
};

/// All bytes of a regular file. Error names the path and the reason, as InputFile's does, or that the file is
/// longer than the limit.
std::string read_file(const std::filesystem::path& path, const ReadLimit& limit = std::uintmax_t{1} << 30);

/// All bytes of a regular file, pipe or device, for files that a person names and that are read once, such as
/// run files: aelab run <(generate). Waits for a pipe's writer.
std::string read_file_or_pipe(const std::filesystem::path& path,
                              const ReadLimit& limit = std::uintmax_t{1} << 26);

/// Writes a file whole or not at all: to a temporary file in the same folder, which is synced and renamed;
/// then the folder is synced. An existing file is replaced. Failure names the path and the reason; the
/// temporary file is then removed and an existing file left as it was.
void write_file(const std::filesystem::path& path, std::string_view content);

/// Writes a file whole or not at all whose content is the concatenation of `pieces`.
void write_file(const std::filesystem::path& path, std::span<const std::string_view> pieces);

/// Gives a file a second name, in place of what had it; where the file system has no links, a copy. Failure
/// as write_file's.
void link_file(const std::filesystem::path& path, const std::filesystem::path& second);

/// Whether it is a temporary file of these, left behind by a process that was killed.
bool is_temporary_file(const std::filesystem::path& path);

}  // namespace aelab
