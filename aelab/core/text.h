#pragma once

#include <span>
#include <string>
#include <string_view>

namespace aelab {

/// The known name that the user probably meant by `word`, or "" when none is near. Near is, without regard to
/// case: at most max(1, length / 3) insertions, deletions, substitutions or swaps of neighbours away (the
/// least wins); else a name that starts with the word; else one that contains it (the shortest wins).
std::string nearest(std::string_view word, std::span<const std::string> known);

/// A sentence to append to an error about an unknown name, with its leading space: ` Did you mean "x"?`, or
/// when nothing is near ` Known: a, b, c.` (at most 20 names), or "" when nothing is known.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

std::string join(std::span<const std::string> parts, std::string_view separator);

/// The text up to the end of its first line: below that, LibTorch's messages have a back-trace.
std::string first_line(std::string_view text);

/// Whether these bytes are UTF-8, as JSON needs it (RFC 3629).
bool is_utf8(std::string_view text);

/// A time span for people: "12 ms", "4.2 s", "3 min 12 s", "2 h 05 min".
std::string duration(double seconds);

/// The shortest text that reads back as exactly this number: "0.1", "1e-05", "nan", "-inf".
std::string shortest(double value);

}  // namespace aelab
