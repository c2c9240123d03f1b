#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace aelab {

/// What a checksum of a file is over: all of its bytes, or 64 blocks of 4 KiB, spread evenly from its first
/// byte to its last one.
enum class Checksum { whole, blocks };

/// What identifies a file's content: its length and a CRC-32 of its bytes; of a folder, the sum of the
/// lengths of the pictures that are read (list_pictures) and a CRC-32 over them in their order. Of whole
/// content, that is of lines, one for each picture: CRC-32, length, path in the folder. Of blocks, it is of
/// lines with length and path, and of the blocks of all pictures one after the other.
struct FileRecord {
  std::string path;
  std::uint64_t bytes = 0;
  Checksum kind = Checksum::whole;
  std::uint32_t crc32 = 0;
  std::int64_t changed =
      0;  ///< when it, or the last of a folder's pictures, was changed (InputFile::changed)
  /// The CRC-32 of each picture by its path in the folder; empty where there are more than 1,000, or blocks.
  std::map<std::string, std::uint32_t> content = {};
};

/// The record with that kind of checksum; what is no longer than the blocks has a whole one. Error names the
/// path: missing, not readable.
FileRecord record_of(const std::filesystem::path& path, Checksum kind = Checksum::whole);

/// The length in such a record, without reading a file.
std::uint64_t length_of(const std::filesystem::path& path);

}  // namespace aelab
