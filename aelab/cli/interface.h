#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace aelab::cli {

// The options and arguments of the commands, read from CLI11's objects, for help screens, the manual page and
// shell completion.

/// The values that an option or argument takes, by the name of its CLI11 type:
///   "best|last"           one of these
///   "code,error"          several of these, separated by commas
///   "FILE", "FOLDER", ... other values; shell completion knows what some of these names stand for
/// An argument whose type has no name takes its own name.
struct ValueType {
  std::string label;  ///< "FILE"; empty where there are choices
  std::vector<std::string> choices;
  bool several = false;
};
ValueType value_type(const CLI::Option& option);

/// Those that are not hidden, in the order in which they were added.
std::vector<const CLI::App*> commands_of(const CLI::App& app);
std::vector<const CLI::Option*> options_of(const CLI::App& command);
std::vector<const CLI::Option*> arguments_of(const CLI::App& command);

bool takes_value(const CLI::Option& option);
bool takes_many(const CLI::Option& argument);

/// "-h, --help", "--output FOLDER", "FILE", "OVERRIDES..."
std::string label_of(const CLI::Option& option);
/// Its description with its choices, its default and what it excludes.
std::string description_of(const CLI::Option& option);
/// "aelab run [OPTIONS] FILE [OVERRIDES...]"
std::string usage_of(const CLI::App& command);

/// A command's footer: remarks, and after each "Example: " a command line.
struct Footer {
  std::vector<std::string> remarks, examples;
};
Footer footer_of(const CLI::App& command);

/// A command line broken between its words, with a backslash at the end of each part but the last.
std::string wrapped_command(const std::string& line, std::size_t indent, std::size_t width);

/// The help screen of the program or one of its commands.
std::string help_of(const CLI::App& command, std::size_t width);

}  // namespace aelab::cli
