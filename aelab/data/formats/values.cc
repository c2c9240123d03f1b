#include "aelab/data/formats/values.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <type_traits>
#include <utility>

namespace aelab {
namespace {

struct TypeFacts {
  ValueType type;
  std::string_view safetensors_name;
  std::size_t width;
};

constexpr TypeFacts kTypeFacts[] = {
    {ValueType::boolean, "BOOL", 1}, {ValueType::u8, "U8", 1},     {ValueType::i8, "I8", 1},
    {ValueType::u16, "U16", 2},      {ValueType::i16, "I16", 2},   {ValueType::u32, "U32", 4},
    {ValueType::i32, "I32", 4},      {ValueType::u64, "U64", 8},   {ValueType::i64, "I64", 8},
    {ValueType::f16, "F16", 2},      {ValueType::bf16, "BF16", 2}, {ValueType::f32, "F32", 4},
    {ValueType::f64, "F64", 8}};

struct Half {
  std::uint16_t bits;
};
struct Bfloat {
  std::uint16_t bits;
};

float widen(Half half) {  // IEEE 754 binary16
  constexpr std::uint32_t kInfinity = 31;
  const std::uint32_t sign = std::uint32_t{half.bits} >> 15 << 31;
  std::uint32_t exponent = half.bits >> 10 & 31, fraction = half.bits & 1023;
  if (exponent == kInfinity) return std::bit_cast<float>(sign | 0x7f800000 | fraction << 13);
  if (exponent == 0) {  // zero, or fraction x 2^-24
    const float size = static_cast<float>(fraction) * 0x1p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(size));
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}
float widen(Bfloat value) { return std::bit_cast<float>(std::uint32_t{value.bits} << 16); }
template <class T>
float widen(T value) {
  return static_cast<float>(value);
}

template <class T>
T load(const std::byte* from, bool big_endian) {
  std::array<std::byte, sizeof(T)> bytes;
  std::memcpy(bytes.data(), from, sizeof(T));
  if (big_endian != (std::endian::native == std::endian::big)) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<T>(bytes);
}

/// Calls visit with a value of the C++ type that stands for `type`.
template <class Visit>
void with_type(ValueType type, Visit visit) {
  switch (type) {
    case ValueType::boolean:
    case ValueType::u8:
      return visit(std::uint8_t{});
    case ValueType::i8:
      return visit(std::int8_t{});
    case ValueType::u16:
      return visit(std::uint16_t{});
    case ValueType::i16:
      return visit(std::int16_t{});
    case ValueType::u32:
      return visit(std::uint32_t{});
    case ValueType::i32:
      return visit(std::int32_t{});
    case ValueType::u64:
      return visit(std::uint64_t{});
    case ValueType::i64:
      return visit(std::int64_t{});
    case ValueType::f16:
      return visit(Half{});
    case ValueType::bf16:
      return visit(Bfloat{});
    case ValueType::f32:
      return visit(float{});
    case ValueType::f64:
      return visit(double{});
  }
}

}  // namespace

std::size_t width_of(ValueType type) { return kTypeFacts[static_cast<std::size_t>(type)].width; }

bool is_float(ValueType type) { return type >= ValueType::f16; }

std::optional<ValueType> value_type_named(std::string_view safetensors_name) {
  for (const auto& facts : kTypeFacts)
    if (facts.safetensors_name == safetensors_name) return facts.type;
  return std::nullopt;
}

std::optional<std::uint64_t> bytes_of(ValueType type, const Shape& shape) {
  auto bytes = static_cast<std::int64_t>(width_of(type));
  for (const auto dimension : shape)
    if (dimension < 0 || __builtin_mul_overflow(bytes, dimension, &bytes)) return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

std::uint64_t ArrayLayout::bytes() const { return bytes_of(type, shape).value(); }

void to_floats(const ArrayLayout& layout, const std::byte* from, std::int64_t count, float* to,
               std::int64_t stride) {
  const bool native = layout.big_endian == (std::endian::native == std::endian::big);
  with_type(layout.type, [&](auto kind) {
    using Value = decltype(kind);
    constexpr auto width = static_cast<std::int64_t>(sizeof(Value));
    if (stride == 1 && (native || width == 1)) {  // a loop that compilers vectorise
      for (std::int64_t i = 0; i < count; ++i) {
        Value value;
        std::memcpy(&value, from + i * width, sizeof(Value));
        to[i] = widen(value);
      }
    } else {
      for (std::int64_t i = 0; i < count; ++i)
        to[i] = widen(load<Value>(from + i * stride * width, layout.big_endian));
    }
  });
}

void divide(float* values, std::int64_t count, float by) {
  for (std::int64_t i = 0; i < count; ++i) values[i] /= by;
}

void to_integers(const ArrayLayout& layout, const std::byte* from, std::int64_t count, std::int64_t* to) {
  with_type(layout.type, [&](auto kind) {
    using Value = decltype(kind);
    if constexpr (std::is_integral_v<Value>)
      for (std::int64_t i = 0; i < count; ++i) {
        const auto value =
            load<Value>(from + i * static_cast<std::int64_t>(sizeof(Value)), layout.big_endian);
        to[i] = std::in_range<std::int64_t>(value) ? static_cast<std::int64_t>(value) : -1;
      }
  });
}

}  // namespace aelab
