#pragma once

#include <variant>

#include "aelab/core/registry.h"

namespace aelab {

/// A value of a field that is described at run time.
using FieldValue =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>>;

/// A field of a type that is described at run time. Its value is the default.
struct DescribedField {
  std::string name, help;
  FieldValue value;
  Bounds bounds = {};  ///< of numbers
};

/// A config whose fields are a list of values and not the members of a C++ struct.
class DescribedSettings final : public Settings {
 public:
  DescribedSettings(std::string kind, std::vector<DescribedField> fields)
      : kind_(std::move(kind)), fields_(std::move(fields)) {}

  void fields(Fields& f) override;
  std::unique_ptr<Settings> clone() const override { return std::make_unique<DescribedSettings>(*this); }
  std::string_view kind() const override { return kind_; }

  /// The value of a field. Throws std::logic_error if there is no field of that name and type.
  template <class T>
  const T& get(std::string_view name) const {
    if (const auto* value = std::get_if<T>(&find(name))) return *value;
    throw std::logic_error("the field " + std::string(name) + " of " + kind_ + " is of another type");
  }

 private:
  std::string kind_;
  std::vector<DescribedField> fields_;

  const FieldValue& find(std::string_view name) const;
};

/// A type that has these fields, for Registry::add(Kind, Maker), whose maker gets DescribedSettings. Its one
/// example has the default values. For languages that have no C++ structs:
///
///     registry.add(described_kind("clipped", "values of at most 1", {{"most", "largest value", 1.0}}),
///                  [](const Settings& settings) {
///                    const auto& values = static_cast<const DescribedSettings&>(settings);
///                    return std::make_shared<Clipped>(values.get<double>("most"));
///                  });
Kind described_kind(const std::string& name, const std::string& summary, std::vector<DescribedField> fields);

}  // namespace aelab
