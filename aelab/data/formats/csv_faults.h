#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "aelab/data/formats/csv.h"

namespace aelab {

/// How the fields of a run file refer to a column: its name, or its number where several have that name.
std::string reference_to(const std::vector<std::string>& names, std::size_t column);

/// What to write to leave out columns, by their references, and those that are left out already:
/// "ignore": ["id", "note"].
std::string ignore_option(std::vector<std::string> ignored, const std::vector<std::string>& columns);

/// A text as JSON writes it.
std::string in_json(std::string_view text);

/// The columns of a table that cannot be read as numbers, gathered over all rows, with what to do about each.
class ColumnFaults {
 public:
  /// A value that is missing.
  void add_missing(std::size_t column, std::int64_t line);
  /// A column of texts, and one of them.
  void add_text(std::size_t column, std::int64_t line, std::string_view text);
  bool is_text(std::size_t column) const;

  /// One sentence for each fault of a column, then one that leaves all these columns out where there are
  /// several.
  std::vector<std::string> in_words(const std::string& file, const std::vector<std::string>& names,
                                    const CsvFormat& format) const;

 private:
  struct Fault {
    std::int64_t missing = 0, missing_line = 0;
    std::int64_t text_line = 0;
    std::string text;  ///< the first one, where text_line is set
  };
  std::map<std::size_t, Fault> faults_;
};

/// "1,234.5", "$3" or "20 %": a number with thousands separators, a currency sign or a percent sign.
bool is_decorated_number(std::string_view text);

}  // namespace aelab
