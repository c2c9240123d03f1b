#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <initializer_list>

namespace aelab::cli {

/// Runs the command that the user chose and returns the program's exit code.
using Command = std::function<int()>;

// Each function adds one subcommand to `app`. When the user chooses it, `chosen` is set.
void add_run(CLI::App& app, Command& chosen);
void add_resume(CLI::App& app, Command& chosen);
void add_evaluate(CLI::App& app, Command& chosen);
void add_interpolate(CLI::App& app, Command& chosen);
void add_sample(CLI::App& app, Command& chosen);
void add_apply(CLI::App& app, Command& chosen);
void add_detect(CLI::App& app, Command& chosen);
void add_data(CLI::App& app, Command& chosen);
void add_export(CLI::App& app, Command& chosen);
void add_import(CLI::App& app, Command& chosen);
void add_compare(CLI::App& app, Command& chosen);
void add_report(CLI::App& app, Command& chosen);
void add_list(CLI::App& app, Command& chosen);
void add_describe(CLI::App& app, Command& chosen);
void add_schema(CLI::App& app, Command& chosen);
void add_doctor(CLI::App& app, Command& chosen);
void add_bench(CLI::App& app, Command& chosen);
void add_help(CLI::App& app, Command& chosen);
void add_completion(CLI::App& app, Command& chosen);
void add_manual(CLI::App& app, Command& chosen);

/// Adds what other programs call a command. These names are not read: require_command() suggests the command.
void known_as(CLI::App& command, std::initializer_list<const char*> names);

/// Error that suggests a name unless there is a command of that name.
void require_command(const CLI::App& app, const std::string& name);

}  // namespace aelab::cli
