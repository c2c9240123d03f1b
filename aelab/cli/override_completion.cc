// What can follow in path.to.key=value, by the schema of run files.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/cli/completion.h"
#include "aelab/core/config.h"
#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/runs/overrides.h"
#include "aelab/runs/run_file.h"

namespace aelab::cli {
namespace {

using nlohmann::ordered_json;
using Words = std::vector<std::string>;

/// A place in a run file: its schema and the file's value; both may be null.
struct Place {
  ordered_json schema;
  nlohmann::json value;
};

class FileWithSchema {
 public:
  FileWithSchema(const std::string& file, const std::vector<std::string>& overrides) {
    schema_ = run_file_schema();
    try {
      if (!file.empty()) content_ = parse_json(read_file(file), file);
      apply_overrides(content_, overrides);
    } catch (const Error&) {  // what cannot be read yet gives no hints
    }
  }

  Place root() const { return {schema_, content_}; }

  /// What stands for a reference: a registry's own schema, with the default of the place.
  ordered_json followed(ordered_json schema) const {
    const auto& reference =
        schema.contains("allOf") && schema["allOf"][0].contains("$ref") ? schema["allOf"][0] : schema;
    if (!reference.contains("$ref")) return schema;
    constexpr std::string_view kDefinitions = "#/definitions/";
    auto target = schema_["definitions"][reference["$ref"].get<std::string>().substr(kDefinitions.size())];
    if (schema.contains("default")) target["default"] = schema["default"];
    return target;
  }

  /// The keys of an object: those of every type, and those of the type that the file or the default names.
  ordered_json properties_of(const Place& place) const {
    const auto schema = followed(place.schema);
    auto properties = schema.value("properties", ordered_json::object());
    for (const auto& branch : schema.value("anyOf", ordered_json::array())) {
      if (branch.contains("$ref"))  // a registered type by its name; a default type's own fields follow it
        properties.update(properties_of({branch, place.value}));
      properties.update(branch.value("properties", ordered_json::object()));
      for (const auto& rule : branch.value("allOf", ordered_json::array())) {
        if (!rule.contains("if")) {
          properties.update(rule.value("properties", ordered_json::object()));
          continue;
        }
        const auto condition = rule["if"]["properties"].begin();
        if (chosen_type(schema, place.value, condition.key()) == condition.value()["const"])
          for (const auto& [key, field] : rule["then"]["properties"].items())
            if (!properties.contains(key)) properties[key] = field;
      }
    }
    return properties;
  }

  /// Where a key or the number of an entry leads. Its schema is null where that is nowhere.
  Place below(const Place& place, const std::string& key) const {
    const auto schema = followed(place.schema);
    if (schema.contains("items")) {
      const auto index = std::strtoul(key.c_str(), nullptr, 10);
      const bool there = place.value.is_array() && index < place.value.size();
      return {schema["items"], there ? place.value[index] : nlohmann::json()};
    }
    const bool there = place.value.is_object() && place.value.contains(key);
    return {properties_of(place).value(key, ordered_json()), there ? place.value[key] : nlohmann::json()};
  }

 private:
  ordered_json schema_;
  nlohmann::json content_ = nlohmann::json::object();

  static ordered_json chosen_type(const ordered_json& schema, const nlohmann::json& value,
                                  const std::string& tag) {
    if (value.is_string()) return value;
    if (value.is_object() && value.contains(tag)) return value[tag];
    const auto standard = schema.value("default", ordered_json());
    return standard.is_object() ? standard.value(tag, ordered_json()) : standard;
  }
};

/// "callbacks[0].patience" -> callbacks, 0, patience
Words keys_in(const std::string& path) {
  Words keys;
  std::string key;
  for (const char c : path + ".") {
    if (c != '.' && c != '[' && c != ']') {
      key += c;
    } else if (!key.empty()) {
      keys.push_back(std::exchange(key, ""));
    }
  }
  return keys;
}

Place place_at(const FileWithSchema& file, const std::string& path) {
  auto place = file.root();
  for (const auto& key : keys_in(path)) place = file.below(place, key);
  return place;
}

Words values_at(const FileWithSchema& file, const Place& place) {
  const auto schema = file.followed(place.schema);
  if (schema.value("type", ordered_json()) == "boolean") return {"true", "false"};
  if (schema.contains("enum")) return schema["enum"].get<Words>();
  for (const auto& branch : schema.value("anyOf", ordered_json::array())) {
    if (branch.contains("enum")) return branch["enum"].get<Words>();
    if (branch.contains("$ref")) return values_at(file, {branch, place.value});
  }
  return {};
}

/// How one may go on after a key's name: "=", "." where it has keys, "[0]" and so on where it is a list.
void add_endings(Words& candidates, const FileWithSchema& file, const std::string& path, const Place& place) {
  const auto schema = file.followed(place.schema);
  candidates.push_back(path + "=");
  if (schema.contains("items")) {
    const auto entries = place.value.is_array() ? place.value.size() : 0;
    for (std::size_t i = 0; i <= entries; ++i) {
      const auto entry = path + "[" + std::to_string(i) + "]";
      const bool has_keys = !file.properties_of(file.below(place, std::to_string(i))).empty();
      candidates.push_back(entry + (has_keys ? "." : "="));
    }
  } else if (!file.properties_of(place).empty()) {
    candidates.push_back(path + ".");
  }
}

}  // namespace

ordered_json run_schema_at(const std::string& path) { return place_at(FileWithSchema("", {}), path).schema; }

std::vector<std::string> override_completions(const std::string& current, const std::string& path,
                                              const std::vector<std::string>& overrides) {
  const FileWithSchema file(path, overrides);
  Words candidates;
  if (const auto equals = current.find('='); equals != std::string::npos) {
    const auto key = current.substr(0, equals);
    for (const auto& value : values_at(file, place_at(file, key))) candidates.push_back(key + "=" + value);
    return candidates;
  }
  const auto dot = current.rfind('.');
  const auto before = dot == std::string::npos ? std::string() : current.substr(0, dot + 1);
  const auto place = place_at(file, before);
  const auto properties = file.properties_of(place);
  for (const auto& [key, schema] : properties.items())
    add_endings(candidates, file, before + key, file.below(place, key));
  return candidates;
}

}  // namespace aelab::cli
