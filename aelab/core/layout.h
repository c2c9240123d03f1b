#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aelab {

// Text laid out for people, to a width in columns of a terminal.

/// The columns that UTF-8 text takes: 2 for a wide character, 0 for a combining one.
std::size_t display_width(std::string_view text);

/// The text, or its beginning and "..." where it is wider than `width`.
std::string shortened(std::string_view text, std::size_t width);

/// Every line of `text` broken at spaces where it is wider than `width`. The parts after the first are
/// indented as far as the line is, a list's item as far as its text, and by `hang` columns more. A word that
/// is wider than a whole line is broken after its commas, and otherwise kept whole; texts in double quotes
/// are always kept whole, so that wrapped JSON is still JSON.
std::string wrapped(std::string_view text, std::size_t width, std::size_t hang = 0);

/// The parts with two spaces between them, on as many lines as they need: those after the first begin with
/// `indent` spaces. A part is broken only where it is wider than a line.
std::string flowed(const std::vector<std::string>& parts, std::size_t width, std::size_t indent = 2);

/// A name, and a text that begins at `column` and is wrapped to `width`; on the line below where the name
/// reaches too far. Ends with a newline.
std::string entry(std::string_view name, std::string_view text, std::size_t column, std::size_t width);

/// A table of rows of cells, with the headings first: the first column is aligned to the left, the others to
/// the right. Columns beyond `width` continue below an empty line, after the first column again. Headings are
/// wrapped at spaces where there is no room for all of them; a name wider than two fifths of `width` stands
/// above its row. Cells stay whole.
std::string aligned(const std::vector<std::vector<std::string>>& cells, std::size_t width);

}  // namespace aelab
