#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace aelab::cli {

/// Runs the command that the user chose; returns the program's exit code.
using Command = std::function<int()>;

// Each adds one subcommand to `app`; when the user chooses it, `chosen` is set.
void add_run(CLI::App& app, Command& chosen);
void add_resume(CLI::App& app, Command& chosen);
void add_evaluate(CLI::App& app, Command& chosen);
void add_interpolate(CLI::App& app, Command& chosen);
void add_apply(CLI::App& app, Command& chosen);
void add_data(CLI::App& app, Command& chosen);
void add_export(CLI::App& app, Command& chosen);
void add_compare(CLI::App& app, Command& chosen);
void add_report(CLI::App& app, Command& chosen);
void add_list(CLI::App& app, Command& chosen);
void add_describe(CLI::App& app, Command& chosen);
void add_schema(CLI::App& app, Command& chosen);
void add_doctor(CLI::App& app, Command& chosen);
void add_bench(CLI::App& app, Command& chosen);

}  // namespace aelab::cli
