#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace aelab {

/// Appends a number's bytes, little-endian.
void put_number(std::string& bytes, std::uint64_t value, int count);

/// A ZIP archive of stored files that is to be written, with their CRC-32; the same bytes for the same files
/// (no time in it). Format: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
class StoredZip {
 public:
  /// A file that consists of `head` and `content`, whose bytes must outlive this.
  void add(const std::string& name, std::string head, std::string_view content = {});

  /// Writes the archive whole or not at all (see write_file). Error, before anything is written, when it
  /// would be larger than the 4 GB of a plain ZIP archive.
  void write(const std::filesystem::path& path) const;

 private:
  std::vector<std::string> heads_;
  std::vector<std::string_view> contents_;
  std::string directory_;
  std::uint64_t length_ = 0;
};

}  // namespace aelab
