#include "aelab/data/formats/file_record.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "aelab/core/files.h"
#include "aelab/core/signals.h"
#include "aelab/data/formats/picture_folder.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

std::uint32_t add_to_crc(std::uint32_t crc, std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

FileRecord record_of_file(const fs::path& path) {
  constexpr std::size_t chunk = 1 << 20;
  InputFile file(path);
  FileRecord record{.path = path.string()};
  std::string buffer(chunk, '\0');
  for (;;) {
    StopSignals::check();
    const auto count = file.read(buffer.data(), buffer.size());
    record.crc32 = add_to_crc(record.crc32, {buffer.data(), count});
    record.bytes += count;
    record.changed = file.changed();  // of all that was read
    if (count < buffer.size()) return record;
  }
}

FileRecord record_of_folder(const fs::path& folder) {
  const auto files = list_pictures(folder).all();
  constexpr std::size_t most_listed = 1000;
  FileRecord whole{.path = folder.string()};
  for (const auto& path : files) {
    const auto record = record_of_file(path);
    whole.bytes += record.bytes;
    whole.changed = std::max(whole.changed, record.changed);
    const auto name = path.lexically_relative(folder).generic_string();
    whole.crc32 = add_to_crc(whole.crc32, fmt::format("{:08x} {} {}\n", record.crc32, record.bytes, name));
    if (files.size() <= most_listed) whole.content[name] = record.crc32;
  }
  return whole;
}

}  // namespace

FileRecord record_of(const fs::path& path) {
  return folder_exists(path) ? record_of_folder(path) : record_of_file(path);
}

}  // namespace aelab
