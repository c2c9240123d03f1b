#include "aelab/data/scale_norm_transform.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>

namespace aelab {

std::span<const std::string_view> names(NormAverage) {
  static constexpr std::array<std::string_view, 2> kNames = {"mean", "root-mean-square"};
  return kNames;
}

void ScaleNormTransform::Config::fields(Fields& f) {
  f("average", average, "what becomes \"to\": the mean of the rows' norms, or their root mean square");
  f("to", to, "average norm of the changed rows; default: the square root of the number of features",
    above(0));
  f("rows", rows,
    "number of training rows to find the factor from, the first ones in their files; default: all",
    at_least(1));
}

std::vector<ScaleNormTransform::Config> ScaleNormTransform::Config::examples() {
  return {{}, {.average = NormAverage::root_mean_square, .to = 1, .rows = 20}};
}

void ScaleNormTransform::fit(const Dataset& train) {
  constexpr std::int64_t kRows = 4096;
  const bool squares = config_.average == NormAverage::root_mean_square;
  const auto dataset = train.in_storage_order();
  const auto count = std::min(config_.rows.value_or(dataset.size()), dataset.size());
  double sum = 0;
  for (std::int64_t begin = 0; begin < count; begin += kRows) {
    const auto rows = dataset.range(begin, std::min(begin + kRows, count)).inputs.flatten(1).to(at::kDouble);
    const auto squared = rows.square().sum(1);
    sum += (squares ? squared : squared.sqrt()).sum().item<double>();
  }
  const double mean = sum / static_cast<double>(count), average = squares ? std::sqrt(mean) : mean;
  const double to = config_.to.value_or(std::sqrt(static_cast<double>(elements(train.shape()))));
  factor_ = at::scalar_tensor(average > 0 ? to / average : 1);
}

Tensor ScaleNormTransform::apply(Tensor x, const Draws&) const { return x.mul_(factor_); }

Tensor ScaleNormTransform::invert(const Tensor& y, const Shape&) const { return y / factor_; }

}  // namespace aelab
