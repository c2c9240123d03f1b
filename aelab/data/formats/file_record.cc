#include "aelab/data/formats/file_record.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <vector>

#include "aelab/core/files.h"
#include "aelab/core/signals.h"
#include "aelab/data/formats/picture_folder.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

std::uint32_t add_to_crc(std::uint32_t crc, std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

FileRecord whole_record_of_file(const fs::path& path) {
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

FileRecord whole_record_of_folder(const fs::path& folder) {
  const auto files = list_pictures(folder).all();
  constexpr std::size_t most_listed = 1000;
  FileRecord whole{.path = folder.string()};
  for (const auto& path : files) {
    const auto record = whole_record_of_file(path);
    whole.bytes += record.bytes;
    whole.changed = std::max(whole.changed, record.changed);
    const auto name = path.lexically_relative(folder).generic_string();
    whole.crc32 = add_to_crc(whole.crc32, fmt::format("{:08x} {} {}\n", record.crc32, record.bytes, name));
    if (files.size() <= most_listed) whole.content[name] = record.crc32;
  }
  return whole;
}

/// Files one after the other.
struct Joint {
  std::vector<fs::path> paths;
  std::vector<std::uint64_t> begins;  // of each file, and the end of the last one

  explicit Joint(std::vector<fs::path> files) : paths(std::move(files)), begins{0} {
    for (const auto& path : paths) {
      StopSignals::check();
      begins.push_back(begins.back() + InputFile(path).size());
    }
  }
  std::uint64_t bytes() const { return begins.back(); }

  std::int64_t changed() const {
    std::int64_t last = 0;
    for (const auto& path : paths) last = std::max(last, InputFile(path).changed());
    return last;
  }

  /// Of bytes of one or more files.
  std::uint32_t add_to(std::uint32_t crc, std::uint64_t begin, std::uint64_t count) const {
    const auto after = std::upper_bound(begins.begin(), begins.end(), begin);
    for (auto i = static_cast<std::size_t>(after - begins.begin()) - 1; count > 0 && i < paths.size(); ++i) {
      std::string bytes(std::min(count, begins[i + 1] - begin), '\0');
      bytes.resize(InputFile(paths[i]).read_at(begin - begins[i], bytes.data(), bytes.size()));
      crc = add_to_crc(crc, bytes);
      begin = begins[i + 1];
      count -= std::min<std::uint64_t>(count, bytes.size());
    }
    return crc;
  }
};

constexpr std::uint64_t kBlocks = 64, kBlockBytes = 4096;

FileRecord block_record_of(const fs::path& path, const Joint& files, bool is_folder) {
  FileRecord record{.path = path.string(), .bytes = files.bytes(), .kind = Checksum::blocks};
  for (std::size_t i = 0; is_folder && i < files.paths.size(); ++i)
    record.crc32 =
        add_to_crc(record.crc32, fmt::format("{} {}\n", files.begins[i + 1] - files.begins[i],
                                             files.paths[i].lexically_relative(path).generic_string()));
  const auto last = files.bytes() - kBlockBytes;  // the beginning of the last block
  for (std::uint64_t i = 0; i < kBlocks; ++i) {
    StopSignals::check();
    const auto begin = last / (kBlocks - 1) * i + last % (kBlocks - 1) * i / (kBlocks - 1);
    record.crc32 = files.add_to(record.crc32, begin, kBlockBytes);
  }
  record.changed = files.changed();  // of all that was read
  return record;
}

std::vector<fs::path> files_at(const fs::path& path) {
  return folder_exists(path) ? list_pictures(path).all() : std::vector{path};
}

}  // namespace

FileRecord record_of(const fs::path& path, Checksum kind) {
  const bool is_folder = folder_exists(path);
  if (kind == Checksum::blocks) {
    const Joint files(files_at(path));
    if (files.bytes() > kBlocks * kBlockBytes) return block_record_of(path, files, is_folder);
  }
  return is_folder ? whole_record_of_folder(path) : whole_record_of_file(path);
}

std::uint64_t length_of(const fs::path& path) { return Joint(files_at(path)).bytes(); }

}  // namespace aelab
