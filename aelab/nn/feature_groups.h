#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "aelab/core/fields.h"

namespace aelab {

/// What the features of an encoded table are.
enum class FeatureKind {
  numeric,
  categorical,  ///< one category in one-hot form: 1 in one place of the group, else 0
  flag,         ///< 0 or 1
  count,        ///< whole numbers from 0
};
std::span<const std::string_view> names(FeatureKind);

/// Features of one kind, side by side: of a single column where they are categorical, of as many columns as
/// there are features otherwise. All features of a missing cell are NaN.
struct FeatureGroup {
  FeatureKind kind = FeatureKind::numeric;
  std::int64_t width = 1;

  void fields(Fields& f);
  bool operator==(const FeatureGroup&) const = default;
};

/// In the order of a row's features.
using FeatureGroups = std::vector<FeatureGroup>;

std::int64_t width_of(const FeatureGroups& groups);
/// Appends a group, or widens the last one where both are of the same kind other than categorical.
void append(FeatureGroups& groups, const FeatureGroup& group);

}  // namespace aelab
