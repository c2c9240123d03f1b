#include "aelab/nn/bottlenecks.h"

#include <ATen/ATen.h>

#include "aelab/core/problems.h"

namespace aelab {

void KSparseBottleneck::Config::fields(Fields& f) {
  f("k", k, "number of code dimensions that are kept in training", at_least(1));
  f("test_k", test_k, "the same outside training; default: k", at_least(1));
  f("per_channel", per_channel, "keeps k in each channel of a convolutional code, not in the whole code");
  f("activation", activation, "activation of the code").also_known_as({"nonlinearity"});
}

void KSparseBottleneck::build(const Shape& code, std::int64_t /*seed*/) {
  if (config_.per_channel && code.size() < 2)
    throw FieldError("per_channel", "the code has no channels, it is " + to_string(code));
  const auto most = config_.per_channel ? elements(code) / code.front() : elements(code);
  Problems problems;
  for (const auto& [name, k] : {std::pair("k", config_.k), {"test_k", config_.test_k.value_or(1)}})
    if (k > most)
      problems.add({name, std::to_string(k) + " is more than the " + std::to_string(most) +
                              " dimensions to choose from; the code is " + to_string(code)});
  problems.raise();
}

Tensor KSparseBottleneck::kept(const Tensor& activated, const Step& step) const {
  const auto k = step.training ? config_.k : config_.test_k.value_or(config_.k);
  const auto candidates = activated.detach().flatten(config_.per_channel ? 2 : 1);
  const auto places = std::get<1>(candidates.topk(k, -1));
  return at::zeros_like(candidates, at::kBool).scatter(-1, places, true).view_as(activated);
}

Tensor KSparseBottleneck::read(const Tensor& pre_code, const Step& step) const {
  const auto activated = activate(config_.activation, pre_code);
  return at::where(kept(activated, step), activated, 0);
}

Tensor KSparseBottleneck::slope(const Tensor& pre_code, const Tensor&, const Step& step) const {
  const auto activated = activate(config_.activation, pre_code);
  return aelab::slope(config_.activation, pre_code, activated) * kept(activated, step);
}

}  // namespace aelab
