#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aelab/core/shape.h"

namespace aelab {

/// The types of numbers that files hold.
enum class ValueType { boolean, u8, i8, u16, i16, u32, i32, u64, i64, f16, bf16, f32, f64 };

std::size_t width_of(ValueType type);  ///< in bytes
bool is_float(ValueType type);
/// As safetensors names it: "F32", "BOOL"; nothing for types that aelab does not read.
std::optional<ValueType> value_type_named(std::string_view safetensors_name);

/// Where the values of an array lie in a file, and how.
struct ArrayLayout {
  ValueType type = ValueType::f32;
  Shape shape = {};
  std::uint64_t offset = 0;   ///< of the first value, in bytes from the file's beginning
  bool big_endian = false;    ///< the bytes of each value
  bool column_major = false;  ///< the first index moves fastest

  std::uint64_t bytes() const;  ///< of all values; layouts that were read from files do not overflow
};

/// The bytes of an array of this shape; nothing when they exceed 63 bits or a dimension is negative.
std::optional<std::uint64_t> bytes_of(ValueType type, const Shape& shape);

/// Converts `count` values, `stride` values apart, to the nearest float; of doubles and of whole numbers
/// beyond 2^24 that is another number, and infinity of what is too large.
void to_floats(const ArrayLayout& layout, const std::byte* from, std::int64_t count, float* to,
               std::int64_t stride = 1);

/// Divides each value, in place.
void divide(float* values, std::int64_t count, float by);

/// Converts whole numbers; nothing may be a float. Numbers that do not fit become -1.
void to_integers(const ArrayLayout& layout, const std::byte* from, std::int64_t count, std::int64_t* to);

}  // namespace aelab
