#include "aelab/data/formats/csv_text.h"

#include <fmt/format.h>

#include <memory>

#include "aelab/core/error.h"
#include "aelab/core/gzip_file.h"
#include "aelab/data/formats/file_kind.h"
#include "aelab/data/formats/text_encoding.h"

namespace aelab {
namespace {

constexpr std::size_t kBeginning = std::size_t{4} << 20, kPiece = std::size_t{8} << 20;

void require_text(const std::string& file, std::string_view begin) {
  require_kind(file, begin, "csv", /*may_be_gzipped=*/false);
  constexpr std::size_t kLooked = 512;
  if (begin.size() >= kLooked && begin.find_first_not_of('\0') == std::string_view::npos)
    throw Error(file + ": holds zero bytes, so this is not a text file; save the table as CSV");
}

}  // namespace

void CsvText::take(std::string bytes) {
  auto decoded = decode_text(std::move(bytes), file_);
  beginning_ = std::move(decoded.text);
  encoding_ = std::move(decoded.encoding);
}

CsvText::CsvText(std::string bytes, std::string file) : file_(std::move(file)) {
  take(std::move(bytes));
  expected_size_ = static_cast<double>(beginning_.size());
}

CsvText::CsvText(const std::filesystem::path& path) : file_(path.string()) {
  GzipFile file(path);
  std::string bytes(kBeginning, '\0');
  const auto got = file.read(bytes.data(), bytes.size());
  bytes.resize(got);
  require_text(file_, bytes);
  const bool is_whole = got < kBeginning;
  if (is_whole || is_utf16(bytes)) {
    take(is_whole ? std::move(bytes) : read_gzip(path));
    expected_size_ = static_cast<double>(beginning_.size());
    return;
  }
  expected_size_ = static_cast<double>(file.expected_size());
  read_ = got;
  take(std::move(bytes));
}

CsvRows::More CsvText::what_follows() const {
  if (read_ == 0) return {};
  auto file = std::make_shared<GzipFile>(std::filesystem::path(file_));
  std::string known(read_, '\0');
  if (file->read(known.data(), known.size()) < known.size() || !known.ends_with(beginning_))
    throw Error(file_ + ": was changed while it was read; run the command again");
  return [file, offset = read_, name = file_]() mutable {
    std::string piece(kPiece, '\0');
    piece.resize(file->read(piece.data(), piece.size()));
    require_no_zero_byte(piece, offset, name);
    offset += piece.size();
    return piece;
  };
}

CsvRows CsvText::rows(CsvDialect dialect, std::int64_t first_line) const {
  return {beginning(), std::move(dialect), file_, first_line, what_follows()};
}

}  // namespace aelab
