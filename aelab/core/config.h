#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "aelab/core/fields.h"
#include "aelab/core/problems.h"
#include "aelab/core/registry.h"

namespace aelab {

/// A reference to any config struct, its type erased.
class ConfigRef {
 public:
  /// A reference to a single field.
  explicit ConfigRef(Fields::Visit visit) : visit_(std::move(visit)) {}

  template <class Config>
  requires(!std::is_same_v<std::remove_const_t<Config>, ConfigRef> &&
           !std::is_same_v<std::remove_const_t<Config>, Fields::Visit>)
      ConfigRef(Config& config)  // NOLINT(google-explicit-constructor)
      : visit_([&config](Fields& f) { f.visit(const_cast<std::remove_const_t<Config>&>(config), {}); }),
        visit_defaults_([](Fields& f) {
          if constexpr (std::is_default_constructible_v<std::remove_const_t<Config>>) {
            std::remove_const_t<Config> defaults{};
            f.visit(defaults, {});
          }
        }) {}

  void visit(Fields& f) const { visit_(f); }
  /// Visits another config of the same type with its default values. Does nothing for a single field.
  void visit_defaults(Fields& f) const {
    if (visit_defaults_) visit_defaults_(f);
  }

 private:
  Fields::Visit visit_, visit_defaults_;
};

/// Reads a config strictly. Members whose keys are absent keep their values. An object without the name of a
/// registered type changes fields of the type that its member has already. Throws an Error that lists all
/// errors at once, each with its path: unknown keys (with a suggestion), wrong types, numbers out of bounds,
/// unknown types, broken rules between fields. `origin` (a file's name) heads the message.
void read_config(const nlohmann::json& value, ConfigRef config, const std::string& origin);
/// Reads a config strictly, and adds the errors to `problems` instead of throwing them.
void read_config(const nlohmann::json& value, ConfigRef config, Problems& problems);

/// Writes every field, including those with default values; unset optional fields are left out.
nlohmann::json write_config(ConfigRef config);

/// Throws an Error if a config made in C++ breaks a bound or a rule of its fields.
void check_config(ConfigRef config, const std::string& origin);
/// Checks a config made in C++, and adds the errors to `problems` instead of throwing them.
void check_config(ConfigRef config, Problems& problems);

/// Calls `visit` with every choice among registered types in a config and its path, including choices within
/// chosen types and those that are empty.
void visit_choices(ConfigRef config, const std::function<void(const std::string& path, AnyChoice&)>& visit);

/// The paths of the integers and lists of integers in a config that its fields declare to be widths of hidden
/// layers: "backbone.hidden", "backbone.stages[0].channels". Lists without entries have none.
std::vector<std::string> width_fields(ConfigRef config);

/// The names of a config's own fields, whatever the values of the others.
std::vector<std::string> field_names(ConfigRef config);

/// JSON Schema (draft-07) of a config type, given a config with its default values: one definition for each
/// registry.
nlohmann::ordered_json config_schema(ConfigRef defaults);

/// JSON Schema of a registered type's own fields. Both list fields in the order of their declaration.
nlohmann::ordered_json kind_schema(const Kind& kind);

}  // namespace aelab
