#include "aelab/evaluation/metrics/codebook_use.h"

#include <ATen/ATen.h>

namespace aelab {

std::vector<Measure> CodebookUse::measures() const {
  return {
      {"codebook/perplexity",
       "exp of the entropy, in nats, of the frequencies of the codebook's codes over all rows and places: "
       "the "
       "number of codes where all are used equally often",
       Direction::higher},
      {"codebook/used", "share of the codebook's codes that occur, over all rows and places",
       Direction::higher},
  };
}

void CodebookUse::begin(const Autoencoder& model, const Split&) {
  model_ = &model;
  if (const auto codes = model.parts().bottleneck.codebook_size(); codes > 0)
    counts_ = at::zeros({codes}, at::kLong);
}

void CodebookUse::add(const Observation& observation) {
  if (!counts_.defined()) return;
  const auto& x = observation.target;
  const auto& [backbone, bottleneck, likelihood] = model_->parts();
  const auto pre_code = backbone.encode(x, model_->conditioned(observation.labels));
  Pass pass{.target = x, .input = x, .pre_code = pre_code, .code = {}, .output = {}};
  bottleneck.code(pass, {});
  counts_ = counts_ + at::bincount(pass.extras.at("indices").flatten().cpu(), {}, counts_.size(0));
}

std::vector<std::optional<double>> CodebookUse::values() const {
  std::vector<std::optional<double>> values(2);
  if (!counts_.defined() || counts_.sum().item<std::int64_t>() == 0) return values;
  const auto shares = counts_.to(at::kDouble) / counts_.sum();
  values[0] = (-at::xlogy(shares, shares).sum()).exp().item<double>();
  values[1] = (counts_ > 0).to(at::kDouble).mean().item<double>();
  return values;
}

}  // namespace aelab
