// aelab help and completion, and the hidden command manual

#include <algorithm>

#include "aelab/cli/commands.h"
#include "aelab/cli/completion.h"
#include "aelab/cli/interface.h"
#include "aelab/cli/output.h"
#include "aelab/core/error.h"
#include "aelab/core/text.h"

namespace aelab::cli {

void add_help(CLI::App& app, Command& chosen) {
  auto name = std::make_shared<std::string>();
  auto* command = app.add_subcommand("help", "Show the help of a command");
  command->add_option("COMMAND", *name, "name of the command; all commands if omitted")->type_name("COMMAND");
  command->footer("Example: aelab help run");
  command->callback([name, &app, &chosen] {
    chosen = [name, &app] {
      if (!name->empty()) require_command(app, *name);
      print_text(help_of(name->empty() ? app : *app.get_subcommand(*name), text_width()));
      return 0;
    };
  });
}

void add_completion(CLI::App& app, Command& chosen) {
  auto shell = std::make_shared<std::string>();
  auto* command = app.add_subcommand("completion", "Print a script for tab completion in a shell");
  command->add_option("SHELL", *shell, "shell to print the script for")
      ->required()
      ->type_name("bash|zsh|fish");
  command->footer(
      "An installation (cmake --install) puts the scripts where the shells look for them.\n"
      "Example: source <(aelab completion bash)\n"
      "Example: aelab completion fish > ~/.config/fish/completions/aelab.fish");
  command->callback([shell, &app, &chosen] {
    chosen = [shell, &app] {
      print_text(completion_script(app, *shell));
      return 0;
    };
  });
}

void add_manual(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("manual", "Print the manual page, in the language of man(7)");
  command->group("");
  command->callback([&app, &chosen] {
    chosen = [&app] {
      print_text(manual_page(app));
      return 0;
    };
  });
}

void known_as(CLI::App& command, std::initializer_list<const char*> names) {
  for (const auto* name : names) command.alias(name);
}

void require_command(const CLI::App& app, const std::string& name) {
  std::vector<std::string> known;
  for (const auto* command : app.get_subcommands(nullptr))
    if (command->get_name() == name) return;
  for (const auto* command : commands_of(app)) {
    const auto& others = command->get_aliases();
    if (std::find(others.begin(), others.end(), name) != others.end())
      throw Error("unknown command \"" + name + "\". Did you mean \"" + command->get_name() +
                  "\"? See aelab --help");
    known.push_back(command->get_name());
  }
  for (const auto* option : app.get_options())
    if (option->check_lname(name))
      throw Error("unknown command \"" + name + "\". Did you mean \"--" + name + "\"?");
  throw Error("unknown command \"" + name + "\"." + did_you_mean(name, known) + " See aelab --help");
}

}  // namespace aelab::cli
