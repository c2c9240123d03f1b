#include "aelab/data/input_schema.h"

#include <algorithm>

namespace aelab {

void InputSchema::fields(Fields& f) {
  f("shape", shape, "shape of a row");
  f("classes", classes, "one more than the largest label; 0 without labels", at_least(0));
  f("class_names", class_names, "names of the classes");
  f("blocks", blocks, "numbers of features of the sources that were joined side by side", at_least(1));
  f("columns", columns, "names of a row's features");
  f("label", label, "name of the labels' column");
}

InputSchema schema_of(const Data& data) {
  return {.shape = data.shape(),
          .classes = data.classes(),
          .class_names = data.class_names,
          .blocks = data.blocks,
          .columns = data.columns,
          .label = data.label};
}

std::optional<std::int64_t> class_called(const std::string& name_or_number, std::int64_t classes,
                                         const std::vector<std::string>& names) {
  const auto place = std::find(names.begin(), names.end(), name_or_number);
  if (place != names.end()) return place - names.begin();
  for (std::int64_t number = 0; number < classes; ++number)
    if (name_or_number == std::to_string(number)) return number;
  return std::nullopt;
}

std::string name_of_class(std::int64_t number, const std::vector<std::string>& names) {
  const auto place = static_cast<std::size_t>(number);
  return place < names.size() ? names[place] : std::to_string(number);
}

}  // namespace aelab
