#include "aelab/evaluation/scores/mahalanobis_score.h"

#include <ATen/ATen.h>

#include "aelab/evaluation/codes.h"
#include "aelab/evaluation/samplers/gaussian_samplers.h"

namespace aelab {
namespace {

constexpr const char *kMean = "mean", *kFactor = "factor";
constexpr std::int64_t kMostDimensions = 4096;  // whose covariance takes 128 MiB

}  // namespace

std::string MahalanobisScore::definition() const {
  return "squared Mahalanobis distance of the code from the mean of training codes";
}

std::string MahalanobisScore::unsuited(const Autoencoder& model) const {
  if (model.parts().bottleneck.codebook_size() > 0)
    return "this model's codes are made of a codebook's vectors, which are not scattered around a mean: "
           "choose "
           "\"reconstruction\"";
  const auto dimensions = elements(model.code_shape());
  if (dimensions <= kMostDimensions) return {};
  return "this model's codes have " + std::to_string(dimensions) + " dimensions, more than the " +
         std::to_string(kMostDimensions) + " that a covariance is computed of: choose \"reconstruction\"";
}

void MahalanobisScore::fit_rows(const Autoencoder& model, const Dataset& rows, std::int64_t seed) {
  constexpr double kFloorOfVariances = 1e-6;
  const auto codes = codes_of_rows(model, rows).flatten(1).to(at::kCPU, at::kDouble);
  require_rows(codes, 2, "a covariance of codes");
  const auto found = fit_gaussian_mixture(codes, 1, kFloorOfVariances, seed);
  mean_ = found.means[0];
  factor_ = at::linalg_cholesky(found.covariances[0]);
}

ScoredRows MahalanobisScore::score(const Autoencoder& model, const Batch& rows, bool) const {
  const auto codes =
      model.encode(rows.inputs, model.condition(rows)).flatten(1).to(at::kCPU, at::kDouble) - mean_;
  return {at::linalg_solve_triangular(factor_, codes.t(), /*upper=*/false).square().sum(0)};
}

NamedTensors MahalanobisScore::state() const { return {{kMean, mean_}, {kFactor, factor_}}; }

void MahalanobisScore::load(const Autoencoder& model, const NamedTensors& state) {
  mean_ = tensor_named(state, kMean);
  factor_ = tensor_named(state, kFactor);
  const auto dimensions = elements(model.code_shape());
  if (mean_.numel() != dimensions || factor_.sizes() != at::IntArrayRef({dimensions, dimensions}))
    throw Error("the covariance is of codes of " + std::to_string(mean_.numel()) +
                " dimensions: it is another model's");
}

}  // namespace aelab
