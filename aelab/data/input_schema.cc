#include "aelab/data/input_schema.h"

namespace aelab {

void InputSchema::fields(Fields& f) {
  f("shape", shape, "shape of a row");
  f("classes", classes, "one more than the largest label; 0 without labels", at_least(0));
  f("class_names", class_names, "names of the classes");
  f("columns", columns, "names of a row's features");
  f("label", label, "name of the labels' column");
}

InputSchema schema_of(const Data& data) {
  return {.shape = data.shape(),
          .classes = data.classes(),
          .class_names = data.class_names,
          .columns = data.columns,
          .label = data.label};
}

}  // namespace aelab
