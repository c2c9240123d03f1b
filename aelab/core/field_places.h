#pragma once

#include <string>
#include <vector>

#include "aelab/core/config.h"

namespace aelab {

/// The places of a config type that have a field of some name.
struct FieldPlaces {
  std::string field;               ///< its own name, which may differ from the name that was looked for
  std::vector<std::string> paths;  ///< of the objects that have it: "", "training", "callbacks[]"
  std::vector<std::string> types;  ///< the registered types that have it at the first path; empty if all do
  std::string noun;                ///< of these types: "variant"
};

/// Finds the outermost places of the field that is called `name`, or if there is none that is also known by
/// it, in configs of this type, including the fields of all registered types. Without paths if there is none.
FieldPlaces find_field(ConfigRef config, std::string_view name);

/// The names of a registered type's own fields.
std::vector<std::string> field_names(const Kind& kind);

}  // namespace aelab
