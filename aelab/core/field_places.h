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
  std::string noun, tag;           ///< of these types: "variant", "variant"
  std::string default_type;  ///< the type that the object has if its tag is omitted; "" if it must be given
  bool list = false;         ///< its value is a list
  bool counted = false;      ///< other frameworks give the number of its entries: "n_seeds" for "seeds"
};

/// Finds the outermost places of the field that is called `name`, or if there is none that is also known by
/// it, in configs of this type, including the fields of all registered types. Names are compared by their
/// simplified() forms. Without paths if there is none.
FieldPlaces find_field(ConfigRef config, std::string_view name);

/// Finds the outermost places of that field within a registered type, with paths from its object.
FieldPlaces find_field(const Kind& kind, std::string_view name);

/// The outermost field whose name `name` is a misspelling of.
FieldPlaces find_misspelt_field(ConfigRef config, std::string_view name);

/// The names of a registered type's own fields.
std::vector<std::string> field_names(const Kind& kind);

}  // namespace aelab
