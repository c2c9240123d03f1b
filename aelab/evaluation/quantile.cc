#include "aelab/evaluation/quantile.h"

#include <ATen/ATen.h>

#include <cmath>

namespace aelab {

double quantile_of(const at::Tensor& values, double q) {
  const auto sorted = std::get<0>(values.to(at::kDouble).sort());  // NaN last
  const double last = sorted[-1].item<double>();
  if (std::isnan(last)) return last;
  const double place = q * static_cast<double>(sorted.size(0) - 1);
  const auto below = static_cast<std::int64_t>(place);
  const auto above = std::min(below + 1, sorted.size(0) - 1);
  const double low = sorted[below].item<double>(), high = sorted[above].item<double>();
  return low + (place - static_cast<double>(below)) * (high - low);
}

}  // namespace aelab
