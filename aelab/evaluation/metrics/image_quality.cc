#include "aelab/evaluation/metrics/image_quality.h"

#include <ATen/ATen.h>

#include "aelab/data/pictures.h"
#include "aelab/evaluation/pixels.h"

namespace aelab {
namespace {

constexpr double kMostDecibels = 100;
constexpr std::int64_t kWindow = 11;
constexpr double kWindowDeviation = 1.5;
constexpr double kLuminance = 0.01 * 0.01, kContrast = 0.03 * 0.03;  // C1 = (K1 L)^2, C2 = (K2 L)^2, L = 1
constexpr std::int64_t kPixelsAtOnce = std::int64_t{1} << 20;

/// [batch] from [batch, channels, height, width].
Tensor peak_signal_to_noise(const Tensor& x, const Tensor& y) {
  const auto error = (x - y).to(at::kDouble).square().flatten(1).mean(1);
  return (-10 * error.log10()).clamp_max(kMostDecibels);
}

/// The largest odd window within kWindow that fits.
std::int64_t window_size(const Tensor& images) {
  const auto size = std::min({kWindow, images.size(-2), images.size(-1)});
  return size - (size + 1) % 2;
}

/// [length - window + 1, length]: row i averages from element i on, with the weights of a gaussian.
Tensor averaging_matrix(std::int64_t length, std::int64_t window, const at::TensorOptions& options) {
  const auto offsets = at::arange(window, options) - static_cast<double>(window / 2);
  const auto weights = (-offsets.square() / (2 * kWindowDeviation * kWindowDeviation)).exp();
  auto matrix = at::zeros({length - window + 1, length}, options);
  for (std::int64_t i = 0; i < window; ++i) matrix.diagonal(i).fill_(weights[i] / weights.sum());
  return matrix;
}

/// [batch] from [batch, channels, height, width] in float64.
Tensor structural_similarity(const Tensor& x, const Tensor& y) {
  const auto window = window_size(x);
  const auto rows = averaging_matrix(x.size(-2), window, x.options()),
             columns = averaging_matrix(x.size(-1), window, x.options()).t();
  const auto average = [&](const Tensor& images) { return rows.matmul(images).matmul(columns); };
  const auto mean_x = average(x), mean_y = average(y);
  const auto variances = average(x.square() + y.square()) - mean_x.square() - mean_y.square();
  const auto covariance = average(x * y) - mean_x * mean_y;
  const auto similarity = (2 * mean_x * mean_y + kLuminance) * (2 * covariance + kContrast) /
                          ((mean_x.square() + mean_y.square() + kLuminance) * (variances + kContrast));
  return similarity.flatten(1).mean(1);
}

}  // namespace

std::vector<Measure> ImageQuality::measures() const {
  return {
      {"image/psnr",
       "peak signal-to-noise ratio in dB: mean over samples of 10 log10(1 / the sample's mean squared "
       "error), peak 1; at most 100 per sample, the value of a perfect reconstruction",
       Direction::higher},
      {"image/ssim",
       "structural similarity (Wang et al. 2004): Gaussian windows of 11x11, standard deviation 1.5 (the "
       "largest odd size that fits into smaller images), K1 0.01, K2 0.03, L 1; mean over the windows that "
       "lie in the image, channels and samples",
       Direction::higher},
  };
}

void ImageQuality::add(const Observation& observation) {
  const auto &x = observation.target, &y = observation.reconstruction;
  applies_ = applies_ && is_picture(x.sizes().slice(1).vec()) && is_within_unit(x) && is_within_unit(y);
  if (!applies_) return;
  rows_ += x.size(0);
  decibels_ += peak_signal_to_noise(x, y).sum().item<double>();
  const auto at_once = std::max<std::int64_t>(1, kPixelsAtOnce / x[0].numel());
  const auto originals = x.split(at_once), reconstructions = y.split(at_once);
  for (std::size_t i = 0; i < originals.size(); ++i)
    similarity_ += structural_similarity(originals[i].to(at::kDouble), reconstructions[i].to(at::kDouble))
                       .sum()
                       .item<double>();
}

std::vector<std::optional<double>> ImageQuality::values() const {
  if (!applies_) return {std::nullopt, std::nullopt};
  const auto rows = static_cast<double>(rows_);
  return {decibels_ / rows, similarity_ / rows};
}

}  // namespace aelab
