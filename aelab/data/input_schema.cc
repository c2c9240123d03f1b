#include "aelab/data/input_schema.h"

#include <algorithm>
#include <numeric>

#include "aelab/data/series.h"

namespace aelab {

void InputSchema::fields(Fields& f) {
  f("shape", shape, "shape of a row");
  f("classes", classes, "one more than the largest label; 0 without labels", at_least(0));
  f("class_names", class_names, "names of the classes");
  f("blocks", blocks, "numbers of features of the sources that were joined side by side", at_least(1));
  f("columns", columns, "names of a row's features");
  f("types", types, "types of a table's columns, where it is more than numbers");
  f("label", label, "name of the labels' column");
  f("time", time, "name of the column of times");
  f("group", group, "name of the column that tells series apart");
  f("channels", channels, "columns that the channels of windows are");
}

InputSchema schema_of(const Data& data) {
  const auto series = data.train.series();
  const auto known = series ? *series : Series();
  return {.shape = data.shape(),
          .classes = data.classes(),
          .class_names = data.class_names,
          .blocks = data.blocks,
          .columns = data.columns,
          .types = data.types(),
          .label = data.label,
          .time = known.time,
          .group = known.groups_are_files ? "" : known.group,
          .channels = known.channels};
}

std::string name_in_block(const std::string& column, std::size_t i) {
  return std::to_string(i) + "/" + column;
}

InputSchema schema_of_block(const InputSchema& joined, std::size_t i) {
  InputSchema block = {
      .shape = {joined.blocks.at(i)}, .classes = joined.classes, .class_names = joined.class_names};
  if (joined.columns.empty()) return block;
  const auto first =
      joined.columns.begin() + std::accumulate(joined.blocks.begin(),
                                               joined.blocks.begin() + static_cast<std::ptrdiff_t>(i),
                                               std::ptrdiff_t{0});
  block.columns = {first, first + joined.blocks[i]};
  const auto prefix = name_in_block("", i);
  if (std::all_of(block.columns.begin(), block.columns.end(),
                  [&](const auto& name) { return name.starts_with(prefix); }))
    for (auto& name : block.columns) name.erase(0, prefix.size());
  return block;
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
