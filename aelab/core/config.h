#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "aelab/core/fields.h"
#include "aelab/core/problems.h"
#include "aelab/core/registry.h"

namespace aelab {

/// Any config struct, its type erased: what is done with its list of fields.
class ConfigRef {
 public:
  /// Of one field alone.
  explicit ConfigRef(Fields::Visit visit) : visit_(std::move(visit)) {}

  template <class Config>
  requires(!std::is_same_v<std::remove_const_t<Config>, ConfigRef> &&
           !std::is_same_v<std::remove_const_t<Config>, Fields::Visit>)
      ConfigRef(Config& config)  // NOLINT(google-explicit-constructor)
      : visit_([&config](Fields& f) { f.visit(const_cast<std::remove_const_t<Config>&>(config), {}); }) {}

  void visit(Fields& f) const { visit_(f); }

 private:
  Fields::Visit visit_;
};

/// Reads strictly; keys that are absent leave their member as it is. Error that lists every mistake at once,
/// each with its path: unknown keys (with the nearest known), wrong types, numbers out of bounds, unknown
/// kinds, broken rules between fields. `origin` (a file's name) heads the message.
void read_config(const nlohmann::json& value, ConfigRef config, const std::string& origin);
/// The same, with the mistakes added to `problems`.
void read_config(const nlohmann::json& value, ConfigRef config, Problems& problems);

/// Writes every field, defaults too; what is unset is left out.
nlohmann::json write_config(ConfigRef config);

/// Error if a config made in C++ breaks a bound or a rule that its JSON would have to keep.
void check_config(ConfigRef config, const std::string& origin);

/// Shows every choice among registered kinds in a config, with its path, those within chosen kinds too.
void visit_choices(ConfigRef config, const std::function<void(const std::string& path, AnyChoice&)>& visit);

/// JSON Schema (draft-07) of a config type, given one with its defaults: one definition a registry.
nlohmann::ordered_json config_schema(ConfigRef defaults);

/// JSON Schema of one kind's own fields. Both have fields in the order in which they are listed.
nlohmann::ordered_json kind_schema(const Kind& kind);

}  // namespace aelab
