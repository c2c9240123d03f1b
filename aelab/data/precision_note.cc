#include "aelab/data/precision_note.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "aelab/data/series.h"

namespace aelab {

namespace {

/// The distance of float32 numbers near `value`.
double step_at(double value) {
  const auto near = static_cast<float>(std::abs(value));
  return std::nextafter(near, std::numeric_limits<float>::infinity()) - near;
}

}  // namespace

std::string precision_note(const Data& data) {
  constexpr std::int64_t kNumbers = 1 << 22, kRows = 1000;
  constexpr double kStep = 0x1p-23, kFewSteps = 100;
  if (data.train.size() < 2 || !data.train.in_memory()) return {};
  if (const auto series = data.train.series(); series && !series->channels.empty())
    return {};  // said of the table
  const auto rows = std::clamp(kNumbers / elements(data.shape()), std::int64_t{2}, kRows);
  const auto x = data.train.range(0, std::min(rows, data.train.size())).inputs.flatten(1).to(at::kDouble);
  const auto mean = x.mean(0), deviation = x.std(0);
  const auto coarse = ((deviation > 0) & (deviation < kFewSteps * kStep * mean.abs())).nonzero().flatten();
  if (coarse.numel() == 0) return {};
  const auto first = coarse[0].item<std::int64_t>(), others = coarse.numel() - 1;
  const auto place = static_cast<std::size_t>(first);
  const auto name =
      place < data.columns.size() ? "\"" + data.columns[place] + "\"" : "feature " + std::to_string(first);
  const double center = mean[first].item<double>();
  return fmt::format(
      "{}{}: values near {:.3g} vary by only {:.2g}, and float32 rounds them to steps of {:.2g}; subtract "
      "{:.3g} "
      "in the file, since \"standardize\" cannot restore what rounding lost",
      name, others ? fmt::format(" and {} more", others) : "", center, deviation[first].item<double>(),
      step_at(center), center);
}

}  // namespace aelab
