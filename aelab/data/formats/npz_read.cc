#include <fmt/format.h>

#include "aelab/core/error.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/npy.h"
#include "aelab/data/formats/zip_file.h"

namespace aelab {
namespace {

constexpr std::string_view kNpyEnding = ".npy", kNpz = "a .npz file";

std::vector<std::string> arrays_in(const ZipFile& zip) {
  std::vector<std::string> names;
  for (auto& name : zip.names())
    if (name.ends_with(kNpyEnding)) names.push_back(name.substr(0, name.size() - kNpyEnding.size()));
  return names;
}

ZipMember array_in(const ZipFile& zip, const std::string& array) {
  const auto name = array + std::string(kNpyEnding);
  if (!zip.has(name))
    throw Error(fmt::format("{}: has no array \"{}\".{}", zip.path().string(), array,
                            did_you_mean(array, arrays_in(zip))));
  return {zip, name, fmt::format("{}: {}", zip.path().string(), array)};
}

}  // namespace

std::vector<std::string> names_in_npz(const std::filesystem::path& path) {
  return arrays_in(ZipFile(path, kNpz));
}

ArrayFile read_npz(const std::filesystem::path& path, const std::string& array) {
  const ZipFile zip(path, kNpz);
  auto stored = array_in(zip, array);
  auto content = stored.read_all("save it as .npy, which \"source\": \"npy\" can read a part at a time");
  auto layout = parse_npy(content, content.size(), stored.title());
  return {stored.title(), std::move(layout), std::move(content)};
}

std::string text_in_npz(const std::filesystem::path& path, const std::string& array) {
  constexpr std::uint64_t kMost = 1024;  // of a file with a header and a short text
  constexpr std::size_t kBegin = 10;  // before the header of version 1.0, whose length is the last two bytes
  const ZipFile zip(path, kNpz);
  auto stored = array_in(zip, array);
  const auto refused = [&] { return Error(stored.title() + ": is not a single short text"); };
  if (stored.size() < kBegin || stored.size() > kMost) throw refused();
  const auto content = stored.read_all("");
  const auto length =
      static_cast<std::uint8_t>(content[8]) | std::size_t{static_cast<std::uint8_t>(content[9])} << 8;
  if (!content.starts_with("\x93NUMPY\x01") || kBegin + length > content.size()) throw refused();
  const auto header = content.substr(kBegin, length);
  if (header.find("'|S") == std::string::npos && header.find("'<U") == std::string::npos) throw refused();
  auto text = content.substr(kBegin + length);
  std::erase(text, '\0');  // of texts of four bytes a character, and behind shorter ones
  return text;
}

void visit_npz_rows(const std::filesystem::path& path, const std::string& array,
                    const std::function<RowVisitor(const ArrayLayout&)>& begin) {
  constexpr std::uint64_t kAtOnce = 1 << 22;  // bytes; longer than a header
  const ZipFile zip(path, kNpz);
  auto stored = array_in(zip, array);
  auto left = stored.size();
  std::string content, more;
  const auto read_more = [&] {
    more.resize(std::min(left, kAtOnce));
    left -= more.size();
    stored.read(more, /*ends=*/left == 0);
    content += more;
  };
  read_more();
  const auto layout = parse_npy(content, stored.size(), stored.title());
  if (layout.column_major && layout.shape.size() > 1)
    throw Error(stored.title() + ": is in Fortran order; save it in C order: numpy.ascontiguousarray(x)");
  if (layout.shape.empty() || layout.bytes() == 0)
    throw Error(fmt::format("{}: holds no rows: its shape is [{}]", stored.title(), in_list(layout.shape)));
  const auto rows = layout.shape.front();
  const auto visit = begin(layout);
  std::size_t at = layout.offset;
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto length = static_cast<std::size_t>(layout.bytes() / static_cast<std::uint64_t>(rows));
    while (content.size() < at + length) {
      content.erase(0, at);
      at = 0;
      read_more();
    }
    visit(row, std::string_view(content).substr(at, length));
    at += length;
  }
}

}  // namespace aelab
