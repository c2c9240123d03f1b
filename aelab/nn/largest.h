#pragma once

#include "aelab/nn/dictionary.h"

namespace aelab {

/// How elements are compared, for those below.
enum class Size {
  value,      ///< by their values
  magnitude,  ///< by their absolute values
};

// The places of the largest elements of codes, as ActiveElements without values. NaN is larger than infinity,
// so that it is chosen and seen; of equal elements, exactly as many are chosen as fit: on the CPU in float32,
// where our own kernels choose, the first ones. Elsewhere at::topk chooses, and nothing is read by the host.

/// The k largest elements of each row of x [rows, width], 0 <= k <= width.
ActiveElements largest_of_rows(const at::Tensor& x, std::int64_t k, Size size = Size::value);

/// The `count` largest elements of x [rows, width] together, 0 <= count <= x.numel().
ActiveElements largest_of_all(const at::Tensor& x, std::int64_t count);

/// The k largest elements of each row of x [rows, width] among the columns where `mask` [width] is true: all
/// of them if there are fewer, and then, where at::topk chooses, others as well.
ActiveElements largest_among(const at::Tensor& x, std::int64_t k, const at::Tensor& mask);

/// The places of these elements, int64 [rows, k], ascending in each row.
ActiveElements elements_at(const at::Tensor& columns, std::int64_t width);

/// Where the elements are in the flattened matrix [rows x width]: int64 [count].
at::Tensor flat_places(const ActiveElements& active);

}  // namespace aelab
