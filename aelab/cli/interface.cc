#include "aelab/cli/interface.h"

#include <algorithm>

#include "aelab/core/layout.h"
#include "aelab/core/text.h"

namespace aelab::cli {
namespace {

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

std::string value_label(const CLI::Option& option) {
  const auto type = value_type(option);
  if (type.several) return "LIST";
  return type.choices.empty() ? type.label : upper(option.get_lnames().front());
}

/// "aelab run"
std::string full_name(const CLI::App& command) {
  const auto* parent = command.get_parent();
  return (parent ? full_name(*parent) + " " : "") + command.get_name();
}

using Entries = std::vector<std::pair<std::string, std::string>>;

Entries entries_of(const std::vector<const CLI::Option*>& options) {
  Entries entries;
  for (const auto* option : options) entries.emplace_back(label_of(*option), description_of(*option));
  return entries;
}

/// Where the descriptions of all sections begin: beside every name that is not too long.
std::size_t column_of(const std::vector<Entries>& sections) {
  constexpr std::size_t kLeast = 12, kMost = 28;
  auto column = kLeast;
  for (const auto& entries : sections)
    for (const auto& [label, text] : entries)
      if (label.size() + 4 <= kMost) column = std::max(column, label.size() + 4);
  return column;
}

std::string section(const std::string& title, const Entries& entries, std::size_t column, std::size_t width) {
  if (entries.empty()) return {};
  auto result = "\n" + title + ":\n";
  for (const auto& [label, text] : entries) result += entry("  " + label, text, column, width);
  return result;
}

/// Whether a description names every choice already.
bool mentions(const std::string& text, const std::vector<std::string>& choices) {
  return std::all_of(choices.begin(), choices.end(),
                     [&](const auto& choice) { return text.find(choice) != std::string::npos; });
}

}  // namespace

ValueType value_type(const CLI::Option& option) {
  const auto type = option.get_type_name();
  for (const char separator : {'|', ','})
    if (type.find(separator) != std::string::npos)
      return {.label = {}, .choices = CLI::detail::split(type, separator), .several = separator == ','};
  const bool unnamed = option.get_positional() && type == "TEXT";
  return {.label = unnamed ? option.get_name(true, false) : type, .choices = {}};
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

std::vector<const CLI::Option*> options_of(const CLI::App& command) {
  return command.get_options(
      [](const CLI::Option* option) { return option->nonpositional() && !option->get_group().empty(); });
}

std::vector<const CLI::Option*> arguments_of(const CLI::App& command) {
  return command.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

bool takes_value(const CLI::Option& option) { return option.get_type_size() != 0; }

bool takes_many(const CLI::Option& argument) { return argument.get_expected_max() > 1; }

std::string label_of(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true, false) + (takes_many(option) ? "..." : "");
  std::vector<std::string> names;
  for (const auto& name : option.get_snames()) names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) names.push_back("--" + name);
  return join(names, ", ") + (takes_value(option) ? " " + value_label(option) : "");
}

std::string description_of(const CLI::Option& option) {
  auto text = option.get_description();
  if (const auto type = value_type(option); !mentions(text, type.choices))
    text += std::string(type.several ? " (any of " : " (") + join(type.choices, ", ") + ")";
  std::vector<std::string> others;
  for (const auto* other : option.get_excludes()) others.push_back(other->get_name());
  std::sort(others.begin(), others.end());
  if (!others.empty()) text += " (not with " + join(others, ", ") + ")";
  if (const auto standard = option.get_default_str(); !standard.empty())
    text += " [default: " + standard + "]";
  return text;
}

std::string usage_of(const CLI::App& command) {
  auto usage = full_name(command);
  const auto arguments = arguments_of(command);
  if (!commands_of(command).empty()) return usage + " COMMAND [OPTIONS]";
  if (!options_of(command).empty()) usage += " [OPTIONS]";
  for (const auto* argument : arguments)
    usage += argument->get_required() ? " " + label_of(*argument) : " [" + label_of(*argument) + "]";
  return usage;
}

Footer footer_of(const CLI::App& command) {
  constexpr std::string_view kExample = "Example: ";
  Footer footer;
  for (const auto& line : CLI::detail::split(command.get_footer(), '\n')) {
    if (line.starts_with(kExample))
      footer.examples.push_back(line.substr(kExample.size()));
    else if (!line.empty())
      footer.remarks.push_back(line);
  }
  return footer;
}

std::string wrapped_command(const std::string& line, std::size_t indent, std::size_t width) {
  std::vector<std::string> words(1);  // an option together with its value
  bool quoted = false;
  for (const char c : line) {
    if (c == '\'') quoted = !quoted;
    const bool takes_next = words.back().starts_with("--") && words.back().find(' ') == std::string::npos;
    if (c == ' ' && !quoted && !takes_next)
      words.emplace_back();
    else
      words.back() += c;
  }
  std::string text(indent, ' ');
  auto used = indent;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto columns = display_width(words[i]);
    const std::size_t mark = i + 1 < words.size() ? 2 : 0;  // " \"
    if (i > 0 && used + 1 + columns + mark > width) {
      text += " \\\n" + std::string(indent + 4, ' ') + words[i];
      used = indent + 4 + columns;
    } else {
      text += (i > 0 ? " " : "") + words[i];
      used += (i > 0 ? 1 : 0) + columns;
    }
  }
  return text;
}

std::string help_of(const CLI::App& command, std::size_t width) {
  const auto arguments = entries_of(arguments_of(command)), options = entries_of(options_of(command));
  Entries commands;
  for (const auto* sub : commands_of(command)) commands.emplace_back(sub->get_name(), sub->get_description());
  auto text = wrapped(command.get_description(), width) + "\n\n";
  text += wrapped("Usage: " + usage_of(command), width, 4) + "\n";
  const auto column = column_of({commands, arguments, options});
  text += section("Commands", commands, column, width) + section("Arguments", arguments, column, width) +
          section("Options", options, column, width);
  const auto footer = footer_of(command);
  for (const auto& remark : footer.remarks) text += "\n" + wrapped(remark, width) + "\n";
  if (!footer.examples.empty()) text += footer.examples.size() > 1 ? "\nExamples:\n" : "\nExample:\n";
  for (const auto& example : footer.examples) text += wrapped_command(example, 2, width) + "\n";
  return text;
}

}  // namespace aelab::cli
