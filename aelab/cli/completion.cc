// What can follow on a command line.

#include "aelab/cli/completion.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>

#include "aelab/cli/interface.h"
#include "aelab/comparisons/runs.h"
#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/runs/catalog.h"
#include "aelab/runs/run_config.h"

namespace aelab::cli {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

/// The command line up to the word that is completed.
struct Context {
  const CLI::App* command = nullptr;
  Words arguments;                    ///< the positional ones before
  const CLI::Option* slot = nullptr;  ///< what the last word is the value of; null: unknown
  std::string current;                ///< the last word, or what follows its '=' in "--option=value"
  std::string prefix;                 ///< "--option=" there
};

const CLI::Option* option_named(const CLI::App& command, const std::string& name) {
  for (const auto* option : options_of(command))
    if (option->check_name(name)) return option;
  return nullptr;
}

const CLI::Option* argument_at(const CLI::App& command, std::size_t position) {
  const auto arguments = arguments_of(command);
  if (position < arguments.size()) return arguments[position];
  return !arguments.empty() && takes_many(*arguments.back()) ? arguments.back() : nullptr;
}

/// `words`: those after the command's name, the last of them to be completed.
Context read_words(const CLI::App& command, const Words& words) {
  Context context{.command = &command, .arguments = {}, .current = words.back(), .prefix = {}};
  const CLI::Option* pending = nullptr;  // an option whose value comes next
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const auto& word = words[i];
    if (pending) {
      pending = nullptr;
    } else if (word.starts_with("-")) {
      const auto* option = option_named(command, word);
      if (option && takes_value(*option)) pending = option;
    } else {
      context.arguments.push_back(word);
    }
  }
  const auto equals = context.current.find('=');
  if (pending) {
    context.slot = pending;
  } else if (context.current.starts_with("--") && equals != std::string::npos) {
    context.slot = option_named(command, context.current.substr(0, equals));
    context.prefix = context.current.substr(0, equals + 1);
    context.current = context.current.substr(equals + 1);
  } else {
    context.slot = argument_at(command, context.arguments.size());
  }
  return context;
}

const Kinds* list_named(const std::string& name) {
  for (const auto* kinds : catalog())
    if (kinds->plural() == name || (name == "models" && kinds->plural() == "variants")) return kinds;
  return nullptr;
}

Words lists() {
  Words names = {"models"};
  for (const auto* kinds : catalog()) names.push_back(kinds->plural());
  return names;
}

Words described_words() {
  auto names = lists();
  names.insert(names.end(), {"run", "comparison"});
  for (const auto& candidate : override_completions("", "", {}))
    if (candidate.find_first_of("$") != 0)
      names.push_back(candidate.substr(0, candidate.find_first_of(".=[")));
  for (const auto* kinds : catalog())
    for (const auto& name : kinds->names()) names.push_back(name);
  return names;
}

bool is_run_folder(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "config.json", error) && fs::exists(folder / "status.json", error);
}

/// Run folders below the folder that `current` names so far, or below runs/ for an empty word.
Words run_folders(const std::string& current) {
  constexpr int kDeepest = 3;
  const auto slash = current.rfind('/');
  const auto begun = slash == std::string::npos ? std::string() : current.substr(0, slash + 1);
  Words found;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto entry = fs::recursive_directory_iterator(begun.empty() ? "." : begun, options, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (!entry->is_directory(error)) continue;
    const auto path = begun + fs::relative(entry->path(), begun.empty() ? "." : begun, error).string();
    const bool hidden = entry->path().filename().string().starts_with(".");
    const bool run = !hidden && is_run_folder(entry->path());
    if (run) found.push_back(path);
    if (hidden || run || entry.depth() + 1 >= kDeepest) entry.disable_recursion_pending();
  }
  found.emplace_back(":folders");
  return found;
}

/// The checkpoints that the run folder has, of those that the option takes.
Words checkpoints(const Context& context, const Words& choices) {
  if (context.arguments.empty() || !is_run_folder(context.arguments.front())) return choices;
  Words there;
  for (const auto& name : choices)
    if (fs::exists(fs::path(context.arguments.front()) / "checkpoints" / (name + ".safetensors")))
      there.push_back(name);
  return there;
}

