#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "aelab/core/error.h"
#include "aelab/data/formats/npy.h"

namespace aelab {
namespace {

constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr std::uint64_t kLongestNpyHeader = 1 << 20;

/// What a Python type code such as "<f4" stands for.
struct NpyType {
  ValueType type;
  bool big_endian;
};

std::optional<NpyType> npy_type(std::string_view descr) {
  constexpr std::pair<std::string_view, ValueType> kCodes[] = {
      {"b1", ValueType::boolean}, {"u1", ValueType::u8},  {"i1", ValueType::i8},  {"u2", ValueType::u16},
      {"i2", ValueType::i16},     {"u4", ValueType::u32}, {"i4", ValueType::i32}, {"u8", ValueType::u64},
      {"i8", ValueType::i64},     {"f2", ValueType::f16}, {"f4", ValueType::f32}, {"f8", ValueType::f64}};
  if (descr.size() != 3 || std::string_view("<>|=").find(descr[0]) == std::string_view::npos)
    return std::nullopt;
  for (const auto& [code, type] : kCodes)
    if (code == descr.substr(1)) return NpyType{type, descr[0] == '>'};
  return std::nullopt;
}

/// The values of a type that is not read, and what to save instead.
struct OtherType {
  std::string_view values, remedy;
};

OtherType other_type(std::string_view descr) {
  const auto code = descr.substr(std::min<std::size_t>(descr.size(), 1), 1);
  if (code == "O")
    return {"Python objects", "save numbers: x.astype(\"float32\"), or numpy.stack(x) if they are arrays"};
  if (code == "c")
    return {"complex numbers", "save real and imaginary parts: numpy.stack([x.real, x.imag], -1)"};
  if (code == "U" || code == "S" || code == "a")
    return {"strings",
            "save numbers: x.astype(\"float32\"), or class numbers: numpy.unique(x, return_inverse=True)[1]"};
  if (code == "M" || code == "m") return {"dates or times", "save numbers: x.astype(\"int64\")"};
  if (code == "V") return {"bytes without a type", "if they are bfloat16, save x.astype(\"float32\")"};
  return {"of a type that aelab does not read", "save x.astype(\"float32\")"};
}

/// The header's text, a Python dictionary of three entries, read strictly.
class NpyHeader {
 public:
  NpyHeader(std::string_view text, std::uint64_t begins, const std::string& file)
      : text_(text), begins_(begins), file_(file) {}

  ArrayLayout read() {
    ArrayLayout layout;
    expect('{');
    while (!take('}')) {
      const auto at = at_;
      const auto key = string();
      expect(':');
      if (key == "descr") {
        take_type(layout);
      } else if (key == "fortran_order") {
        layout.column_major = boolean();
      } else if (key == "shape") {
        layout.shape = tuple();
      } else {
        refuse(at, fmt::format("its header has the unknown entry \"{}\"", key));
      }
      ++entries_;
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_spaces();
    if (entries_ != 3 || at_ != text_.size())
      refuse(at_, "its header is not NumPy's: descr, fortran_order and shape");
    return layout;
  }

 private:
  std::string_view text_;
  std::uint64_t begins_;
  const std::string& file_;
  std::size_t at_ = 0;
  int entries_ = 0;

  [[noreturn]] void refuse(std::size_t at, std::string_view what) const {
    throw Error(fmt::format("{}: byte {}: {}", file_, begins_ + at, what));
  }

  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool take(char c) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse(at_, fmt::format("its header is not NumPy's: '{}' is missing", c));
  }

  std::string_view string() {
    skip_spaces();
    const char quote = at_ < text_.size() ? text_[at_] : ' ';
    if (quote != '\'' && quote != '"') refuse(at_, "its header is not NumPy's: a text is missing");
    const auto end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) refuse(at_, "its header is not NumPy's: a text does not end");
    const auto found = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return found;
  }

  bool boolean() {
    skip_spaces();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}})
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    refuse(at_, "its header is not NumPy's: fortran_order is neither True nor False");
  }

  Shape tuple() {
    constexpr std::size_t most_dimensions = 32;
    Shape shape;
    expect('(');
    while (!take(')')) {
      skip_spaces();
      std::int64_t dimension = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), dimension);
      if (error != std::errc() || dimension < 0 || shape.size() == most_dimensions)
        refuse(at_, "its shape is not a tuple of at most 32 whole numbers");
      shape.push_back(dimension);
      at_ = static_cast<std::size_t>(end - text_.data());
      if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2's long integers
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  void take_type(ArrayLayout& layout) {
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == '[')
      refuse(at_,
             "its values are records; save them as one array of numbers: "
             "numpy.lib.recfunctions.structured_to_unstructured(x)");
    const auto at = at_;
    const auto descr = string();
    const auto type = npy_type(descr);
    if (!type) {
      const auto [values, remedy] = other_type(descr);
      refuse(at, fmt::format("its values are {} (\"{}\"); {}", values, descr, remedy));
    }
    layout.type = type->type;
    layout.big_endian = type->big_endian;
  }
};

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    value |= std::uint64_t{static_cast<std::uint8_t>(bytes[i])} << 8 * i;
  return value;
}

}  // namespace

ArrayLayout parse_npy(std::string_view head, std::uint64_t size, const std::string& file) {
  const auto refuse = [&](std::uint64_t at, std::string_view what) {
    return Error(fmt::format("{}: byte {}: {}", file, at, what));
  };
  if (!head.starts_with(kNpyMagic))
    throw refuse(0, "this is not a NumPy .npy file: it does not begin with \\x93NUMPY");
  const auto version = head.size() > 6 ? static_cast<int>(head[6]) : 0;
  if (version < 1 || version > 3) throw refuse(6, "this is not a .npy file of version 1, 2 or 3");
  const std::size_t text = version == 1 ? 10 : 12;
  if (head.size() < text) throw refuse(head.size(), "the file ends within its header");
  const auto length = little_endian(head.substr(8, text - 8));
  if (length > kLongestNpyHeader) throw refuse(8, "its header would be longer than a megabyte");
  if (text + length > head.size()) throw refuse(head.size(), "the file ends within its header");
  auto layout = NpyHeader(head.substr(text, length), text, file).read();
  layout.offset = text + length;
  const auto bytes = bytes_of(layout.type, layout.shape);
  if (!bytes) throw refuse(text, "the product of its shape exceeds 63 bits");
  const auto found = size - layout.offset;
  if (found < *bytes)
    throw refuse(size,
                 fmt::format("the file is truncated: {} bytes of values expected, {} found", *bytes, found));
  if (found > *bytes)
    throw refuse(layout.offset + *bytes, fmt::format("{} bytes follow the values", found - *bytes));
  return layout;
}

ArrayFile open_npy(const std::filesystem::path& path) {
  auto file = std::make_shared<const PooledFile>(path);
  std::string head(std::min<std::uint64_t>(file->size(), kLongestNpyHeader + 12), '\0');
  head.resize(file->read_at(0, head.data(), head.size()));
  auto layout = parse_npy(head, file->size(), path.string());
  return {std::move(file), std::move(layout)};
}

}  // namespace aelab
