#include "aelab/core/described_kind.h"

#include <algorithm>
#include <stdexcept>

namespace aelab {

void DescribedSettings::fields(Fields& f) {
  for (auto& field : fields_)
    std::visit([&](auto& value) { f(field.name, value, field.help, field.bounds); }, field.value);
}

const FieldValue& DescribedSettings::find(std::string_view name) const {
  const auto found = std::ranges::find(fields_, name, &DescribedField::name);
  if (found == fields_.end()) throw std::logic_error(kind_ + " has no field " + std::string(name));
  return found->value;
}

Kind described_kind(const std::string& name, const std::string& summary, std::vector<DescribedField> fields) {
  const DescribedSettings defaults(name, std::move(fields));
  return {.name = name,
          .summary = summary,
          .defaults = [defaults] { return defaults.clone(); },
          .examples =
              [defaults] {
                std::vector<std::unique_ptr<Settings>> examples;
                examples.push_back(defaults.clone());
                return examples;
              }};
}

}  // namespace aelab
