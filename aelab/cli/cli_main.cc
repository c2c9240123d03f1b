#include "aelab/cli/cli_main.h"

#include <c10/util/Exception.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <sstream>

#include "aelab/cli/commands.h"
#include "aelab/cli/completion.h"
#include "aelab/cli/interface.h"
#include "aelab/cli/option_hints.h"
#include "aelab/cli/output.h"
#include "aelab/comparisons/config.h"
#include "aelab/core/error.h"
#include "aelab/core/memory.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/core/version.h"

namespace aelab {
namespace {

using cli::complain;

constexpr int kFailed = 1, kBadInput = 2;

/// Prints warnings of LibTorch as whole lines.
class Warnings : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override {
    say("LibTorch warns: " + first_line(warning.msg()) + "\n");
  }
};

/// The error of a command line that lacks something, with where to look.
int complain_of(const CLI::App& command, const std::string& message) {
  const auto* parent = command.get_parent();
  const auto name = parent ? command.get_name() + ": " : std::string();
  return complain(name + message + " See aelab " + (parent ? command.get_name() + " " : "") + "--help",
                  kBadInput);
}

int complain_of_extras(const CLI::App& app, const CLI::App& command, const std::vector<std::string>& words) {
  const auto given = app.remaining(/*recurse=*/true);
  std::vector<std::string> options;
  std::copy_if(given.begin(), given.end(), std::back_inserter(options),
               [](const auto& text) { return text.starts_with("-"); });
  if (options.empty()) return complain_of(command, "unexpected argument \"" + given.front() + "\".");
  return complain_of(command, cli::unknown_options(command, options, words));
}

/// CLI11's message as a sentence of ours.
std::string in_our_words(std::string message) {
  for (const auto& [theirs, ours] : {std::pair(": 1 required ", " needs a value: "),
                                     {" missing", ""},
                                     {" excludes ", " cannot be combined with "}})
    if (const auto at = message.find(theirs); at != std::string::npos)
      message.replace(at, std::string_view(theirs).size(), ours);
  return message.ends_with('.') ? message : message + ".";
}

int parse_error(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& words) {
  const auto chosen = app.get_subcommands();
  const auto& command = chosen.empty() ? app : *chosen.front();
  if (dynamic_cast<const CLI::ExtrasError*>(&error)) return complain_of_extras(app, command, words);
  return complain_of(command, in_our_words(first_line(error.what())));
}

/// Where the working directory has been removed, the math library that LibTorch loads ends the process with a
/// message about itself, before main() begins. So this is called before the libraries are initialized.
void require_working_directory(int, char**, char**) {
  char path[PATH_MAX];
  if (::getcwd(path, sizeof path) || errno != ENOENT) return;
  constexpr std::string_view kMessage =
      "aelab: the working directory does not exist any more: change to another folder\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kMessage.data(), kMessage.size());
  ::_exit(kBadInput);
}

[[gnu::used, gnu::section(".preinit_array")]] void (*before_libraries)(int, char**,
                                                                       char**) = require_working_directory;

int guarded(const cli::Command& work) {
  try {
    return work();
  } catch (const Error& error) {
    return complain(error.what(), kBadInput);
  } catch (const Failure& failure) {
    return complain(failure.what(), kFailed);
  } catch (const Stopped&) {
    return complain("stopped before there was a result; nothing was created",
                    exit_code(StopSignals::received()));
  } catch (const c10::Error& error) {
    return complain("LibTorch failed: " + first_line(error.what_without_backtrace()), kFailed);
  } catch (const std::filesystem::filesystem_error& error) {
    const auto kind = error.code().default_error_condition();
    const bool is_full = kind == std::errc::no_space_on_device || kind == std::errc::io_error;
    return complain(error.path1().string() + ": " + error.code().message(), is_full ? kFailed : kBadInput);
  } catch (const std::bad_alloc&) {
    return complain("there is not enough memory: use smaller batches, models or data", kFailed);
  } catch (const std::exception& error) {
    return complain(std::string("failed: ") + first_line(error.what()), kFailed);
  }
}

/// aelab complete WORD...: for the scripts of shells. The words may be anything, so they are not parsed.
int complete(const CLI::App& app, std::vector<std::string> words) {
  if (words.empty()) words.emplace_back();
  for (const auto& candidate : cli::completions(app, words)) cli::print("{}\n", candidate);
  return 0;
}

int parse_and_run(CLI::App& app, const cli::Command& command, int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (!is_utf8(argv[i])) throw Error("argument " + std::to_string(i) + " is not UTF-8");
  if (argc < 2) {
    say(cli::help_of(app, columns_of(STDERR_FILENO)));
    return kBadInput;
  }
  if (std::string_view(argv[1]) == "complete") return complete(app, {argv + 2, argv + argc});
  if (argv[1][0] != '-') cli::require_command(app, argv[1]);
  if (argv[1][0] == '-' && !app.get_option_no_throw(argv[1]))
    return complain_of(app, cli::unknown_options(app, {argv[1]}, {}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    std::ostringstream text;
    app.exit(request, text, text);
    print_text(text.str());
    return 0;
  } catch (const CLI::ParseError& error) {
    return parse_error(app, error, {argv + 1, argv + argc});
  }
  return command();
}

void add_commands(CLI::App& app, cli::Command& command) {
  cli::add_run(app, command);
  cli::add_resume(app, command);
  cli::add_evaluate(app, command);
  cli::add_interpolate(app, command);
  cli::add_sample(app, command);
  cli::add_apply(app, command);
  cli::add_detect(app, command);
  cli::add_export(app, command);
  cli::add_import(app, command);
  cli::add_compare(app, command);
  cli::add_data(app, command);
  cli::add_report(app, command);
  cli::add_list(app, command);
  cli::add_describe(app, command);
  cli::add_schema(app, command);
  cli::add_doctor(app, command);
  cli::add_bench(app, command);
  cli::add_help(app, command);
  cli::add_completion(app, command);
  cli::add_manual(app, command);
}

/// What scripts give to every program; ours prints no colors.
void accept_no_color(CLI::App& command) {
  command.add_flag_function("--no-color", [](std::int64_t) {})->group("");
}

}  // namespace

int cli_main(int argc, char** argv) {
  begin_output();
  keep_freed_memory();
  register_comparison_files();
  std::signal(SIGXFSZ, SIG_IGN);  // writing beyond a limit of file sizes is an error instead
  Warnings warnings;
  const c10::WarningUtils::WarningHandlerGuard handler(&warnings);
  CLI::App app("Trains and compares autoencoders.", "aelab");
  app.formatter_fn([](const CLI::App* shown, const std::string&, CLI::AppFormatMode) {
    return cli::help_of(*shown, text_width());
  });
  app.set_help_flag("-h,--help", "show this help and exit");
  app.set_version_flag("-V,--version", std::string(version()), "show the version and exit");
  accept_no_color(app);
  app.require_subcommand(1);
  app.footer(
      "Run \"aelab help COMMAND\" for the options of a command.\n"
      "Example: aelab run experiments/first-run/run.json\n"
      "Example: aelab compare experiments/which-autoencoder/comparison.json");
  cli::Command command;
  add_commands(app, command);
  for (auto* added : app.get_subcommands(nullptr)) accept_no_color(*added);
  const int code = guarded([&] { return parse_and_run(app, command, argc, argv); });
  const int written = guarded([] { return finish_output(), 0; });
  return code == 0 ? written : code;
}

void end_process(int code) {
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace aelab
