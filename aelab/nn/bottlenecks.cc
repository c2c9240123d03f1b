#include "aelab/nn/bottlenecks.h"

#include <ATen/ATen.h>

#include "aelab/core/problems.h"

namespace aelab {

void KSparseBottleneck::Config::fields(Fields& f) {
  f("k", k, "numbers of a code that are kept in training", at_least(1));
  f("test_k", test_k, "and otherwise; k when left out", at_least(1));
  f("per_channel", per_channel, "keep k of each channel of a convolutional code, not of the whole code");
  f("activation", activation, "the activation of what is kept");
}

KSparseBottleneck::KSparseBottleneck(const Config& config, const Shape& code) : config_(config) {
  if (config.per_channel && code.size() < 2)
    throw Error("model.bottleneck.per_channel: the code has no channels, it is " + to_string(code));
  const auto most = config.per_channel ? elements(code) / code.front() : elements(code);
  Problems problems;
  for (const auto& [name, k] : {std::pair("k", config.k), {"test_k", config.test_k.value_or(1)}})
    if (k > most)
      problems.add(std::string("model.bottleneck.") + name + ": " + std::to_string(k) + " is more than the " +
                   std::to_string(most) + " numbers to keep them from; the code is " + to_string(code));
  problems.raise();
}

Tensor KSparseBottleneck::forward(const Tensor& pre_code, const Step& step) const {
  const auto k = step.training ? config_.k : config_.test_k.value_or(config_.k);
  const auto activated = activate(config_.activation, pre_code);
  const auto candidates = activated.flatten(config_.per_channel ? 2 : 1);
  const auto places = std::get<1>(candidates.detach().topk(k, -1));
  const auto kept = at::zeros_like(candidates).scatter(-1, places, candidates.gather(-1, places));
  return kept.view_as(pre_code);
}

Tensor KSparseBottleneck::slope(const Tensor& pre_code, const Tensor& code) const {
  return aelab::slope(config_.activation, pre_code, code) * (code != 0);
}

}  // namespace aelab
