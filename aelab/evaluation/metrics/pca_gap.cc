#include "aelab/evaluation/metrics/pca_gap.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "aelab/evaluation/decoder_directions.h"

namespace aelab {
namespace {

constexpr double kNoError = 1e-10;     // of the data's squared spread: less is float32's rounding
constexpr double kNoVariance = 1e-6;   // of the largest: less is the covariance's rounding
constexpr double kNoDirection = 1e-6;  // singular values, of the largest
constexpr double kLeastGap = 1e-6,
                 kLeastAngle = 1e-4;  // in degrees; less is rounding, which must not rank models

double without_rounding(double value, double least) { return std::abs(value) < least ? 0 : value; }

bool is_of_full_rank(const Tensor& rows) {
  if (!rows.isfinite().all().item<bool>()) return false;
  const auto singular = at::linalg_svdvals(rows);
  return (singular[-1] > kNoDirection * singular[0]).item<bool>();
}

/// Between the spaces that the rows of a and b, in float64, span: in degrees, smallest first.
Tensor principal_angles(const Tensor& a, const Tensor& b) {
  const auto basis = [](const Tensor& rows) { return std::get<0>(at::linalg_qr(rows.t())); };
  return at::linalg_svdvals(at::mm(basis(a).t(), basis(b))).clamp_max(1).acos().rad2deg();
}

}  // namespace

std::vector<Measure> PcaGap::measures() const {
  return {
      {"pca/squared_error",
       "squared error, summed over features, mean over samples, of PCA with as many components as the code "
       "has dimensions, fitted to the training split",
       Direction::neither},
      {"pca/error_gap",
       "the model's squared error over PCA's, minus 1; 0 within 1e-6, or within what float32's rounding of "
       "reconstructions can make of PCA's error, which is more for values far from 0 that vary little; not "
       "applicable where it can make all of it",
       Direction::lower},
      {"pca/mean_angle",
       "mean of the principal angles, in degrees, between the spaces that the decoder's weights and as many "
       "principal components span; 0 within 1e-4, float32's rounding",
       Direction::lower},
      {"pca/largest_angle", "the largest of these angles", Direction::lower},
  };
}

void PcaGap::begin(const Autoencoder& model, const Split& data) {
  const auto code = elements(model.code_shape()), features = elements(model.input_shape());
  applies_ = code <= features && model.reconstructs_input();
  if (!applies_) return;
  pca_ = principal_components(data.train, code);
  const bool spans = (pca_.variances[-1] > kNoVariance * pca_.variances[0]).item<bool>();
  if (code == features || !spans || !has_affine_decoder(model)) return;
  const auto columns = decoder_directions(model);
  if (!is_of_full_rank(columns)) return;
  const auto angles = principal_angles(columns, pca_.components.to(at::kDouble));
  mean_angle_ = without_rounding(angles.mean().item<double>(), kLeastAngle);
  largest_angle_ = without_rounding(angles.max().item<double>(), kLeastAngle);
}

void PcaGap::add(const Observation& observation) {
  if (!applies_) return;
  const auto x = observation.target.flatten(1).cpu(), y = observation.reconstruction.flatten(1).cpu();
  const auto squared = [&](const Tensor& other) {
    return (x - other).square().sum(at::kDouble).item<double>();
  };
  rows_ += x.size(0);
  error_ += squared(y);
  pca_error_ += squared(pca_.decode(pca_.encode(x)));
  spread_ += squared(pca_.mean);
  squares_ += x.to(at::kDouble).square().sum().item<double>();
  values_ += static_cast<double>(x.numel());
}

/// Rounding adds to each value of a reconstruction up to eps |x|: to the squared error the square of that,
/// and twice the product with what is left, whose signs are random. Less than both cannot rank models.
std::optional<double> PcaGap::error_gap() const {
  constexpr double kEpsilon = 0x1p-23;
  const double rounding = kEpsilon * kEpsilon * squares_;
  if (!(pca_error_ > kNoError * spread_ + rounding) || !std::isfinite(error_)) return {};
  const double share = rounding / pca_error_;
  return without_rounding(error_ / pca_error_ - 1,
                          std::max(kLeastGap, share + 2 * std::sqrt(share / values_)));
}

std::vector<std::optional<double>> PcaGap::values() const {
  if (!applies_) return std::vector<std::optional<double>>(4);
  return {pca_error_ / static_cast<double>(rows_), error_gap(), mean_angle_, largest_angle_};
}

}  // namespace aelab
