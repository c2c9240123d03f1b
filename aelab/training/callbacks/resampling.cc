#include "aelab/training/callbacks/resampling.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "aelab/nn/silence.h"

namespace aelab {

void Resampling::Config::fields(Fields& f) {
  f("every", every, "number of steps from one resampling to the next", at_least(1))
      .also_known_as({"resample_steps", "interval"});
  f("dead_after", dead_after, "training rows without use after which an element is dead", between(1, 1e15))
      .also_known_as({"dead_feature_threshold", "dead_feature_window"});
}

void Resampling::check_model(Autoencoder& model) const {
  if (model.layers().empty() && model.backbone()->restarts()) return;
  throw FieldError(
      "../callbacks",
      "resampling begins elements of a dictionary anew, and this model has none: choose a sparse "
      "dictionary, such as \"top-k\", or the backbone \"dictionary\"");
}

std::vector<std::string> Resampling::added_metrics(const std::set<std::string>&) const {
  return {"train/resampled"};
}

NamedTensors Resampling::tensors(Training& training) {
  if (!silent_rows_.defined()) {
    const auto options = training.model.backbone()->parameters().front().options().dtype(at::kLong);
    silent_rows_ = training.model.parts().silent_rows;
    owns_ = !silent_rows_.defined();
    if (owns_) silent_rows_ = at::zeros({elements(training.model.code_shape())}, options);
    resampled_ = at::zeros({}, options);
  }
  NamedTensors all = {{"resampled", resampled_}};
  if (owns_) all.emplace_back("silent_rows", silent_rows_);
  return all;
}

void Resampling::phase_begin(Training& training) {
  for (const auto& item : tensors(training)) item.second.zero_();
}

bool Resampling::resamples_now(const Training& training) const {
  return (training.progress.phase_step + 1) % config_.every == 0;
}

void Resampling::batch_passed(Training& training, const Update& update, const Batch& batch,
                              const Pass& pass) {
  const auto& phase = training.phase();
  if (is_passed_ || phase.of_part || &update != &phase.main()) return;
  const at::NoGradGuard no_grad;
  (void)tensors(training);
  if (owns_) {
    if (training.found_inf.defined() && !before_.defined()) before_ = silent_rows_.clone();
    count_silence(silent_rows_, pass);
  }
  if (!resamples_now(training)) return;
  const auto mean = training.model.parts().likelihood.mean(pass.output);
  const auto errors = (pass.target - mean).flatten(1).square().sum(1);
  const Noise noise(training.seed, training.progress.epoch, batch.rows, phase.prefix(update) + "resampling/");
  // The largest of log w + a Gumbel number each are drawn in proportion to w, without replacement.
  const auto gumbel = -(-noise.uniform_like("rows", errors).log()).log();
  inputs_.push_back(pass.input.detach());
  preference_.push_back(2 * errors.log() + gumbel);
}

void Resampling::gradients(Training& training, const Update& update, const std::vector<Tensor>&) {
  if (&update == &training.phase().main()) is_passed_ = true;
}

void Resampling::step_end(Training& training) {
  const at::NoGradGuard no_grad;
  const auto& skipped = training.found_inf;
  if (before_.defined()) silent_rows_.copy_(at::where(skipped > 0, before_, silent_rows_));
  before_ = Tensor();
  is_passed_ = false;
  if (inputs_.empty()) return;
  const auto inputs = at::cat(inputs_), order = at::cat(preference_).argsort(/*dim=*/0, /*descending=*/true);
  inputs_.clear();
  preference_.clear();
  auto dead = silent_rows_ >= config_.dead_after;
  const auto number = dead.cumsum(0) - 1;  // of a dead element among them
  dead = dead & (number < inputs.size(0));
  if (skipped.defined()) dead = dead & (skipped == 0);
  const auto rows = order.index_select(0, number.clamp(0, inputs.size(0) - 1));
  restart(training, dead, inputs.index_select(0, rows));
}

void Resampling::restart(Training& training, const Tensor& elements, const Tensor& inputs) {
  auto& model = training.model;
  auto changed = model.backbone()->restart(elements, inputs);
  for (auto& parameter : model.bottleneck()->restart(elements)) changed.push_back(std::move(parameter));
  for (const auto& parameter : changed)
    for (const auto& optimizer : training.optimizers) optimizer->forget(parameter, elements);
  silent_rows_.masked_fill_(elements, 0);
  resampled_.add_(elements.sum());
}

void Resampling::epoch_end(Training& training) {
  if (training.progress.phase_step == 0) return;
  training.metrics.emplace_back("train/resampled", resampled_.item<double>());
  resampled_.zero_();
}

}  // namespace aelab
