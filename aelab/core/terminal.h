#pragma once

#include <string_view>

namespace aelab {

// Results go to stdout, all else to stderr. Both may lead to the same terminal or file, so everything that is
// printed goes through these functions: no line begins within another.

/// The columns of the terminal at a file descriptor, asked anew each time: windows change. Elsewhere, and
/// where the terminal does not say, COLUMNS or else 80. At least 20.
std::size_t columns_of(int descriptor);

/// The width for text on stdout: its columns, at most 100.
std::size_t text_width();

/// Whether a line at the descriptor can be drawn again: it is a terminal, and TERM is not "dumb".
bool can_redraw(int descriptor);

/// Prints to stdout. finish_output() says whether all of it arrived.
void print_text(std::string_view text);

/// Prints to stderr, after everything that was printed to stdout.
void say(std::string_view text);

/// Shows a line at the end of stderr that the next call replaces, and that anything else printed removes.
/// It is cut to the terminal's width; an empty one removes the last. Only where can_redraw().
void show_live(std::string_view line);

/// Writes what stdout still holds back. Failure when something printed to it was lost: a full disk. Where
/// its reader has gone, the process ends by SIGPIPE, if that is not ignored.
void finish_output();

/// To be called first in main(). Opens /dev/null where descriptors 0, 1 or 2 are closed, lest a file that is
/// opened later becomes one of them; a closed pipe is noticed by finish_output() instead of ending the
/// process.
void begin_output();

}  // namespace aelab
