#include "aelab/runs/file_kinds.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "aelab/core/field_places.h"
#include "aelab/core/text.h"
#include "aelab/runs/comparison_config.h"
#include "aelab/runs/run_config.h"

namespace aelab {
namespace {

using nlohmann::json;
using Keys = std::vector<std::string>;

/// A JSON file that people write, and the command that takes it.
struct FileKind {
  std::string name, command, hint;
  Keys keys;                                                ///< at the top level
  std::function<FieldPlaces(const std::string& key)> find;  ///< at any level
};

template <class Config>
FileKind file_kind(std::string name, std::string command, std::string hint = "") {
  Config config;
  return {std::move(name), std::move(command), std::move(hint), field_names(config),
          [](const std::string& key) {
            Config defaults;
            return find_field(defaults, key);
          }};
}

const std::vector<FileKind>& file_kinds() {
  static const std::vector<FileKind> kKinds = {
      file_kind<RunConfig>("run", "aelab run", "; a comparison may name it as its \"base\""),
      file_kind<ComparisonConfig>("comparison", "aelab compare")};
  return kKinds;
}

bool has(const Keys& keys, const std::string& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// The file's keys that this kind of file has and no other.
Keys keys_only_of(const FileKind& kind, const json& value) {
  Keys keys;
  for (const auto& item : value.items()) {
    const auto elsewhere = [&](const FileKind& other) {
      return other.name != kind.name && has(other.keys, item.key());
    };
    if (has(kind.keys, item.key()) && std::none_of(file_kinds().begin(), file_kinds().end(), elsewhere))
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
bool may_be_meant(const std::string& key, const FileKind& kind) {
  return has(kind.keys, key) || !misspelt(key, kind.keys).empty() || !kind.find(key).paths.empty();
}

}  // namespace

void require_kind(const json& value, const std::string& file, std::string_view kind) {
  if (!value.is_object() || value.empty()) return;
  const FileKind* expected = nullptr;
  for (const auto& known : file_kinds())
    if (known.name == kind) expected = &known;
  const auto own = keys_only_of(*expected, value).size();
  const auto writer = own == 0 ? written_by(file) : std::string();
  if (!writer.empty()) throw Error(file + ": is not a " + std::string(kind) + " file: " + writer);
  for (const auto& other : file_kinds()) {
    const auto keys = keys_only_of(other, value);
    if (keys.size() > own)
      throw Error(file + ": is a " + other.name + " file, by its keys " + in_quotes_each(keys) + ": use " +
                  other.command + " " + file + other.hint);
  }
  Keys foreign;
  for (const auto& item : value.items())
    if (!may_be_meant(item.key(), *expected)) foreign.push_back(item.key());
  if (own > 0 || 2 * foreign.size() <= value.size()) return;
  throw Error(file + ": is not a " + std::string(kind) + " file: " + in_quotes_each(foreign) +
              " are not keys of one");
}

}  // namespace aelab
