#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "aelab/data/formats/csv_rows.h"

namespace aelab {

/// The text of a table, in UTF-8: its beginning, and what follows in a file, which is read piece by piece
/// whenever rows are read. Files may be gzipped. A text in UTF-16 is held as a whole.
class CsvText {
 public:
  /// All of a text; `file` is what messages call it. Throws the Errors of decode_text().
  CsvText(std::string bytes, std::string file);
  /// Throws the Errors of GzipFile and decode_text(), and one where it is another kind of file (file_kind.h).
  explicit CsvText(const std::filesystem::path& path);

  /// The text up to 4 MiB, or a whole text.
  std::string_view beginning() const { return std::string_view(beginning_).substr(skipped_); }
  /// Leaves bytes of the beginning out.
  void skip(std::size_t bytes) { skipped_ += bytes; }
  /// "UTF-16"; empty for UTF-8 and its subset ASCII.
  const std::string& encoding() const { return encoding_; }
  /// How many bytes there are, left-out ones included; of a gzipped file, by the part that is unpacked.
  double expected_size() const { return expected_size_; }
  /// The rows from the beginning on, whose first line has this number. This object outlives them. While they
  /// are read, the Errors of GzipFile are thrown, and one for a zero byte.
  CsvRows rows(CsvDialect dialect, std::int64_t first_line) const;

 private:
  std::string file_, beginning_, encoding_;
  std::size_t skipped_ = 0, read_ = 0;  // bytes of the beginning; of the file, 0: the text is whole
  double expected_size_ = 0;

  void take(std::string bytes);
  CsvRows::More what_follows() const;
};

}  // namespace aelab
