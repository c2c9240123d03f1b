#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace aelab {

/// A file that grows by appending. A checkpoint records how far it had grown and the checksum of its content;
/// a resumed run checks that content and cuts off whatever was appended after it.
class GrowingFile {
 public:
  /// How far a file has grown: its length in bytes and the CRC-32 of its content.
  struct Mark {
    std::uintmax_t length = 0;
    std::uint32_t crc32 = 0;
    bool operator==(const Mark&) const = default;

    nlohmann::json save() const;
    /// nlohmann::json::exception where `saved` was not returned by save().
    static Mark load(const nlohmann::json& saved);
  };

  /// Opens the file at `mark` and removes what follows it; creates the file where the mark's length is 0. The
  /// path must not be a symbolic link; a file that has further names (hard links) is replaced by a copy
  /// first, so that they keep their content. Failure where damage() finds some, or it cannot be opened.
  explicit GrowingFile(std::filesystem::path path, Mark mark);
  explicit GrowingFile(std::filesystem::path path) : GrowingFile(std::move(path), Mark()) {}
  GrowingFile(GrowingFile&& other) noexcept;
  GrowingFile& operator=(GrowingFile&& other) noexcept;
  ~GrowingFile();

  /// Why the file at `path` cannot continue at `mark`: "is missing: ...", "has 4 bytes, but 9 were recorded
  /// ...", "was changed or damaged ..."; "" if its content up to there is what was recorded. A file that
  /// cannot be opened for another reason is left to the constructor.
  static std::string damage(const std::filesystem::path& path, Mark mark);

  /// Appends all of `text` or, as far as the file system allows, nothing. Failure names the path and the
  /// reason.
  void append(std::string_view text);
  /// Returns once everything appended is on the disk. Failure names the path and the reason.
  void sync();
  /// How far the file has grown.
  const Mark& mark() const { return mark_; }
  std::uintmax_t length() const { return mark_.length; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  Mark mark_;

  void open();
};

}  // namespace aelab
