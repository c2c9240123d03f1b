#pragma once

#include <deque>
#include <optional>
#include <string>

#include "aelab/cli/commands.h"
#include "aelab/core/config.h"

namespace aelab::cli {

/// What an option's text stands for: a text, a whole number, several names or JSON objects with commas
/// between them, or a data source's name or JSON object.
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

/// A command on a run's folder whose options are the fields of a config, and --json.
class FolderCommand {
 public:
  FolderCommand(CLI::App& app, const std::string& name, const std::string& summary,
                const std::string& json_help);

  void add(const std::string& option, OptionType type, const std::string& help) {
    given_->config.add(*command_, option, type, help);
  }
  void footer(const std::string& text) { command_->footer(text); }

  /// `work(folder, config, as_json)` is what it does when the user chooses it.
  template <class Config, class Work>
  void does(Command& chosen, Work work) {
    command_->callback([given = given_, name = command_->get_name(), work, &chosen] {
      chosen = [given, name, work] {
        Config config;
        given->config.read(config, name);
        return work(given->folder, config, given->json);
      };
    });
  }

 private:
  struct Given {
    std::string folder;
    ConfigOptions config;
    bool json = false;
  };
  CLI::App* command_;
  std::shared_ptr<Given> given_;
};

}  // namespace aelab::cli
