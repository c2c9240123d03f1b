#include "aelab/nn/mixed_likelihood.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>

#include "aelab/core/problems.h"
#include "aelab/nn/capability.h"
#include "aelab/nn/count_draws.h"

namespace aelab {

std::span<const std::string_view> names(CountDistribution) {
  static constexpr std::array<std::string_view, 4> kNames = {
      "poisson", "negative-binomial", "zero-inflated-poisson", "zero-inflated-negative-binomial"};
  return kNames;
}

namespace {

constexpr double kMostLogRate = 30;  // keeps rates finite

Tensor log_rate(const Tensor& output) { return output.clamp_max(kMostLogRate); }

/// log(sigmoid(x)), exact for all x.
Tensor log_sigmoid_of(const Tensor& x) { return -at::logaddexp(at::zeros_like(x), -x); }

}  // namespace

void MixedLikelihood::Config::fields(Fields& f) {
  f("features", features, "kinds of the features, in their order; default: those of the data");
  f("deviation", deviation, "standard deviation of numbers, as they are scaled", above(0))
      .also_known_as({"sigma", "std", "scale"});
  f("learned", learned, "learn a deviation for each numeric feature, which begins with that")
      .also_known_as({"learn_sigma"});
  f("counts", counts, "distribution of counts").also_known_as({"count_distribution", "gene_likelihood"});
}

std::vector<MixedLikelihood::Config> MixedLikelihood::Config::examples() {
  const FeatureGroups features = {{FeatureKind::numeric, 2},
                                  {FeatureKind::categorical, 3},
                                  {FeatureKind::count, 2},
                                  {FeatureKind::flag, 1},
                                  {FeatureKind::categorical, 2}};
  return {{.features = features},
          {},
          {.features = features, .deviation = 0.5, .learned = true, .counts = CountDistribution::poisson},
          {.features = features, .counts = CountDistribution::zero_inflated_poisson},
          {.features = features, .counts = CountDistribution::zero_inflated_negative_binomial}};
}

bool MixedLikelihood::has_dispersion() const {
  return config_.counts == CountDistribution::negative_binomial ||
         config_.counts == CountDistribution::zero_inflated_negative_binomial;
}

bool MixedLikelihood::has_zeros() const {
  return config_.counts == CountDistribution::zero_inflated_poisson ||
         config_.counts == CountDistribution::zero_inflated_negative_binomial;
}

MixedLikelihood::MixedLikelihood(const Config& config) : config_(config) {
  std::int64_t numbers = 0, counts = 0;
  for (const auto& group : config.features) {
    if (group.kind == FeatureKind::numeric) numbers += group.width;
    if (group.kind == FeatureKind::count) counts += group.width;
  }
  if (config.learned && (numbers > 0 || config.features.empty()))
    log_deviation_ = register_parameter(
        "log_deviation",
        at::full(config.features.empty() ? Shape() : Shape{numbers}, std::log(config.deviation)));
  if (has_dispersion() && counts > 0)
    log_dispersion_ = register_parameter("log_dispersion", at::zeros({counts}));
}

Shape MixedLikelihood::output_shape(const Shape& input) const {
  if (config_.features.empty()) return input;
  if (input != Shape{width_of(config_.features)})
    throw FieldError("../likelihood.features", "are " + std::to_string(width_of(config_.features)) +
                                                   " altogether, and the model's inputs have the shape " +
                                                   to_string(input) +
                                                   ": leave them out, they follow from the data");
  auto outputs = input.front();
  for (const auto& group : config_.features)
    if (group.kind == FeatureKind::count && has_zeros()) outputs += group.width;
  return {outputs};
}

template <class Visit>
void MixedLikelihood::for_each_group(Visit visit) const {
  std::array<std::int64_t, 4> of_kind = {};
  std::int64_t feature = 0, output = 0;
  for (const auto& [kind, width] : config_.features) {
    auto& first = of_kind[static_cast<std::size_t>(kind)];
    const auto outputs = kind == FeatureKind::count && has_zeros() ? 2 * width : width;
    visit(kind, feature, width, output, outputs, first);
    feature += width;
    output += outputs;
    first += width;
  }
}

Tensor MixedLikelihood::deviation(std::int64_t first, std::int64_t width, const Tensor& like) const {
  if (!log_deviation_.defined()) return at::full({}, std::log(config_.deviation), like.options());
  return log_deviation_.dim() == 0 ? log_deviation_ : log_deviation_.narrow(0, first, width);
}

Tensor MixedLikelihood::gaussian_cost(const Tensor& mean, const Tensor& target, std::int64_t first) const {
  const auto log_deviation = deviation(first, target.size(1), target);
  return 0.5 * ((target - mean) * (-log_deviation).exp()).square() + log_deviation + 0.5 * std::log(2 * M_PI);
}

Tensor MixedLikelihood::count_cost(const Tensor& output, const Tensor& target, std::int64_t first) const {
  const auto width = target.size(1);
  const auto log_mean = log_rate(output.narrow(1, 0, width));
  Tensor log_probability, log_zero;
  if (has_dispersion()) {
    const auto log_r = log_dispersion_.narrow(0, first, width), r = log_r.exp();
    const auto log_sum = at::logaddexp(log_r, log_mean);
    log_zero = r * (log_r - log_sum);
    log_probability = at::lgamma(target + r) - at::lgamma(r) - at::lgamma(target + 1) + log_zero +
                      target * (log_mean - log_sum);
  } else {
    log_zero = -log_mean.exp();
    log_probability = target * log_mean + log_zero - at::lgamma(target + 1);
  }
  if (!has_zeros()) return -log_probability;
  const auto logit = output.narrow(1, width, width);
  const auto log_other = log_sigmoid_of(-logit), log_zero_of_its_own = log_sigmoid_of(logit);
  return -at::where(target == 0, at::logaddexp(log_zero_of_its_own, log_other + log_zero),
                    log_other + log_probability);
}

Tensor MixedLikelihood::negative_log(const Tensor& output, const Tensor& target) const {
  const auto missing = target.ne(target);  // NaN, also on devices without isnan()
  const auto known = target.masked_fill(missing, 0);
  const auto of_known = [&](const Tensor& cost, std::int64_t first) {
    const auto left_out = missing.flatten(1).narrow(1, first, cost.size(1));
    return cost.masked_fill(left_out, 0).sum(1);
  };
  if (config_.features.empty()) return of_known(gaussian_cost(output.flatten(1), known.flatten(1), 0), 0);
  auto total = at::zeros({target.size(0)}, output.options());
  for_each_group([&](FeatureKind kind, std::int64_t feature, std::int64_t width, std::int64_t at,
                     std::int64_t outputs, std::int64_t first) {
    const auto x = known.narrow(1, feature, width), y = output.narrow(1, at, outputs);
    if (kind == FeatureKind::numeric)
      total = total + of_known(gaussian_cost(y, x, first), feature);
    else if (kind == FeatureKind::count)
      total = total + of_known(count_cost(y, x, first), feature);
    else if (kind == FeatureKind::flag)
      total = total + of_known(-log_sigmoid_of(-y) - x * y, feature);
    else  // a missing category is 0 in all places
      total = total - (x * at::log_softmax(y, 1)).sum(1);
  });
  return total;
}

bool MixedLikelihood::is_distribution_of(const Tensor& target) const {
  bool all = true;
  for_each_group([&](FeatureKind kind, std::int64_t feature, std::int64_t width, std::int64_t, std::int64_t,
                     std::int64_t) {
    const auto x = target.narrow(1, feature, width);
    auto fits = x.isnan();
    if (kind == FeatureKind::numeric) return;
    if (kind == FeatureKind::count)
      fits = fits | ((x >= 0) & (x == x.floor()));
    else
      fits = fits | (x == 0) | (x == 1);
    if (kind == FeatureKind::categorical) fits = fits & (x.isnan().all(1, true) | (x.sum(1, true) == 1));
    all = all && fits.all().item<bool>();
  });
  return all;
}

Tensor MixedLikelihood::mean(const Tensor& output) const {
  if (config_.features.empty()) return output;
  std::vector<Tensor> means;
  for_each_group([&](FeatureKind kind, std::int64_t, std::int64_t width, std::int64_t at,
                     std::int64_t outputs, std::int64_t) {
    const auto y = output.narrow(1, at, outputs);
    if (kind == FeatureKind::numeric)
      means.push_back(y);
    else if (kind == FeatureKind::categorical)
      means.push_back(at::softmax(y, 1));
    else if (kind == FeatureKind::flag)
      means.push_back(at::sigmoid(y));
    else if (has_zeros())
      means.push_back(at::sigmoid(-y.narrow(1, width, width)) * log_rate(y.narrow(1, 0, width)).exp());
    else
      means.push_back(log_rate(y).exp());
  });
  return at::cat(means, 1);
}

Tensor MixedLikelihood::draw(const Tensor& output, const Step& step) const {
  const auto noise = step.noise();
  if (config_.features.empty())
    return output + deviation(0, 1, output).exp() * noise.normal_like("likelihood", output);
  const auto uniform = noise.uniform_like("likelihood", output);
  const auto normal = noise.normal_like("likelihood numbers", output);
  const auto second = has_dispersion() ? noise.uniform_like("likelihood rates", output) : Tensor();
  std::vector<Tensor> draws;
  for_each_group([&](FeatureKind kind, std::int64_t, std::int64_t width, std::int64_t at,
                     std::int64_t outputs, std::int64_t first) {
    const auto y = output.narrow(1, at, outputs), u = uniform.narrow(1, at, outputs);
    if (kind == FeatureKind::numeric) {
      draws.push_back(y + deviation(first, width, y).exp() * normal.narrow(1, at, width));
    } else if (kind == FeatureKind::flag) {
      draws.push_back((u < at::sigmoid(y)).to(y.scalar_type()));
    } else if (kind == FeatureKind::categorical) {
      constexpr double kLeast = 1e-8;  // of a uniform number, whose logarithm is taken
      const auto gumbel = y - (-(u.clamp_min(kLeast)).log()).log();
      draws.push_back(at::one_hot(gumbel.argmax(1), width).to(y.scalar_type()));
    } else {
      auto rate = log_rate(y.narrow(1, 0, width)).exp().to(at::kDouble);
      if (has_dispersion()) {
        const auto r = log_dispersion_.narrow(0, first, width).exp().to(at::kDouble);
        rate = rate * gamma_quantile(second.narrow(1, at, width).to(at::kDouble), r) / r;
      }
      auto counts = poisson_quantile(u.narrow(1, 0, width).to(at::kDouble), rate);
      if (has_zeros())
        counts = at::where(u.narrow(1, width, width) < at::sigmoid(y.narrow(1, width, width)), 0., counts);
      draws.push_back(counts.to(y.scalar_type()));
    }
  });
  return at::cat(draws, 1);
}

}  // namespace aelab
