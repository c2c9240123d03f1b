#include "aelab/nn/corruptions.h"

#include <ATen/ATen.h>

namespace aelab {
void Masking::Config::fields(Fields& f) {
  schedule_field(f, "level", level, "probability that a feature is set to zero", between(0, 1))
      .also_known_as({"p", "probability", "rate", "fraction", "noise_level"});
}

Tensor Masking::corrupt(const Tensor& x, const Step& step) const {
  return step.noise().masked("corruption", x, step.value(level_));
}

void ColumnMasking::Config::fields(Fields& f) {
  f("features", features, "kinds of the features, in their order; default: those of the data");
  schedule_field(f, "level", level, "probability that a column is masked", between(0, 1))
      .also_known_as({"p", "probability", "rate", "fraction", "noise_level"});
}

Tensor ColumnMasking::corrupt(const Tensor& x, const Step& step) const {
  const double level = step.value(config_.level);
  if (config_.features.empty()) return step.noise().masked("corruption", x, level);
  if (x.dim() != 2 || x.size(1) != width_of(config_.features)) return corrupt(x.flatten(1), step).view_as(x);
  std::int64_t columns = 0;
  for (const auto& [kind, width] : config_.features) columns += kind == FeatureKind::categorical ? 1 : width;
  const auto kept = step.noise().masked("corruption", at::ones({x.size(0), columns}, x.options()), level);
  std::vector<Tensor> of_features;
  std::int64_t begin = 0;
  for (const auto& [kind, width] : config_.features) {
    const bool one = kind == FeatureKind::categorical;
    of_features.push_back(kept.narrow(1, begin, one ? 1 : width).expand({x.size(0), width}));
    begin += one ? 1 : width;
  }
  return x * at::cat(of_features, 1);
}

void GaussianNoise::Config::fields(Fields& f) {
  schedule_field(f, "level", level, "standard deviation of the noise", at_least(0))
      .also_known_as({"sigma", "std", "stddev", "scale", "noise_level"});
  f("clip", clip, "clip the noisy input to [0, 1]");
}

Tensor GaussianNoise::corrupt(const Tensor& x, const Step& step) const {
  const auto noisy = at::add(x, step.noise().normal_like("corruption", x), step.value(config_.level));
  return config_.clip ? noisy.clamp(0, 1) : noisy;
}

void SaltAndPepper::Config::fields(Fields& f) {
  schedule_field(f, "level", level, "probability that a feature is set to 0 or 1", between(0, 1))
      .also_known_as({"p", "probability", "rate", "fraction", "noise_level"});
}

Tensor SaltAndPepper::corrupt(const Tensor& x, const Step& step) const {
  const auto u = step.noise().uniform_like("corruption", x);
  const double level = step.value(level_);
  return at::where(u < level, (u < level / 2).to(x.scalar_type()), x);
}

}  // namespace aelab
