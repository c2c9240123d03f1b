#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aelab/data/formats/csv.h"

namespace aelab {

/// What to write when a table cannot be read because of comments, or of lines above it, that `format` does
/// not skip: `t.csv:4: the table begins in this line: set "skip_lines": 3`; "" where nothing of the kind is
/// found. `text` is the table's text behind the lines that were skipped; its first line is the file's
/// `first_line`.
std::string layout_advice(std::string_view text, const CsvFormat& format, const std::string& file,
                          std::int64_t first_line);

/// The sign that a text begins with if lines with this sign are comments in some tables: "%", "//"; or "".
std::string_view comment_sign(std::string_view text);

/// Removes the first `count` lines of a text. Error where there are no more.
void skip_lines(std::string_view& text, std::int64_t count, const std::string& file);

/// Removes a first line "sep=;", which Excel writes and reads; the delimiter that it names.
std::optional<char> take_separator_line(std::string_view& text);

}  // namespace aelab
