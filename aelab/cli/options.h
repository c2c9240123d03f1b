#pragma once

#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "aelab/cli/commands.h"
#include "aelab/core/config.h"
#include "aelab/core/problems.h"

namespace aelab::cli {

/// Options of a command that are the fields of a config: their help, choices and defaults are the config's
/// own. They are read as strictly as JSON files are, and all errors are reported at once. Lists of names or
/// JSON objects have commas between their entries.
class ConfigOptions {
 public:
  /// One option for each field in a config's schema. `types` names what texts stand for: {"output",
  /// "FOLDER"}.
  void add(CLI::App& command, const nlohmann::ordered_json& schema,
           const std::map<std::string, std::string>& types);
  /// Reads those that were given into the config. A data source may be given as the path of a file, which is
  /// read as the run in `folder` reads its own files. Error headed by `command` that names the options.
  void read(ConfigRef config, const std::string& command, const std::string& folder) const;

 private:
  struct Option {
    std::string name;
    nlohmann::ordered_json field;
    std::optional<std::string> given;
  };
  std::deque<Option> options_;  // their places stay, for CLI11
};

/// Calls `work`; errors about fields of the command's config are told as errors about its options.
template <class Work>
int as_options(const std::string& command, Work work) {
  Problems named;
  try {
    return work();
  } catch (const Mistakes& mistakes) {
    for (const auto& mistake : mistakes.all) named.add("--" + mistake.text());
  } catch (const FieldError& error) {
    throw Error("--" + std::string(error.what()));
  }
  named.raise(command);
  return 0;
}

/// What commands that need a model alone take.
inline constexpr const char* kRunOrModel = "folder of the run, or file of a model";

/// A command on a run's folder whose options are the fields of `Config`, and --json.
template <class Config>
class FolderCommand {
 public:
  FolderCommand(CLI::App& app, const std::string& name, const std::string& summary,
                const std::string& json_help, const std::map<std::string, std::string>& types = {},
                const std::string& folder_help = "folder of the run")
      : command_(app.add_subcommand(name, summary)), given_(std::make_shared<Given>()) {
    command_->add_option("RUN_FOLDER", given_->folder, folder_help)->required()->type_name("RUN_FOLDER");
    Config defaults;
    given_->config.add(*command_, config_schema(defaults), types);
    command_->add_flag("--json", given_->json, json_help);
  }

  void footer(const std::string& text) { command_->footer(text); }
  CLI::App& app() { return *command_; }

  /// `work(folder, config, as_json)` is what it does when the user chooses it; it returns the exit code.
  template <class Work>
  void does(Command& chosen, Work work) {
    command_->callback([given = given_, name = command_->get_name(), work, &chosen] {
      chosen = [given, name, work] {
        Config config;
        given->config.read(config, name, given->folder);
        return as_options(name, [&] { return work(given->folder, config, given->json); });
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
