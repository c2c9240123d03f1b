#include "aelab/core/checksum.h"

#include <fmt/format.h>
#include <zlib.h>

namespace aelab {

std::string checksum(std::string_view bytes) {
  return fmt::format("{:08x}", crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string checksum(std::span<const std::byte> bytes) {
  return checksum(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace aelab
