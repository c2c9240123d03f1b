#include "aelab/tools/applied_rows.h"

#include <algorithm>
#include <array>

namespace aelab {

std::span<const std::string_view> names(AppliedRows) {
  static constexpr std::array<std::string_view, 4> kNames = {"all", "train", "validation", "test"};
  return kNames;
}

namespace {

const Dataset& part_named(const Split& split, AppliedRows part) {
  if (part == AppliedRows::train) return split.train;
  return part == AppliedRows::validation ? split.validation : split.test;
}

AppliedSets rows_of_source(const Data& data, std::vector<std::pair<std::string, Dataset>> parts) {
  AppliedSets sets{.parts = std::move(parts)};
  if (sets.parts.size() > 1) sets.names.part = "split";
  if (sets.has_labels()) sets.names.label = data.label.empty() ? "label" : data.label;
  sets.names.classes = data.class_names;
  return sets;
}

/// Rows of other data: all of them, or those of a split.
std::vector<std::pair<std::string, Dataset>> choose_parts(const Data& data, AppliedRows part,
                                                          const SplitConfig& split, std::int64_t seed) {
  if (part != AppliedRows::all) return {{"", part_named(data.split(split, seed), part)}};
  std::vector<std::pair<std::string, Dataset>> parts = {{"train", data.train}};
  if (data.test) parts.emplace_back("test", *data.test);
  return parts;
}

}  // namespace

std::int64_t AppliedSets::size() const {
  std::int64_t rows = 0;
  for (const auto& part : parts) rows += part.second.size();
  return rows;
}

AppliedSets choose_rows(const OpenedModel& opened, const std::optional<DataConfig>& other,
                        std::optional<AppliedRows> chosen) {
  const auto& model = opened.model;
  const auto& run = opened.run;
  const auto part = chosen.value_or(other ? AppliedRows::all : AppliedRows::test);
  if (!other && part != AppliedRows::all) {
    auto sets = rows_of_source(run->source, {{"", part_named(run->data, part)}});
    sets.read = {
        part_named(run->source.split(model.config().data.split, model.config().seed, Transforms()), part)};
    return sets;
  }
  bool lacks_targets = false;
  auto sets = in_field("data", [&] {
    const auto data = other ? open_for_model(model, other->source, /*may_lack_targets=*/true) : run->source;
    const auto split = other ? other->split : SplitConfig();
    lacks_targets = model.lacks_targets(data.shape());
    return rows_of_source(data, choose_parts(data, part, split, model.config().seed));
  });
  for (const auto& item : sets.parts) sets.read.push_back(item.second);
  for (auto& [name, rows] : sets.parts)
    rows = other ? rows_for_model(model, rows) : transformed(rows, model.transforms());
  sets.has_targets = !lacks_targets;
  return sets;
}

}  // namespace aelab