Words run_ids(const Context& context) {
  if (context.arguments.empty()) return {};
  const auto& file = context.arguments.front();
  const auto comparison = fs::is_directory(file)
                              ? load_comparison(file)
                              : Comparison(read_comparison_config(read_file(file), file), file);
  Words ids;
  for (const auto& run : comparison.runs()) ids.push_back(run.id);
  return ids;
}

Words override_values(const Context& context) {
  if (context.command->get_name() != "run" || context.arguments.empty()) return {};
  return override_completions(context.current, context.arguments.front(),
                              {context.arguments.begin() + 1, context.arguments.end()});
}

/// Entries of a list with commas between them: what is there, and each further choice after it.
Words with_list_before(const std::string& current, const Words& choices) {
  const auto comma = current.rfind(',');
  const auto before = comma == std::string::npos ? std::string() : current.substr(0, comma + 1);
  Words candidates;
  for (const auto& choice : choices)
    if (("," + before).find("," + choice + ",") == std::string::npos) candidates.push_back(before + choice);
  return candidates;
}

Words help_topics(const Context& context) {
  Words names;
  for (const auto* command : commands_of(*context.command->get_parent()))
    names.push_back(command->get_name());
  return names;
}

/// By the type's name, as options give it.
const std::map<std::string, std::function<Words(const Context&)>>& completers() {
  static const std::map<std::string, std::function<Words(const Context&)>> all = {
      {"FILE", [](const Context&) { return Words{":files"}; }},
      {"FOLDER", [](const Context&) { return Words{":folders"}; }},
      {"RUN_FOLDER", [](const Context& context) { return run_folders(context.current); }},
      {"RUN", run_ids},
      {"OVERRIDE", override_values},
      {"SOURCE", [](const Context&) { return list_named("data")->names(); }},
      {"METRICS",
       [](const Context& context) {
         return with_list_before(context.current, list_named("metrics")->names());
       }},
      {"LIST", [](const Context&) { return lists(); }},
      {"DESCRIBED", [](const Context&) { return described_words(); }},
      {"NAME",
       [](const Context& context) {
         const auto* kinds = context.arguments.empty() ? nullptr : list_named(context.arguments.front());
         return kinds ? kinds->names() : Words();
       }},
      {"COMMAND", help_topics},
  };
  return all;
}

Words values_of(const Context& context) {
  if (!context.slot) return {};
  const auto type = value_type(*context.slot);
  if (context.slot->check_name("--checkpoint")) return checkpoints(context, type.choices);
  if (type.several) return with_list_before(context.current, type.choices);
  if (!type.choices.empty()) return type.choices;
  const auto completer = completers().find(type.label);
  return completer == completers().end() ? Words() : completer->second(context);
}

}  // namespace

std::vector<std::string> completions(const CLI::App& app, const std::vector<std::string>& words) {
  Words candidates;
  const auto commands = commands_of(app);
  const auto named = std::find_if(commands.begin(), commands.end(),
                                  [&](const auto* command) { return command->get_name() == words.front(); });
  Context context{.arguments = {}, .current = words.back(), .prefix = {}};
  if (words.size() < 2 || named == commands.end()) {
    if (words.size() < 2)
      for (const auto* command : commands) candidates.push_back(command->get_name());
  } else {
    context = read_words(**named, {words.begin() + 1, words.end()});
    try {
      candidates = values_of(context);
    } catch (const Error&) {  // a file that cannot be read yet
    }
  }
  if (context.current.starts_with("-") && context.prefix.empty())
    for (const auto* option : options_of(named == commands.end() ? app : **named))
      for (const auto& name : option->get_lnames()) candidates.push_back("--" + name);
  std::erase_if(candidates, [&](const auto& candidate) {
    return !candidate.starts_with(":") && !candidate.starts_with(context.current);
  });
  std::stable_partition(candidates.begin(), candidates.end(),
                        [](const auto& text) { return text.starts_with(":"); });
  for (auto& candidate : candidates)
    if (!candidate.starts_with(":")) candidate = context.prefix + candidate;
  return candidates;
}

}  // namespace aelab::cli
