#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace aelab {

/// What a table's file says of the values of one column, before they are rounded to 32-bit floats.
struct ColumnSummary {
  static constexpr std::size_t kFirst = 3;

  double least = std::numeric_limits<double>::infinity(), most = -least, sum = 0;
  std::vector<double> first = {};  ///< the values of the first rows, at most kFirst

  /// Whether the values are too small for 32-bit floats of full precision.
  bool is_tiny() const { return std::max(-least, most) < std::numeric_limits<float>::min(); }

  /// Adds the summary of rows that follow.
  void add(const ColumnSummary& below) {
    least = std::min(least, below.least);
    most = std::max(most, below.most);
    sum += below.sum;
    const auto taken = std::min(kFirst - first.size(), below.first.size());
    first.insert(first.end(), below.first.begin(), below.first.begin() + static_cast<std::ptrdiff_t>(taken));
  }
};

}  // namespace aelab
