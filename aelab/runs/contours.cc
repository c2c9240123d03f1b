#include "aelab/runs/contours.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace aelab {
namespace {

using nlohmann::json;

constexpr std::int64_t kGridPoints = 64, kDraws = 10'000, kDensitiesAtOnce = 1000;
constexpr std::array kMasses = {0.5, 0.9, 0.99};
constexpr double kMargin = 0.05;  // of the range of the draws
constexpr double kFaint = 50;     // below the lowest contour, in nats; densities of 0 are drawn as such

/// Codes [n, 2] -> [n] float64 on the CPU.
Tensor log_densities_of(const Prior& prior, const Shape& code, const Tensor& places) {
  auto shape = at::DimVector{-1};
  shape.append(code.begin(), code.end());
  std::vector<Tensor> densities;
  for (const auto& some : places.split(kDensitiesAtOnce))
    densities.push_back(prior.log_density(some.reshape(shape)).to(at::kCPU, at::kDouble));
  return at::cat(densities);
}

/// `kGridPoints` values, from below the least to above the largest.
Tensor along(const Tensor& values) {
  const auto low = values.min(), high = values.max();
  const auto margin = kMargin * (high - low);
  return at::linspace(low - margin, high + margin, kGridPoints, values.options());
}

json ends_of(const Tensor& axis) { return rounded_list(at::stack({axis[0], axis[-1]})); }

}  // namespace

double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(value))) - 3);
  return std::round(value / unit) * unit;
}

json rounded_list(const Tensor& values) {
  const auto flat = values.to(at::kCPU, at::kDouble).contiguous();
  json list = json::array();
  for (std::int64_t i = 0; i < flat.numel(); ++i) list.push_back(rounded(flat.const_data_ptr<double>()[i]));
  return list;
}

json contours_json(const Prior& prior, const Shape& code, const at::TensorOptions& options) {
  auto shape = at::DimVector{kDraws};
  shape.append(code.begin(), code.end());
  const auto draws = prior.sample_like(at::empty(shape, options), Noise()).flatten(1);
  if (!draws.isfinite().all().item<bool>()) return {};
  const auto x = along(draws.select(1, 0)), y = along(draws.select(1, 1));
  const auto grid = at::meshgrid({y, x}, "ij");
  auto densities = log_densities_of(prior, code, at::stack({grid[1].flatten(), grid[0].flatten()}, 1));
  const auto of_draws = log_densities_of(prior, code, draws);
  if (densities.isnan().any().item<bool>() || of_draws.isnan().any().item<bool>()) return {};
  json contours = json::array();
  for (const auto mass : kMasses)
    contours.push_back(
        {{"mass", mass}, {"log_density", rounded(at::quantile(of_draws, 1 - mass).item<double>())}});
  densities = densities.clamp_min(at::quantile(of_draws, 1 - kMasses.back()) - kFaint);
  return {{"points", kGridPoints},
          {"x", ends_of(x)},
          {"y", ends_of(y)},
          {"log_densities", rounded_list(densities)},
          {"contours", std::move(contours)}};
}

}  // namespace aelab
