#include "aelab/data/formats/cifar.h"

#include <fmt/format.h>

#include "aelab/core/error.h"

namespace aelab {

const std::uint8_t* CifarFile::pixels(std::int64_t row) const {
  return reinterpret_cast<const std::uint8_t*>(bytes.data()) + row * (label_bytes + kPixels) + label_bytes;
}

CifarFile parse_cifar(std::string bytes, std::int64_t label_bytes, std::int64_t label, std::int64_t classes,
                      const std::string& file) {
  const auto record = label_bytes + CifarFile::kPixels;
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (size == 0 || size % record != 0)
    throw Error(
        fmt::format("{}: byte {}: the file ends within a record: records have {} bytes", file, size, record));
  CifarFile content{.labels = {}, .bytes = std::move(bytes), .label_bytes = label_bytes};
  for (std::int64_t at = label; at < size; at += record) {
    const auto value = static_cast<std::uint8_t>(content.bytes[static_cast<std::size_t>(at)]);
    if (value >= classes)
      throw Error(fmt::format("{}: byte {}: the label {} is not below {}", file, at, value, classes));
    content.labels.push_back(value);
  }
  return content;
}

}  // namespace aelab
