#include "aelab/core/registry.h"

#include <algorithm>

#include "aelab/core/text.h"

namespace aelab {

std::vector<std::string> Kinds::names() const {
  std::vector<std::string> names;
  for (const auto& kind : kinds_) names.push_back(kind.name);
  return names;
}

const Kind* Kinds::find(std::string_view name) const {
  for (const auto& kind : kinds_)
    if (kind.name == name) return &kind;
  return nullptr;
}

const Kind* Kinds::find(std::type_index config) const {
  for (const auto& kind : kinds_)
    if (kind.type == config) return &kind;
  return nullptr;
}

const Kind& Kinds::at(std::string_view name) const {
  if (const auto* kind = find(name)) return *kind;
  throw Error(unknown(name));
}

std::string Kinds::unknown(std::string_view name) const {
  if (explain_)
    if (auto message = explain_(std::string(name)); !message.empty()) return message;
  return "unknown " + noun_ + " \"" + std::string(name) + "\"." + suggestion(name);
}

std::string Kinds::suggestion(std::string_view name) const {
  const auto wanted = simplified(name);
  for (const auto& kind : kinds_)
    for (const auto& other : kind.others)
      if (simplified(other) == wanted) return " Did you mean \"" + kind.name + "\"?";
  return did_you_mean(name, names());
}

void Kinds::insert(Kind kind) {
  if (find(kind.name) || (kind.type != typeid(void) && find(kind.type)))
    throw std::logic_error(noun_ + " \"" + kind.name + "\" is registered twice");
  kinds_.push_back(std::move(kind));
}

const std::string& AnyChoice::kind() const { return kinds().at(settings().kind()).name; }

bool AnyChoice::can(std::string_view capability) const {
  const auto& declared = kinds().at(settings().kind()).capabilities;
  return std::find(declared.begin(), declared.end(), capability) != declared.end();
}

const Settings& AnyChoice::settings() const {
  if (!settings_) throw Error("no " + kinds().noun() + " is chosen");
  return *settings_;
}

}  // namespace aelab
