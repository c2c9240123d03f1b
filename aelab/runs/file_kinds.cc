#include "aelab/runs/file_kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/file_kind.h"
#include "aelab/runs/run_config.h"

namespace aelab {
namespace {

using nlohmann::json;
using Keys = std::vector<std::string>;

bool has(const Keys& keys, const std::string& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// The file's keys that this kind of file has and no other.
Keys keys_only_of(const ConfigKind& kind, const json& value) {
  Keys keys;
  for (const auto& item : value.items()) {
    const auto elsewhere = [&](const ConfigKind& other) {
      return other.name != kind.name && has(other.keys, item.key());
    };
    if (has(kind.keys, item.key()) && std::none_of(config_kinds().begin(), config_kinds().end(), elsewhere))
      keys.push_back(item.key());
  }
  return keys;
}

std::string in_quotes_each(Keys keys) {
  constexpr std::size_t kMost = 4;
  const bool more = keys.size() > kMost;
  if (more) keys.resize(kMost);
  return '"' + join(keys, "\", \"") + '"' + (more ? ", ..." : "");
}

/// "it belongs to the run folder FOLDER: ...", for the files that aelab writes beside a config.json.
std::string written_by(const std::string& file) {
  const auto path = std::filesystem::path(file), folder = path.parent_path();
  const auto name = folder.empty() ? std::string(".") : folder.string();
  const auto config = folder / "config.json";
  const auto exists = [&](const char* record) {
    std::error_code error;
    return std::filesystem::exists(folder / record, error);
  };
  if (path.filename() == "config.json" || !exists("config.json")) return {};
  if (exists("status.json"))
    return "it belongs to the run folder " + name + ": see aelab report " + name + ", or run " +
           config.string();
  if (exists("comparison.json"))
    return "it belongs to the comparison in " + name + ": see aelab report " + name + ", or compare " +
           config.string();
  return {};
}

/// Whether the key is, or is nearly, one of these, or has its place further down in such a file.
bool may_be_meant(const std::string& key, const ConfigKind& kind) {
  return has(kind.keys, key) || !misspelt(key, kind.keys).empty() || !kind.find(key).paths.empty();
}

/// What a text is that is not JSON, by its first bytes and the file's name, with how it is used; "" if
/// unknown.
std::string other_kind(std::string_view text, const std::string& file, std::string_view kind) {
  const auto begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const bool may_be_json =
      begin == text.size() || std::string_view("{['\"/#").find(text[begin]) != std::string_view::npos;
  constexpr std::size_t kBegin = 512;
  const auto not_this = fmt::format(", not a {} file", kind);
  const auto known = file_kind(text.substr(0, kBegin));
  if (!known.source.empty() && known.source != "images")
    return fmt::format("is {}{}; see aelab data {}", known.name, not_this, file);
  if (!known.name.empty() && known.name != "a JSON file") return fmt::format("is {}{}", known.name, not_this);
  if (!is_utf8(text) || text.find('\0') != text.npos) return {};
  const auto extension = std::filesystem::path(file).extension().string();
  const auto line = may_be_json ? std::string() : first_line(text.substr(begin));
  const auto key =
      std::find_if_not(line.begin(), line.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
  const bool has_key = key != line.begin() && key != line.end() && *key == ':';
  if (extension == ".yaml" || extension == ".yml" || has_key || line == "---")
    return fmt::format(
        "is YAML{} (JSON); convert it: python3 -c 'import json, yaml; "
        "print(json.dumps(yaml.safe_load(open(\"{}\")), indent=2))'",
        not_this, file);
  for (const auto& [ending, name] :
       {std::pair(".toml", "TOML"), {".ini", "an INI file"}, {".py", "a Python file"}})
    if (extension == ending) return fmt::format("is {}{} (JSON)", name, not_this);
  const bool in_columns = line.find_first_of(",;\t") != line.npos;
  if (extension == ".csv" || extension == ".tsv" || in_columns)
    return fmt::format("is a table{}; see aelab data {}", not_this, file);
  return {};
}

/// The runs below a folder, in the order of their numbers.
std::vector<std::string> runs_in(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  constexpr int kDeepest = 1;
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error),
       end;
       !error && entry != end; entry.increment(error)) {
    if (entry.depth() >= kDeepest) entry.disable_recursion_pending();
    if (std::error_code ignored; fs::exists(entry->path() / "config.json", ignored)) {
      entry.disable_recursion_pending();
      if (kind_of_folder(entry->path()) == "run") found.push_back(entry->path());
    }
  }
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    const auto first = a.filename().string(), second = b.filename().string();
    if (a.parent_path() != b.parent_path()) return a < b;
    return first.size() != second.size() ? first.size() < second.size() : first < second;
  });
  std::vector<std::string> names;
  for (const auto& path : found) names.push_back(path.string());
  return names;
}

}  // namespace

