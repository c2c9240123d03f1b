#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace aelab {

/// What tells whether a file is the same as it was: its length and the CRC-32 of its bytes; of a folder, the
/// sum of its pictures' lengths, and the CRC-32 of a line each, sorted: CRC-32, length, path within the
/// folder.
struct FileRecord {
  std::string path;
  std::uint64_t bytes = 0;
  std::uint32_t crc32 = 0;
  /// Of a folder of at most 1,000 pictures, each one's CRC-32 by its path within; larger ones are not listed.
  std::map<std::string, std::uint32_t> content = {};
};

/// Error names the path: missing, not readable.
FileRecord record_of(const std::filesystem::path& path);

}  // namespace aelab
