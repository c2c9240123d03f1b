// The scripts that make shells complete command lines. They know the commands and options, and ask the
// program for the values: aelab complete WORD...

#include <algorithm>
#include <map>

#include "aelab/cli/completion.h"
#include "aelab/cli/interface.h"
#include "aelab/core/error.h"
#include "aelab/core/text.h"

namespace aelab::cli {
namespace {

std::string names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const auto* command : commands) names.push_back(command->get_name());
  return join(names, " ");
}

std::string long_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* option : options_of(command))
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return join(names, " ");
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

/// For a text between single quotes.
std::string quoted(const std::string& text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

constexpr const char* kBash = R"(# bash completion for aelab, written by: aelab completion bash

_aelab() {
  COMPREPLY=()
  # Words as they were typed: readline also cuts them at = and :
  local typed=("${COMP_WORDS[0]}") word glue=
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ -n $glue || ( $word == [=:] && ${#typed[@]} -gt 1 ) ]]; then
      typed[${#typed[@]}-1]+=$word
    else
      typed+=("$word")
    fi
    [[ $word == [=:] ]] && glue=1 || glue=
  done
  local current=${typed[${#typed[@]}-1]} command=${typed[1]} before=
  [[ $current == *[=:]* ]] && before=${current%"${current##*[=:]}"}

  local IFS=$'\n' values=
  if ((${#typed[@]} == 2)); then
    values=$'@COMMANDS@'
  elif [[ $current == -* && $current != *=* ]]; then
    case $command in
@OPTIONS@
    esac
  else
    values=$("${COMP_WORDS[0]/#\~/$HOME}" complete "${typed[@]:1}" 2>/dev/null)
    case $values in
      :files*) compopt -o filenames; COMPREPLY+=($(compgen -f -- "$current")) ;;
      :folders*) compopt -o filenames; COMPREPLY+=($(compgen -d -- "$current")) ;;
    esac
  fi
  for word in $values; do
    [[ $word == :* || $word != "$current"* ]] && continue
    [[ $word == *[=./] || $word == *] ]] && compopt -o nospace
    COMPREPLY+=("${word#"$before"}")
  done
}
complete -F _aelab aelab
)";

std::string bash_script(const CLI::App& app) {
  std::string options;
  for (const auto* command : commands_of(app))
    options += "      " + command->get_name() + ") values=$'" + replaced(long_options(*command), " ", "\\n") +
               "' ;;\n";
  options.pop_back();
  const auto commands =
      replaced(names_of(commands_of(app)), " ", "\\n") + "\\n" + replaced(long_options(app), " ", "\\n");
  return replaced(replaced(kBash, "@COMMANDS@", commands), "@OPTIONS@", options);
}

constexpr const char* kZsh = R"(#compdef aelab
# zsh completion for aelab, written by: aelab completion zsh

_aelab_values() {
  local -a values
  local value paths=
  for value in "${(@f)$(${words[1]/#\~/$HOME} complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $value in
      :files) paths=files ;;
      :folders) paths=folders ;;
      ?*) values+=("$value") ;;
    esac
  done
  local -a open=("${(@M)values:#*[=./]}" "${(@M)values:#*\]}") whole=("${(@)values:#*[=./]}")
  whole=("${(@)whole:#*\]}")
  (( $#open )) && compadd -S '' -- "${(@)open}"
  (( $#whole )) && compadd -- "${(@)whole}"
  case $paths in
    files) _files ;;
    folders) _files -/ ;;
  esac
}

_aelab() {
  local -a commands=(
@COMMANDS@
  )
  local -a options=()
  if (( CURRENT == 2 )); then
    _describe command commands
    [[ $words[CURRENT] == -* ]] && compadd -- @GLOBAL@
    return
  fi
  if [[ $words[CURRENT] == -* && $words[CURRENT] != *=* ]]; then
    case $words[2] in
@OPTIONS@
    esac
    _describe option options
    return
  fi
  _aelab_values
}

if [[ $funcstack[1] == _aelab ]]; then
  _aelab "$@"
else
  compdef _aelab aelab
fi
)";

/// "name:description" as _describe takes it.
std::string described_entry(const std::string& name, const std::string& description) {
  return quoted(replaced(name, ":", "\\:") + ":" + replaced(description, ":", "\\:"));
}

std::string zsh_script(const CLI::App& app) {
  std::string commands, options;
  for (const auto* command : commands_of(app)) {
    commands += "    " + described_entry(command->get_name(), command->get_description()) + "\n";
    options += "      " + command->get_name() + ") options=(\n";
    for (const auto* option : options_of(*command))
      for (const auto& name : option->get_lnames())
        options += "        " + described_entry("--" + name, option->get_description()) + "\n";
    options += "      ) ;;\n";
  }
  commands.pop_back();
  options.pop_back();
  return replaced(replaced(replaced(kZsh, "@COMMANDS@", commands), "@OPTIONS@", options), "@GLOBAL@",
                  long_options(app));
}

constexpr const char* kFish = R"(# fish completion for aelab, written by: aelab completion fish

function __aelab_values
    set -l typed (commandline -opc) (commandline -ct)
    set -l values ($typed[1] complete $typed[2..-1] 2>/dev/null)
    for value in $values
        switch $value
            case ':files'
                __fish_complete_path (commandline -ct)
            case ':folders'
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $value
        end
    end
end

complete -c aelab -f
complete -c aelab -n 'not __fish_use_subcommand' -a '(__aelab_values)'
)";

std::string fish_script(const CLI::App& app) {
  std::string script = kFish;
  for (const auto* command : commands_of(app)) {
    const auto& name = command->get_name();
    script += "complete -c aelab -n __fish_use_subcommand -a " + name + " -d " +
              quoted(command->get_description()) + "\n";
    for (const auto* option : options_of(*command)) {
      script += "complete -c aelab -n '__fish_seen_subcommand_from " + name + "'";
      for (const auto& short_name : option->get_snames()) script += " -s " + short_name;
      for (const auto& long_name : option->get_lnames()) script += " -l " + long_name;
      script += (takes_value(*option) ? " -x -a '(__aelab_values)'" : "") + std::string(" -d ") +
                quoted(option->get_description()) + "\n";
    }
  }
  for (const auto* option : options_of(app))
    for (const auto& name : option->get_lnames())
      script += "complete -c aelab -n __fish_use_subcommand -l " + name + " -d " +
                quoted(option->get_description()) + "\n";
  return script;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") return bash_script(app);
  if (shell == "zsh") return zsh_script(app);
  if (shell == "fish") return fish_script(app);
  throw Error("completion: must be bash, zsh or fish, not \"" + shell + "\"");
}

}  // namespace aelab::cli
