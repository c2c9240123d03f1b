#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace aelab {

/// What identifies a file's content: its length and the CRC-32 of its bytes; of a folder, the sum of the
/// lengths of the pictures that are read (list_pictures), and the CRC-32 of sorted lines, one for each
/// picture: CRC-32, length, path in the folder.
struct FileRecord {
  std::string path;
  std::uint64_t bytes = 0;
  std::uint32_t crc32 = 0;
  std::int64_t changed =
      0;  ///< when it, or the last of a folder's pictures, was changed (InputFile::changed)
  /// The CRC-32 of each picture by its path in the folder; empty where there are more than 1,000.
  std::map<std::string, std::uint32_t> content = {};
};

/// Error names the path: missing, not readable.
FileRecord record_of(const std::filesystem::path& path);

}  // namespace aelab
