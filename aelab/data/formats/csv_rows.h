#pragma once

#include <cstdint>
#include <functional>
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
  /// Gives the next piece of a text whenever it is called; "" at its end.
  using More = std::function<std::string()>;

  /// `first_line` is the number of the text's first line, for messages; `file` outlives this object. `more`
  /// gives what follows the text; all is there if it is unset.
  CsvRows(std::string_view text, CsvDialect dialect, const std::string& file, std::int64_t first_line = 1,
          More more = {});

  std::int64_t line() const { return at_.row_line; }  ///< where the row began that `next` gave, from 1

  /// The next row's fields, which live until the next call; false at the end. Blank lines and comments are
  /// skipped. Error: a quote that is not closed, or text after a closing quote.
  bool next(std::vector<CsvField>& fields);

  std::int64_t comments() const { return at_.comments; }                ///< comment lines skipped so far
  const std::string& last_comment() const { return at_.last_comment; }  ///< without the text that marks it
  /// Bytes of the text that were read so far.
  std::size_t consumed() const { return received_ - at_.text.size(); }

 private:
  struct At {
    std::string_view text;  // what is left
    std::int64_t line, row_line = 1, comments = 0;
    std::string last_comment = {};
  };
  CsvDialect dialect_;
  const std::string& file_;
  char line_end_ = '\n';  // '\r' where there is no other
  At at_;
  More more_;
  std::size_t received_;                 // bytes
  std::unique_ptr<std::string> buffer_;  // which the text is in, once more was received
  std::vector<std::unique_ptr<std::string>> unquoted_;

  void receive(std::size_t least);
  bool next_complete(std::vector<CsvField>& fields);
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
