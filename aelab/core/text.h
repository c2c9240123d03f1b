#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aelab {

/// In lower case, without '-', '_' and spaces: the same for "learningRate" and "learning_rate".
std::string simplified(std::string_view name);

/// The noun with its article: "an optimizer".
std::string with_article(const std::string& noun);

/// The known name that `word` is a misspelling of, or "": at most max(1, length / 3) insertions, deletions,
/// substitutions or swaps of neighbors away, ignoring case. The fewest win.
std::string misspelt(std::string_view word, std::span<const std::string> known);

/// The known name that the user probably meant by `word`, or "" if none is near: a misspelling; otherwise a
/// name that starts with the word; otherwise one that contains it (the shortest wins).
std::string nearest(std::string_view word, std::span<const std::string> known);

/// A sentence to append to an error about an unknown name, with its leading space: ` Did you mean "x"?`, or
/// if nothing is near ` Known: a, b, c.` (at most 20 names), or "" if nothing is known.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

/// The parts of a text between separators, without spaces around them.
std::vector<std::string> split(std::string_view text, char separator);

std::string join(std::span<const std::string> parts, std::string_view separator);

/// The first `most` parts, separated by commas, and how many more there are: "a, b, c and 3 more"; all of
/// them where it is one more.
std::string join_some(std::span<const std::string> parts, std::size_t most);

/// The first line of a text. The other lines of LibTorch's messages are a backtrace.
std::string first_line(std::string_view text);

/// Whether the bytes are valid UTF-8 (RFC 3629), which JSON requires.
bool is_utf8(std::string_view text);

/// A duration in words: "12 ms", "4.2 s", "3 min 12 s", "2 h 05 min".
std::string duration(double seconds);

/// The shortest text that reads back as exactly this number: "0.1", "1e-05", "nan", "-inf".
std::string shortest(double value);

}  // namespace aelab
