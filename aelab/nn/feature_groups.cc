#include "aelab/nn/feature_groups.h"

#include <array>

namespace aelab {

std::span<const std::string_view> names(FeatureKind) {
  static constexpr std::array<std::string_view, 4> kNames = {"numeric", "categorical", "flag", "count"};
  return kNames;
}

void FeatureGroup::fields(Fields& f) {
  f("kind", kind, "what the features are");
  f("width", width, "number of features", at_least(1));
}

std::int64_t width_of(const FeatureGroups& groups) {
  std::int64_t width = 0;
  for (const auto& group : groups) width += group.width;
  return width;
}

void append(FeatureGroups& groups, const FeatureGroup& group) {
  if (!groups.empty() && groups.back().kind == group.kind && group.kind != FeatureKind::categorical)
    groups.back().width += group.width;
  else
    groups.push_back(group);
}

}  // namespace aelab
