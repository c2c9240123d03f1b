#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace aelab::cli {

// What the program's commands take, as help screens, the man page and shell completion show it. All of it is
// read from CLI11's objects; nothing is listed a second time.

/// The values that an option or argument takes, from the name of its type:
///   "best|last"           one of these
///   "code,error"          several of these, with commas between them
///   "FILE", "FOLDER", ... anything; shell completion knows what some of them stand for. An argument without
///   a
///                         type of its own has its name as its type.
struct ValueType {
  std::string label;  ///< "FILE"; empty where there are choices
  std::vector<std::string> choices;
  bool several = false;
};
ValueType value_type(const CLI::Option& option);

/// Those that help shows, in their order.
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
