#include "aelab/core/key_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/core/field_places.h"
#include "aelab/core/json.h"
#include "aelab/core/text.h"

namespace aelab {
namespace {

using Names = std::vector<std::string>;

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The field of the object that goes by another name, or is spelt in another way.
std::string own_field(const std::string& key, const ObjectRead& object) {
  const auto wanted = simplified(key);
  for (const auto& name : object.listed)
    if (simplified(name) == wanted) return name;
  for (const auto& [other, name] : object.aliases)
    if (simplified(other) == wanted) return name;
  return misspelt(key, object.listed);
}

std::string in_quotes(const std::string& text) { return '"' + text + '"'; }

/// "a", "b" or "c"
std::string alternatives(const Names& names) {
  constexpr std::size_t kMost = 4;
  std::string text;
  const auto count = std::min(names.size(), kMost);
  for (std::size_t i = 0; i < count; ++i)
    text += (i == 0 ? "" : i + 1 < count || names.size() > kMost ? ", " : " or ") + in_quotes(names[i]);
  return names.size() > kMost ? fmt::format("{} or {} others", text, names.size() - kMost) : text;
}

/// "training" for "training", an entry of "callbacks" for "callbacks[]"
std::string object_at(const std::string& path) {
  return path.ends_with("[]") ? "an entry of " + in_quotes(path.substr(0, path.size() - 2)) : in_quotes(path);
}

/// "callbacks[3]" as "callbacks[]"
std::string without_numbers(std::string path) {
  for (auto bracket = path.find('['); bracket != path.npos; bracket = path.find('[', bracket + 1))
    path.erase(bracket + 1, path.find(']', bracket) - bracket - 1);
  return path;
}

/// Where the field that the key names belongs, as a sentence with its leading space; "" if nowhere.
std::string elsewhere(const std::string& key, const ObjectRead& object, const ConfigRef& root) {
  const auto places = find_field(root, key);
  if (places.paths.empty()) return {};
  const auto here = without_numbers(object.path), field = in_quotes(places.field);
  const bool renamed = places.field != key;
  if (places.paths.front() == here) {
    if (places.types.empty() || contains(places.types, object.type)) return {};
    return fmt::format(" {} belongs to the {} {}", renamed ? field : "It", places.noun,
                       alternatives(places.types));
  }
  if (places.paths.front().empty()) {
    const auto beside = in_quotes(here.substr(0, here.find_first_of(".[")));
    return renamed ? fmt::format(" Did you mean {} at the top level, beside {}?", field, beside)
                   : fmt::format(" {} belongs at the top level, beside {}", field, beside);
  }
  Names owners, within;  // those within the object are meant, if there are any
  for (const auto& path : places.paths) {
    owners.push_back(object_at(path));
    if (!here.empty() && path.starts_with(here + ".")) within.push_back(owners.back());
  }
  if (!within.empty()) owners = std::move(within);
  const auto where = join(owners, " or ");
  return renamed ? fmt::format(" Did you mean {} of {}?", field, where)
                 : fmt::format(" {} belongs to {}", field, where);
}

std::string below(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

/// Where the key holds an object of which the fields are the owner's own: "write model.hidden instead of
/// model.backbone.hidden"; "" otherwise.
std::string one_level_up(const std::string& key, const ObjectRead& object) {
  const auto inner = object.value ? object.value->value(key, nlohmann::json()) : nlohmann::json();
  if (!inner.is_object() || inner.empty()) return {};
  Names here, there;
  for (const auto& item : inner.items()) {
    const auto own = own_field(item.key(), object);
    if (own.empty()) return {};
    here.push_back(below(object.path, own));
    there.push_back(below(below(object.path, key), item.key()));
  }
  return fmt::format(" Write {} instead of {}", join(here, " and "), join(there, " and "));
}

/// A place within the object that has the field: "write "backbone": {"hidden": [16]}"; "" if there is none.
std::string further_down(const std::string& key, const ObjectRead& object) {
  const auto* kind = object.kinds ? object.kinds->find(object.type) : nullptr;
  if (!kind || !object.value) return {};
  const auto places = find_field(*kind, key);
  Names written;
  for (const auto& path : places.paths) {
    if (path.empty() || path.find("[]") != path.npos) continue;
    nlohmann::json value = {{places.field, object.value->at(key)}};
    const bool other_type = written.empty() && !places.types.empty() && path == places.paths.front() &&
                            !contains(places.types, places.default_type);
    if (other_type) value[places.tag] = places.types.front();
    for (auto end = path.size(); end != path.npos;) {
      const auto dot = path.rfind('.', end - 1);
      value = {{path.substr(dot == path.npos ? 0 : dot + 1, end - (dot == path.npos ? 0 : dot + 1)), value}};
      end = dot;
    }
    const auto text = one_line(value);
    written.push_back(text.substr(1, text.size() - 2));
  }
  return written.empty() ? "" : " Write " + join(written, " or ");
}

/// The types of the registry whose fields include as many of the object's keys as any type's do.
Names types_with(const Kinds& kinds, const nlohmann::json& object) {
  Names types;
  std::size_t most = 0;
  for (const auto& kind : kinds.all()) {
    const auto fields = field_names(kind);
    std::size_t known = 0;
    for (const auto& item : object.items()) known += contains(fields, item.key());
    if (known > most) types.clear();
    most = std::max(most, known);
    if (known == most) types.push_back(kind.name);
  }
  return types;
}

}  // namespace

std::string unknown_key(const std::string& key, const ObjectRead& object, const ConfigRef& root) {
  constexpr const char* kUnknown = "unknown key.";
  if (const auto own = own_field(key, object); !own.empty())
    return fmt::format("{} Did you mean \"{}\"?", kUnknown, own);
  if (const auto place = one_level_up(key, object); !place.empty()) return kUnknown + place;
  if (const auto place = further_down(key, object); !place.empty()) return kUnknown + place;
  if (const auto place = elsewhere(key, object, root); !place.empty()) return kUnknown + place;
  return kUnknown + did_you_mean(key, object.listed);
}

bool can_mean_chosen(const AnyChoice& chosen, const nlohmann::json& object) {
  if (chosen.empty()) return false;
  const auto own = field_names(*chosen.kinds().find(chosen.kind()));
  return std::none_of(object.items().begin(), object.items().end(), [&](const auto& item) {
    if (contains(own, item.key())) return false;
    const auto& kinds = chosen.kinds().all();
    return std::any_of(kinds.begin(), kinds.end(),
                       [&](const Kind& kind) { return contains(field_names(kind), item.key()); });
  });
}

std::string lacks_type(const AnyChoice& chosen, const nlohmann::json& object) {
  const auto& kinds = chosen.kinds();
  const auto types = types_with(kinds, object);
  if (types.size() == kinds.all().size())
    return fmt::format("lacks \"{}\": say which {} ({})", kinds.tag(), kinds.noun(), join(types, ", "));
  auto message = fmt::format("lacks \"{}\": write \"{}\": {}", kinds.tag(), kinds.tag(), alternatives(types));
  if (chosen.empty()) return message;
  const auto own = field_names(*kinds.find(chosen.kind()));
  for (const auto& item : object.items())
    if (!contains(own, item.key()))
      return message + fmt::format("; the default, \"{}\", has no \"{}\"", chosen.kind(), item.key());
  return message;
}

}  // namespace aelab
