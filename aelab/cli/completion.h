#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace aelab::cli {

/// What may stand in place of the last of `words`, which follow the program's name in a command line. First
/// in the list may be ":files" or ":folders": the shell then completes paths beside the other candidates.
std::vector<std::string> completions(const CLI::App& app, const std::vector<std::string>& words);

/// Values of path.to.key=value for run files: keys, and after the '=' values. `file` is the run file, where
/// known, and `overrides` those given before: they say which variant it is, and so which keys there are.
std::vector<std::string> override_completions(const std::string& current, const std::string& file,
                                              const std::vector<std::string>& overrides);

/// The JSON Schema of what stands at a path in run files, such as "training.optimizer"; null where nothing
/// does.
nlohmann::ordered_json run_schema_at(const std::string& path);

/// The script that makes a shell ("bash", "zsh" or "fish") complete the program's command lines.
std::string completion_script(const CLI::App& app, const std::string& shell);

/// The program's page for man(1), in the language of man(7).
std::string manual_page(const CLI::App& app);

}  // namespace aelab::cli
