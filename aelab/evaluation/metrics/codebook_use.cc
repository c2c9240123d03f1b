#include "aelab/evaluation/metrics/codebook_use.h"

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

void CodebookUse::begin(const Autoencoder& model, const Split&) { model_ = &model; }

void CodebookUse::add(const Observation& observation) {
  const auto& [backbone, bottleneck, likelihood, silent_rows] = model_->parts();
  if (bottleneck.codebook_size() == 0) return;
  const auto& x = observation.inputs();
  const auto pre_code = backbone.encode(model_->filled(x), model_->conditioned(x, observation.labels));
  Pass pass{.target = observation.target, .input = x, .pre_code = pre_code, .code = {}, .output = {}};
  bottleneck.code(pass, {});
  counts_.add(pass.extras.at("indices"), bottleneck.codebook_size());
}

std::vector<std::optional<double>> CodebookUse::values() const {
  if (counts_.empty()) return std::vector<std::optional<double>>(2);
  return {counts_.perplexity(), counts_.used()};
}

}  // namespace aelab
