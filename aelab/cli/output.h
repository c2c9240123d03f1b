#pragma once

#include <fmt/format.h>

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "aelab/core/terminal.h"

namespace aelab::cli {

/// Prints a formatted text to stdout.
template <class... Arguments>
void print(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  print_text(fmt::format(format, std::forward<Arguments>(arguments)...));
}

/// Prints a text to stdout, its lines wrapped at spaces to the terminal's width or 80 columns. Later parts of
/// a line are indented by `hang` columns more than the line.
void print_wrapped(const std::string& text, std::size_t hang = 0);

/// Prints one entry of a list, wrapped in a terminal and otherwise on one line, where programs find it.
void print_entry(const std::string& text);

/// Prints JSON to stdout: on one line, or indented. Bytes that are not UTF-8, as file names may have, are
/// replaced.
void print_json(const nlohmann::json& value);
void print_json(const nlohmann::ordered_json& value, int indent = -1);

/// Compact JSON with a space after each comma and colon, where a line can be wrapped.
std::string spaced(const nlohmann::ordered_json& value);

/// The text as one word of a shell's command line, quoted where it must be.
std::string in_shell(const std::string& text);

/// Prints a remark to stderr as a line, wrapped in a terminal.
void remark(const std::string& text);

/// Prints "aelab: MESSAGE" to stderr; returns the exit code.
int complain(const std::string& message, int code);

}  // namespace aelab::cli
