#include "aelab/training/callbacks/sparsity_controller.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"

namespace aelab {
namespace {

const double kLargestLog = std::log(1e6);

/// What a model says that has no weight of its sparsity.
std::string what_sets_it(const Autoencoder& model) {
  const auto& bottleneck = model.config().bottleneck;
  if (!model.layers().empty() || !bottleneck) return "choose a sparse dictionary, such as \"l1-dictionary\"";
  const auto config = write_config(*bottleneck);
  if (config.is_object() && config.contains("k"))
    return "the bottleneck " + bottleneck->kind() +
           " keeps \"k\" elements: set that, and leave the callback out";
  if (config.is_object() && config.contains("target_l0") && !config.at("target_l0").is_null())
    return "the bottleneck " + bottleneck->kind() + " reaches its own \"target_l0\": leave one of them out";
  return "choose \"l1-dictionary\", \"gated\" or \"jump-relu\", or add the penalty \"weighted-l1\"";
}

}  // namespace

void SparsityController::Config::fields(Fields& f) {
  f("l0", l0, "mean number of elements of a code other than zero that is to be reached", above(0))
      .also_known_as({"target", "target_l0", "k"});
  f("decay", decay, "decay of the moving average of that number per step",
    {.least = 0, .most = 1, .open = true})
      .also_known_as({"momentum", "ema"});
  f("rate", rate, "change of the logarithm of the weight's factor per step and unit of log(mean / l0)",
    {.least = 0, .most = 1, .open = true})
      .also_known_as({"gain", "ki"});
}

void SparsityController::check_model(Autoencoder& model) const {
  if (!model.sparsity_scale().defined())
    throw FieldError("../callbacks",
                     "sparsity-controller changes the weight of the sparsity in the objective, "
                     "and this model has none: " +
                         what_sets_it(model));
  if (config_.l0 > static_cast<double>(elements(model.code_shape())))
    throw FieldError("../callbacks",
                     fmt::format("sparsity-controller: l0 is {:g}, but a code has {} elements", config_.l0,
                                 elements(model.code_shape())));
}

std::vector<std::string> SparsityController::added_metrics(const std::set<std::string>&) const {
  return {"train/sparsity-scale", "train/active-elements"};
}

NamedTensors SparsityController::tensors(Training& training) {
  if (!average_.defined()) {
    const auto zero = at::zeros({}, training.model.sparsity_scale().options().dtype(at::kDouble));
    average_ = zero.clone();
    steps_ = zero.clone();
    log_scale_ = zero.clone();
    active_ = zero.clone();
  }
  return {{"average", average_}, {"steps", steps_}, {"log_scale", log_scale_}};
}

void SparsityController::phase_begin(Training& training) {
  for (const auto& item : tensors(training)) item.second.zero_();
  const at::NoGradGuard no_grad;
  training.model.sparsity_scale().fill_(1);
}

void SparsityController::batch_passed(Training& training, const Update& update, const Batch&,
                                      const Pass& pass) {
  const auto& phase = training.phase();
  if (phase.of_part || &update != &phase.main()) return;
  const at::NoGradGuard no_grad;
  (void)tensors(training);
  active_.add_((pass.code != 0).sum());
  rows_ += pass.code.size(0);
}

void SparsityController::step_end(Training& training) {
  if (rows_ == 0) return;
  const at::NoGradGuard no_grad;
  const auto& scale = training.model.sparsity_scale();
  const auto& skipped = training.found_inf;
  const auto set = [&](const Tensor& tensor, const Tensor& value) {
    tensor.copy_(skipped.defined() ? at::where(skipped > 0, tensor, value) : value);
  };
  set(average_, config_.decay * average_ + (1 - config_.decay) * (active_ / static_cast<double>(rows_)));
  set(steps_, steps_ + 1);
  const auto mean = average_ / (1 - at::pow(config_.decay, steps_));
  const auto error = (mean / config_.l0).log().clamp(-1, 1);
  set(log_scale_, (log_scale_ + config_.rate * error).clamp(-kLargestLog, kLargestLog));
  set(scale, log_scale_.exp().to(scale.scalar_type()));
  active_.zero_();
  rows_ = 0;
}

double SparsityController::mean() const {
  return average_.item<double>() / (1 - std::pow(config_.decay, steps_.item<double>()));
}

bool SparsityController::is_near() const {
  constexpr double kNear = 0.1;
  return std::abs(mean() / config_.l0 - 1) <= kNear;
}

bool SparsityController::epoch_counts(const Training& training) const {
  return training.progress.phase_step == 0 || training.phase().of_part || is_near();
}

void SparsityController::epoch_end(Training& training) {
  if (training.progress.phase_step == 0) return;
  training.metrics.emplace_back("train/sparsity-scale", training.model.sparsity_scale().item<double>());
  training.metrics.emplace_back("train/active-elements", mean());
}

void SparsityController::finish(Training& training) {
  if (!training.progress.phase_ended || training.progress.phase_step == 0) return;
  if (is_near()) return;
  const bool at_bound = std::abs(log_scale_.item<double>()) >= kLargestLog;
  training.caution(fmt::format(
      "the sparsity-controller ended at {:.4g} active elements, not at {:g}: {}", mean(), config_.l0,
      at_bound ? "its factor is at its bound, so that the weight itself has to be changed"
               : "train longer, raise its \"rate\", or begin with a weight nearer to the last one"));
}

}  // namespace aelab
