#pragma once

#include <CLI/CLI.hpp>
#include <deque>
#include <optional>
#include <string>

#include "aelab/core/config.h"

namespace aelab::cli {

/// What an option's text stands for: a text, a whole number, several names with commas between them, or a
/// data source's name or JSON object.
enum class OptionType { text, number, list, data };

/// Options that are fields of a config. Read as strictly as JSON files are, all mistakes told at once.
class ConfigOptions {
 public:
  void add(CLI::App& command, const std::string& name, OptionType type, const std::string& help);
  /// Those that were given, into the config. Error headed by `command` that names the options.
  void read(ConfigRef config, const std::string& command) const;

 private:
  struct Option {
    std::string name;
    OptionType type;
    std::optional<std::string> given;
  };
  std::deque<Option> options_;  // their places stay, for CLI11
};

}  // namespace aelab::cli
