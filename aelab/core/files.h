#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace aelab {

/// A file open for reading, for those who read it piece by piece. Every failure is an Error that names the
/// path and the reason.
class InputFile {
 public:
  explicit InputFile(std::filesystem::path path);  // Error: missing, a folder, not readable
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) noexcept;
  ~InputFile();

  /// The size in bytes that the file system states: 0 for pipes and devices.
  std::uintmax_t size() const;
  /// Reads `count` bytes, fewer only at the end of the file; returns how many.
  std::size_t read(void* to, std::size_t count);
  /// The same from a place of its own, which leaves read's alone: from any thread.
  std::size_t read_at(std::uintmax_t offset, void* to, std::size_t count) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// All bytes of a file (or pipe). Error names the path and the reason: missing, a folder, not readable,
/// longer than `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::uintmax_t limit = std::uintmax_t{1} << 30);

/// The content of a file that is gzipped or plain, told apart by its first two bytes. `limit` is on the
/// unpacked content. Error as for read_file, and for a stream that is damaged, cut short or followed by
/// something else.
std::string read_gzip(const std::filesystem::path& path, std::uintmax_t limit = std::uintmax_t{8} << 30);

/// The same with the limit that follows from the content's beginning: what is unpacked first, at most 256
/// KiB.
std::string read_gzip(const std::filesystem::path& path,
                      const std::function<std::uintmax_t(std::string_view head)>& limit);

/// Writes a file whole or not at all: to a temporary file in the same folder, which is synced and renamed;
/// then the folder is synced. An existing file is replaced. Failure names the path and the reason; the
/// temporary file is then removed and an existing file left as it was.
void write_file(const std::filesystem::path& path, std::string_view content);

/// The same for content that is the concatenation of `pieces`.
void write_file(const std::filesystem::path& path, std::span<const std::string_view> pieces);

/// Gives a file a second name, in place of what had it; where the file system has no links, a copy. Failure
/// as write_file's.
void link_file(const std::filesystem::path& path, const std::filesystem::path& second);

/// Whether it is a temporary file of these, left behind by a process that was killed.
bool is_temporary_file(const std::filesystem::path& path);

/// Error that names a symbolic link within `folder`, at any depth; `folder` itself may be one. Whatever aelab
/// reads or writes in a folder of its own lies in that folder.
void refuse_links(const std::filesystem::path& folder);

/// Creates `parent` where missing and in it the folder <n>, n = 1 + the largest number there; returns its
/// path. Many processes may do so at once. Error when it cannot be created.
std::filesystem::path create_numbered_folder(const std::filesystem::path& parent);

}  // namespace aelab
