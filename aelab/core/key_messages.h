#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "aelab/core/config.h"

namespace aelab {

/// An object of a config file, as its reader knows it when it finds a key that it cannot read.
struct ObjectRead {
  std::string path;                                          ///< of the object; "" at the top
  std::vector<std::string> listed;                           ///< the names of its fields
  std::vector<std::pair<std::string, std::string>> aliases;  ///< other names, each with the field's own
  std::string type;                                          ///< the registered type that was chosen, if any
  const Kinds* kinds = nullptr;                              ///< the registry of that type
  const nlohmann::json* value = nullptr;                     ///< the object itself
};

/// "unknown key. Did you mean "learning_rate"?": the field of the object that the key is another name or a
/// misspelling of; otherwise the place in the object or in the file (`root`) where such a field belongs.
std::string unknown_key(const std::string& key, const ObjectRead& object, const ConfigRef& root);

/// Whether an object without the name of a registered type can mean the type chosen already: no key of the
/// object is a field of other types only.
bool can_mean_chosen(const AnyChoice& chosen, const nlohmann::json& object);

/// "lacks "kind": write "kind": "sgd" or "rmsprop"": the types that have the keys of the object.
std::string lacks_type(const AnyChoice& chosen, const nlohmann::json& object);

}  // namespace aelab
