#include "aelab/data/formats/stored_zip.h"

#include <zlib.h>

#include "aelab/core/error.h"
#include "aelab/core/files.h"

namespace aelab {

void put_number(std::string& bytes, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

void StoredZip::add(const std::string& name, std::string head, std::string_view content) {
  auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(head.data()), head.size());
  if (!content.empty())  // of no address, zlib gives the sum to begin with
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(content.data()), content.size());
  const auto size = head.size() + content.size();
  std::string about;           // what the local header and the directory's entry have in common
  put_number(about, 20, 2);    // version 2.0 is needed to unpack
  put_number(about, 0, 2);     // flags
  put_number(about, 0, 2);     // stored
  put_number(about, 0, 2);     // no time of day
  put_number(about, 0x21, 2);  // 1980-01-01
  put_number(about, crc, 4);
  put_number(about, size, 4);
  put_number(about, size, 4);
  put_number(about, name.size(), 2);
  put_number(about, 0, 2);  // no extra field
  put_number(directory_, 0x02014b50, 4);
  put_number(directory_, 20, 2);
  directory_ += about;
  put_number(directory_, 0, 2 + 2 + 2);  // no comment, first disk, no attributes
  put_number(directory_, 0, 4);
  put_number(directory_, length_, 4);
  directory_ += name;
  std::string local;
  put_number(local, 0x04034b50, 4);
  local += about + name;
  length_ += local.size() + size;
  heads_.push_back(std::move(local) + std::move(head));
  contents_.push_back(content);
}

void StoredZip::write(const std::filesystem::path& path) const {
  constexpr std::uint64_t kMostBytes = 0xffffffff, kMostFiles = 0xffff;
  if (length_ + directory_.size() >= kMostBytes || heads_.size() >= kMostFiles)
    throw Error(path.string() +
                ": would be larger than the 4 GB of a plain ZIP archive; use a format of safetensors");
  std::string end;
  put_number(end, 0x06054b50, 4);
  put_number(end, 0, 2 + 2);
  put_number(end, heads_.size(), 2);
  put_number(end, heads_.size(), 2);
  put_number(end, directory_.size(), 4);
  put_number(end, length_, 4);
  put_number(end, 0, 2);
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    pieces.emplace_back(heads_[i]);
    pieces.push_back(contents_[i]);
  }
  pieces.emplace_back(directory_);
  pieces.emplace_back(end);
  write_file(path, pieces);
}

}  // namespace aelab
