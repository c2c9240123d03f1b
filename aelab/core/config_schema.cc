#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"

namespace aelab {
namespace {

using nlohmann::ordered_json;

class ConfigSchema final : public Fields {
 public:
  explicit ConfigSchema(ordered_json& definitions) : definitions_(definitions) {}

  ordered_json value;

  bool describing() const override { return true; }
  void flatten(AnyChoice& choice) override { kinds_ = &choice.kinds(); }

  static ordered_json of_kind(const Kind& kind, ordered_json& definitions) {
    auto defaults = kind.defaults();
    ConfigSchema schema(definitions);
    schema.object([&](Fields& f) { defaults->fields(f); });
    return schema.value;
  }

 protected:
  void field(std::string_view name, std::string_view help, const Visit& visit) override {
    auto defaults = write_config(ConfigRef(visit));
    ConfigSchema schema(definitions_);
    visit(schema);
    auto& property = properties_[std::string(name)];
    property = schema.value.contains("$ref") ? ordered_json{{"allOf", {std::move(schema.value)}}}
                                             : std::move(schema.value);
    property["description"] = help;
    if (!defaults.is_null()) property["default"] = defaults;
  }
  void boolean(bool&) override { value = {{"type", "boolean"}}; }
  void integer(std::int64_t&, const Bounds& bounds) override { limit("integer", bounds); }
  void number(double&, const Bounds& bounds) override { limit("number", bounds); }
  void text(std::string&) override { value = {{"type", "string"}}; }
  void files(FileNames&) override {
    const ordered_json name = {{"type", "string"}};
    value = {{"anyOf", {name, {{"type", "array"}, {"items", name}}}}};
  }
  void column(ColumnName&) override {
    value = {{"anyOf", {ordered_json{{"type", "string"}}, ordered_json{{"type", "integer"}}}}};
  }
  void enumeration(int&, std::span<const std::string_view> names) override {
    value = {{"enum", std::vector<std::string>(names.begin(), names.end())}};
  }
  void optional(bool, const std::function<void()>& engage, const Visit& visit) override {
    engage();
    visit(*this);
  }
  void list(std::size_t, const std::function<void(std::size_t)>& resize,
            const std::function<void(Fields&, std::size_t)>& visit) override {
    resize(0);  // a new element, not the first one of a default list
    resize(1);
    ConfigSchema element(definitions_);
    visit(element, 0);
    value = {{"type", "array"}, {"items", std::move(element.value)}};
  }
  void object(const Visit& visit) override {
    visit(*this);
    value = kinds_ ? any_kind(*kinds_, properties_)
                   : ordered_json{
                         {"type", "object"}, {"properties", properties_}, {"additionalProperties", false}};
  }
  void choice(AnyChoice& x) override {
    const auto& kinds = x.kinds();
    if (!definitions_.contains(kinds.plural())) {
      definitions_[kinds.plural()] = nullptr;  // ends the recursion of kinds that nest their own registry
      auto definition = any_kind(kinds, ordered_json::object());
      definitions_[kinds.plural()] = std::move(definition);
    }
    value = {{"$ref", "#/definitions/" + kinds.plural()}};
    if (x.empty()) return;
    ConfigSchema of_default(definitions_);  // whose type may be left out
    of_default.object([&x](Fields& f) { x.fields(f); });
    value = {{"title", kinds.noun()},
             {"anyOf", {std::move(value), {{"allOf", {std::move(of_default.value)}}}}}};
  }
  void any(AnyJson&) override { value = ordered_json::object(); }

 private:
  ordered_json& definitions_;
  ordered_json properties_ = ordered_json::object();
  const Kinds* kinds_ = nullptr;

  void limit(const char* type, const Bounds& bounds) {
    value = {{"type", type}};
    if (std::isfinite(bounds.least)) value[bounds.open ? "exclusiveMinimum" : "minimum"] = bounds.least;
    if (std::isfinite(bounds.most)) value[bounds.open ? "exclusiveMaximum" : "maximum"] = bounds.most;
  }

  /// A kind's name, or an object with its tag, that kind's fields and `beside`, the fields next to it.
  ordered_json any_kind(const Kinds& kinds, const ordered_json& beside) {
    ordered_json cases = ordered_json::array();
    for (const auto& kind : kinds.all()) {
      ordered_json fields = {{kinds.tag(), {{"const", kind.name}}}};
      fields.update(of_kind(kind, definitions_)["properties"]);
      fields.update(beside);
      cases.push_back({{"if", {{"properties", {{kinds.tag(), {{"const", kind.name}}}}}}},
                       {"then", {{"properties", std::move(fields)}, {"additionalProperties", false}}}});
    }
    const ordered_json tag = {{"enum", kinds.names()}};
    ordered_json fields = {{kinds.tag(), tag}};
    fields.update(beside);
    ordered_json forms = {tag,
                          {{"type", "object"},
                           {"required", {kinds.tag()}},
                           {"properties", std::move(fields)},
                           {"allOf", std::move(cases)}}};
    if (!kinds.number_meaning().first.empty()) forms.push_back({{"type", "number"}});
    return {{"title", kinds.noun()}, {"anyOf", std::move(forms)}};
  }
};

}  // namespace

ordered_json config_schema(ConfigRef defaults) {
  ordered_json definitions = ordered_json::object();
  ConfigSchema schema(definitions);
  defaults.visit(schema);
  ordered_json whole = {{"$schema", "http://json-schema.org/draft-07/schema#"}};
  whole.update(schema.value);
  whole["definitions"] = std::move(definitions);
  return whole;
}

ordered_json kind_schema(const Kind& kind) {
  ordered_json definitions = ordered_json::object();
  return ConfigSchema::of_kind(kind, definitions);
}

}  // namespace aelab
