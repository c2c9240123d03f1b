#include "aelab/training/callbacks/weight_average.h"

#include <ATen/ATen.h>

#include <cmath>

#include "aelab/training/checkpoint.h"

namespace aelab {

std::vector<std::string> WeightAverage::added_metrics(const std::set<std::string>& known) const {
  constexpr std::string_view kPart = "validation/";
  std::vector<std::string> names;
  for (const auto& name : known)
    if (name.starts_with(kPart)) names.push_back("ema/" + name.substr(kPart.size()));
  return names;
}

NamedTensors WeightAverage::tensors(Training& training) {
  if (sums_.empty())
    for (const auto& [name, weight] : parameters_of(training.model))
      sums_.emplace_back(name, at::zeros_like(weight.detach()));
  return sums_;
}

void WeightAverage::phase_begin(Training& training) {
  for (const auto& item : tensors(training)) item.second.zero_();
}

void WeightAverage::step_end(Training& training) {
  const at::NoGradGuard no_grad;
  const auto weights = parameters_of(training.model);
  const auto sums = tensors(training);
  const auto& skipped = training.found_inf;
  for (std::size_t i = 0; i < sums.size(); ++i)
    if (skipped.defined())
      sums[i].second.lerp_(weights[i].second, (1 - skipped) * (1 - decay_));
    else
      sums[i].second.lerp_(weights[i].second, 1 - decay_);
}

void WeightAverage::with_average(Training& training, const std::function<void()>& work) {
  const at::NoGradGuard no_grad;
  const auto weights = parameters_of(training.model);
  const auto sums = tensors(training);
  const double share = 1 - std::pow(decay_, static_cast<double>(training.progress.phase_step));
  std::vector<Tensor> raw;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    raw.push_back(weights[i].second.detach().clone());
    weights[i].second.copy_(sums[i].second / share);
  }
  work();
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i].second.copy_(raw[i]);
}

void WeightAverage::epoch_end(Training& training) {
  if (training.progress.phase_step == 0) return;
  with_average(training, [&] {
    for (auto& metric : training.validate("ema")) training.metrics.push_back(std::move(metric));
  });
}

void WeightAverage::boundary(Training& training, Boundary boundary) {
  if (training.progress.phase_step == 0 || (boundary != Boundary::phase && boundary != Boundary::stop))
    return;
  const auto folder = training.folder / "checkpoints";
  std::filesystem::create_directories(folder);
  with_average(training, [&] { save_checkpoint(folder / "ema.safetensors", training); });
}

}  // namespace aelab
