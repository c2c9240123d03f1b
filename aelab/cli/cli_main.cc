#include "aelab/cli/cli_main.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "aelab/cli/commands.h"
#include "aelab/core/error.h"
#include "aelab/core/memory.h"
#include "aelab/core/text.h"
#include "aelab/core/version.h"

namespace aelab {
namespace {

constexpr int kFailed = 1, kBadInput = 2;

int complain(const std::string& message, int code) {
  fmt::print(stderr, "aelab: {}\n", message);
  return code;
}

/// Says which commands there are, where CLI11 only says that one is required.
bool is_unknown_command(const CLI::App& app, const std::string& name) {
  std::vector<std::string> known;
  for (const auto* command : app.get_subcommands(nullptr)) known.push_back(command->get_name());
  if (name.starts_with('-') || std::find(known.begin(), known.end(), name) != known.end()) return false;
  complain("unknown command \"" + name + "\"." + did_you_mean(name, known) + " See aelab --help", kBadInput);
  return true;
}

/// What a command was given and does not take, with the option that was probably meant.
std::string unexpected(const CLI::App& app) {
  const auto& command = *app.get_subcommands().front();
  std::vector<std::string> known;
  for (const auto* option : command.get_options())
    for (const auto& name : option->get_lnames()) known.push_back("--" + name);
  const auto given = app.remaining(/*recurse=*/true);
  const auto is_option = [](const std::string& text) { return text.starts_with("--"); };
  const auto option = std::find_if(given.begin(), given.end(), is_option);
  auto message = command.get_name() + ": ";
  message += option == given.end() ? "\"" + given.front() + "\" is one argument too many."
                                   : "unknown option \"" + *option + "\"." + did_you_mean(*option, known);
  return message + " See aelab " + command.get_name() + " --help";
}

int run(const cli::Command& command) {
  try {
    return command();
  } catch (const Error& error) {
    return complain(error.what(), kBadInput);
  } catch (const Failure& failure) {
    return complain(failure.what(), kFailed);
  } catch (const c10::Error& error) {
    return complain("LibTorch failed: " + first_line(error.what_without_backtrace()), kFailed);
  } catch (const std::exception& error) {
    return complain(std::string("failed: ") + first_line(error.what()), kFailed);
  }
}

}  // namespace

int cli_main(int argc, char** argv) {
  keep_freed_memory();
  std::signal(SIGXFSZ, SIG_IGN);  // a file may not grow further: the call that fails is told instead
  CLI::App app("aelab trains every kind of autoencoder and says which one suits your data.", "aelab");
  app.set_version_flag("--version", std::string(version()));
  app.require_subcommand(1);
  cli::Command command;
  cli::add_run(app, command);
  cli::add_resume(app, command);
  cli::add_evaluate(app, command);
  cli::add_interpolate(app, command);
  cli::add_apply(app, command);
  cli::add_export(app, command);
  cli::add_compare(app, command);
  cli::add_data(app, command);
  cli::add_report(app, command);
  cli::add_list(app, command);
  cli::add_describe(app, command);
  cli::add_schema(app, command);
  cli::add_doctor(app, command);
  cli::add_bench(app, command);
  for (int i = 1; i < argc; ++i)
    if (!is_utf8(argv[i])) return complain("argument " + std::to_string(i) + " is not UTF-8", kBadInput);
  if (argc > 1 && is_unknown_command(app, argv[1])) return kBadInput;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ExtrasError&) {
    return complain(unexpected(app), kBadInput);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadInput;
  }
  return run(command);
}

}  // namespace aelab
