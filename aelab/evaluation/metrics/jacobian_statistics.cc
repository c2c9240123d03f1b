#include "aelab/evaluation/metrics/jacobian_statistics.h"

#include <ATen/ATen.h>

#include <limits>

#include "aelab/core/signals.h"
#include "aelab/nn/jacobian.h"

namespace aelab {
namespace {

constexpr std::int64_t kJacobianNumbersAtOnce = std::int64_t{1} << 24;
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

enum JacobianStatistic { kNorm, kSquared, kLargest, kParticipation, kShare, kAlong, kAcross, kSpectrum };

/// The smaller of J J^T and J^T J: its eigenvalues are the squared singular values of j [batch, rows,
/// columns].
Tensor smaller_gram(const Tensor& j) {
  const auto other = j.transpose(1, 2);
  return j.size(1) < j.size(2) ? at::matmul(j, other) : at::matmul(other, j);
}

/// [batch, kSpectrum + spectrum] of Jacobians j [batch, code, input] and tangents [batch, input, dimensions],
/// both in float64; NaN where not defined.
Tensor jacobian_statistics(const Tensor& j, const Tensor& tangent, std::int64_t spectrum) {
  const auto gram = smaller_gram(j);
  const auto singular = at::linalg_eigvalsh(gram).flip(1).clamp_min(0).sqrt();
  const auto total = j.square().sum({1, 2}), fourth = gram.square().sum({1, 2});  // sums of s^2 and s^4
  const auto inside = tangent.square().sum({1, 2}).round(), outside = j.size(2) - inside;  // dimensions
  const auto along = at::matmul(j, tangent).square().sum({1, 2}).masked_fill(inside == 0, kUndefined);
  const auto across = (total - along).clamp_min(0).masked_fill(outside == 0, kUndefined);
  const auto fixed = at::stack({total.sqrt(), total, singular.select(1, 0), total.square() / fourth,
                                along / total, along / inside, across / outside},
                               1);
  const auto shown = singular.slice(1, 0, spectrum);
  return at::cat({fixed, at::constant_pad_nd(shown, {0, spectrum - shown.size(1)}, kUndefined)}, 1);
}

}  // namespace

void JacobianStatistics::Config::fields(Fields& f) {
  f("rows", rows,
    "maximum number of rows: the first ones are measured, each by the singular values of its Jacobian",
    at_least(1));
  f("spectrum", spectrum, "number of singular values reported, largest first", at_least(0));
  f.formerly({"neighbours"});
  f("neighbors", neighbors,
    "number of nearest training rows whose principal directions span the tangent at a sample", at_least(2));
  f("tangent", tangent, "dimensions of the tangent", at_least(1));
  f.require(tangent < neighbors, "tangent",
            "must be below \"neighbors\": that many rows about their mean span at most one dimension less");
}

std::vector<Measure> JacobianStatistics::measures() const {
  const auto where = " of J = d code / d input; mean over the first " + std::to_string(config_.rows) +
                     " samples, or all where there are fewer";
  const auto tangent = "the tangent, " + std::to_string(config_.tangent) + " principal directions of the " +
                       std::to_string(config_.neighbors) + " nearest training rows";
  std::vector<Measure> measures = {
      {"jacobian/norm", "Frobenius norm" + where, Direction::neither},
      {"jacobian/squared_norm", "squared Frobenius norm" + where, Direction::neither},
      {"jacobian/largest_singular_value", "largest singular value" + where, Direction::neither},
      {"jacobian/participation",
       "participation ratio of the squared singular values s^2, (sum s^2)^2 / sum s^4" + where,
       Direction::neither},
      {"jacobian/tangent_share", "share of the squared norm that lies along " + tangent + ";" + where,
       Direction::higher},
      {"jacobian/along", "squared norm along " + tangent + ", over its dimensions;" + where,
       Direction::neither},
      {"jacobian/across", "squared norm across the tangent, over the other dimensions;" + where,
       Direction::neither},
      {"jacobian/along_to_across", "jacobian/along over jacobian/across; 1 for an isotropic J",
       Direction::higher},
  };
  for (std::int64_t i = 1; i <= config_.spectrum; ++i)
    measures.push_back({"jacobian/singular_value_" + std::to_string(i),
                        "singular value " + std::to_string(i) + ", largest first," + where,
                        Direction::neither});
  return measures;
}

void JacobianStatistics::begin(const Autoencoder& model, const Split& data) {
  model_ = &model;
  tangents_.emplace(data.train, config_.neighbors, config_.tangent);
  sums_ = at::zeros({kSpectrum + config_.spectrum}, at::kDouble);
  counts_ = at::zeros_like(sums_);
}

void JacobianStatistics::add(const Observation& observation) {
  const auto x = observation.inputs().slice(0, 0, config_.rows - rows_);
  if (x.size(0) == 0 || !finite_ || !has_jacobian(model_->parts())) return;
  rows_ += x.size(0);
  const auto numbers = elements(model_->code_shape()) * elements(model_->input_shape());
  const auto at_once = std::max<std::int64_t>(1, kJacobianNumbersAtOnce / numbers);
  const auto labels =
      observation.labels.defined() ? observation.labels.split(at_once) : std::vector<Tensor>();
  const auto samples = x.split(at_once), tangents = tangents_->at(x).split(at_once);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    StopSignals::check();
    const auto step = model_->conditioned(
        samples[i], labels.empty() ? Tensor() : labels[i].slice(0, 0, samples[i].size(0)));
    const auto j = jacobian(model_->parts(), samples[i], step).cpu().to(at::kDouble);
    finite_ = finite_ && j.isfinite().all().item<bool>();
    if (!finite_) return;
    const auto statistics = jacobian_statistics(j, tangents[i].to(at::kDouble), config_.spectrum);
    sums_ = sums_ + statistics.nansum(0);
    counts_ = counts_ + statistics.isnan().logical_not().sum(0);
  }
}

std::vector<std::optional<double>> JacobianStatistics::values() const {
  std::vector<std::optional<double>> values(static_cast<std::size_t>(sums_.numel()));
  for (std::size_t i = 0; i < values.size() && finite_; ++i) {
    const auto at = static_cast<std::int64_t>(i);
    const double count = counts_[at].item<double>();
    if (count > 0) values[i] = sums_[at].item<double>() / count;
  }
  std::optional<double> ratio;
  if (values[kAlong] && values[kAcross] && *values[kAcross] > 0) ratio = *values[kAlong] / *values[kAcross];
  values.insert(values.begin() + kSpectrum, ratio);
  return values;
}

}  // namespace aelab
