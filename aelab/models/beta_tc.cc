#include "aelab/models/beta_tc.h"

#include "aelab/nn/dense_backbone.h"

namespace aelab {

void BetaTc::Config::fields(Fields& f) {
  base.fields(f, expand(*this));
  f("alpha", alpha, "weight of the mutual information of rows and codes", at_least(1));
  f("beta", beta, "weight of the total correlation of the code", at_least(1)).also_known_as({"tc_weight"});
  f("gamma", gamma, "weight of each dimension's divergence from the prior", at_least(1));
  DivergencePart::estimate_field(f, estimate);
}

std::vector<BetaTc::Config> BetaTc::Config::examples() {
  return {{.base = {.code = 4}, .beta = 3},
          {.base = {.code = 3}, .alpha = 2, .beta = 2, .gamma = 2, .estimate = AggregateEstimate::weighted}};
}

AutoencoderConfig BetaTc::expand(const Config& config) {
  auto parts = config.base;
  if (!parts.backbone)
    parts.backbone = DenseBackbone::Config{.hidden = {400}, .activation = Activation::tanh};
  parts.default_code = 10;
  parts.set_own_bottleneck(GaussianBottleneck::Config{});
  const auto add = [&]<class Part>(Part part, double weight) {
    if (weight == 1) return;
    part.weight = weight - 1;
    part.estimate = config.estimate;
    parts.add_own_penalty(part);
  };
  add(MutualInformation::Config{}, config.alpha);
  add(TotalCorrelation::Config{}, config.beta);
  add(DimensionwiseDivergence::Config{}, config.gamma);
  return parts;
}

}  // namespace aelab