std::vector<ConfigKind>& config_kinds() {
  static std::vector<ConfigKind> kinds = {
      config_kind<RunConfig>("run", "aelab run", "; a comparison may name it as its \"base\"")};
  return kinds;
}

nlohmann::json parse_kind(const std::string& text, const std::string& file, std::string_view kind) {
  try {
    auto value = parse_json(text, file);
    require_kind(value, file, kind);
    return value;
  } catch (const Error&) {
    const bool is_object = text.find_first_not_of(" \t\r\n") == text.find('{');
    const auto other = is_object ? std::string() : other_kind(text, file, kind);
    if (other.empty()) throw;
    throw Error(file + " " + other);
  }
}

std::string kind_of_folder(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(folder / kTogetherFile, ignored)) return "together";
  if (!std::filesystem::is_regular_file(folder / "config.json", ignored)) return {};
  if (std::filesystem::exists(folder / "status.json", ignored)) return "run";
  try {
    const auto path = folder / "config.json";
    const auto value = parse_json(read_file(path), path.string());
    if (!value.is_object()) return "run";
    for (const auto& kind : config_kinds())
      if (kind.name == "comparison" && !keys_only_of(kind, value).empty()) return kind.name;
  } catch (const Error&) {  // which its reader reports
  }
  return "run";
}

std::string runs_meant(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    const auto parent = folder.parent_path();
    return kind_of_folder(parent) == "run" ? "; did you mean " + parent.string() + "?" : "";
  }
  auto runs = runs_in(folder);
  if (runs.empty()) return {};
  if (runs.size() == 1) return "; did you mean " + runs.front() + "?";
  constexpr std::size_t kMost = 4;
  const auto more = runs.size() > kMost ? fmt::format(" and {} more", runs.size() - kMost) : std::string();
  if (runs.size() > kMost) runs.erase(runs.begin(), runs.end() - kMost);
  return "; it holds the runs " + join(runs, ", ") + more;
}

void require_run_folder(const std::filesystem::path& folder) {
  const auto name = folder.string();
  std::error_code ignored;
  if (!std::filesystem::exists(folder, ignored))
    throw Error(name + ": is not a run folder: there is no such folder");
  const auto kind = kind_of_folder(folder);
  if (kind == "comparison") {
    const auto runs = runs_in(folder / "runs");
    throw Error(name + ": is the folder of a comparison, not of a run: " +
                (runs.empty() ? "" : "name one of its runs, such as " + runs.front() + "; ") +
                "to resume the comparison: aelab compare " + name);
  }
  if (kind == "together")
    throw Error(name + ": is the folder of models that are trained together: name one of them, such as " +
                join_some(runs_in(folder), 1) + "; to resume all: aelab resume " + name);
  if (!std::filesystem::exists(folder / "config.json", ignored))
    throw Error(name + ": is not a run folder: it has no config.json" + runs_meant(folder));
}

void require_kind(const json& value, const std::string& file, std::string_view kind) {
  if (!value.is_object() || value.empty()) return;
  const ConfigKind* expected = nullptr;
  for (const auto& known : config_kinds())
    if (known.name == kind) expected = &known;
  const auto own = keys_only_of(*expected, value).size();
  const auto writer = own == 0 ? written_by(file) : std::string();
  if (!writer.empty()) throw Error(file + ": is not a " + std::string(kind) + " file: " + writer);
  for (const auto& other : config_kinds()) {
    const auto keys = keys_only_of(other, value);
    if (keys.size() > own)
      throw Error(file + ": is a " + other.name + " file, by its keys " + in_quotes_each(keys) + ": use " +
                  other.command + " " + file + other.advice);
  }
  Keys foreign;
  for (const auto& item : value.items())
    if (!may_be_meant(item.key(), *expected)) foreign.push_back(item.key());
  if (own > 0 || 2 * foreign.size() <= value.size()) return;
  throw Error(file + ": is not a " + std::string(kind) + " file: " + in_quotes_each(foreign) +
              " are not keys of one");
}

}  // namespace aelab
