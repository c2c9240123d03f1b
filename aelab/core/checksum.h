#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace aelab {

/// The CRC-32 (IEEE 802.3) of bytes, in 8 hex digits.
std::string checksum(std::string_view bytes);
std::string checksum(std::span<const std::byte> bytes);

}  // namespace aelab
