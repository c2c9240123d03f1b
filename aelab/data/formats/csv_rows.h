#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aelab {

struct CsvField {
  std::string_view text;
  bool quoted = false;
};

/// How rows and fields are delimited.
struct CsvDialect {
  char delimiter = ',';       ///< ' ' stands for any number of spaces and tabs
  std::string comment = "#";  ///< lines that begin with it are skipped; empty: none
};

/// Splits the text of a table into rows and fields.
class CsvRows {
 public:
  /// `first_line` is the number of the text's first line, for messages; `file` outlives this object.
  CsvRows(std::string_view text, CsvDialect dialect, const std::string& file, std::int64_t first_line = 1);

  std::int64_t line() const { return row_line_; }  ///< where the row began that `next` gave, from 1

  /// The next row's fields, which live until the next call; false at the end. Blank lines and comments are
  /// skipped. Error: a quote that is not closed, or text after a closing quote.
  bool next(std::vector<CsvField>& fields);

  std::int64_t comments() const { return comments_; }                ///< comment lines skipped so far
  const std::string& last_comment() const { return last_comment_; }  ///< without the text that marks it

 private:
  std::string_view text_;
  CsvDialect dialect_;
  const std::string& file_;
  char line_end_ = '\n';  // '\r' where there is no other
  std::int64_t line_, row_line_ = 1, comments_ = 0;
  std::string last_comment_;
  std::vector<std::unique_ptr<std::string>> unquoted_;

  bool take(char c);
  bool take_line_end();
  bool take_comment();
  bool take_delimiter();
  std::size_t take_blanks();
  CsvField field();
  CsvField quoted();
};

/// The text without spaces and tabs around it.
std::string_view trimmed(std::string_view text);

/// The number that the whole text is, with this decimal sign; infinity and NaN too.
std::optional<double> number_in(std::string_view text, char decimal = '.');

/// The delimiter, of comma, semicolon, tab, bar and spaces, with which the first rows most regularly have the
/// same number of fields, at least two, and most of these are numbers; a comma where no delimiter fits.
char find_delimiter(std::string_view text, const std::string& comment);

}  // namespace aelab
