#include "aelab/training/trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <array>
#include <set>

#include "aelab/core/config.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/data/batches.h"
#include "aelab/training/checkpoint.h"

namespace aelab {

std::span<const std::string_view> names(Device) {
  static constexpr std::array<std::string_view, 3> kNames = {"auto", "cpu", "cuda"};
  return kNames;
}

void TrainerConfig::fields(Fields& f) {
  f("epochs", epochs, "passes over the training data, in each phase", at_least(1));
  f("batch_size", batch_size, "rows of a step", at_least(1));
  f("optimizer", optimizer, "how parameters follow gradients");
  f("device", device, "auto: CUDA where LibTorch has it, else the CPU");
  f("threads", threads, "processor threads; all when left out", between(1, 1024));
}

namespace {

constexpr std::int64_t kValidationRows = 1000;  // at once; fixed, so that the batch size does not change sums

at::Device choose_device(Device device) {
  if (device == Device::cuda && !at::hasCUDA())
    throw Error("training.device: this LibTorch has no CUDA device; use \"auto\" or \"cpu\"");
  return device != Device::cpu && at::hasCUDA() ? at::Device(at::kCUDA) : at::Device(at::kCPU);
}

std::vector<Tensor> values_of(const NamedTensors& named) {
  std::vector<Tensor> tensors;
  for (const auto& item : named) tensors.push_back(item.second);
  return tensors;
}

/// Gradients of a scalar; zeros for parameters that it does not depend on.
std::vector<Tensor> gradients_of(const Tensor& total, const std::vector<Tensor>& parameters) {
  auto gradients =
      torch::autograd::grad({total}, parameters, /*grad_outputs=*/{}, /*retain_graph=*/std::nullopt,
                            /*create_graph=*/false, /*allow_unused=*/true);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    if (!gradients[i].defined()) gradients[i] = at::zeros_like(parameters[i]);
  return gradients;
}

/// One fit: the training's state, and the loop that moves it.
class Loop {
 public:
  Loop(const TrainerConfig& config, std::vector<std::shared_ptr<Callback>> callbacks, std::int64_t seed,
       Autoencoder& model, const Split& data, const Place& place)
      : config_(config),
        seed_(seed),
        device_(choose_device(config.device)),
        training_(model, data, place.folder) {
    model.to(device_);
    training_.callbacks = std::move(callbacks);
    training_.epoch_batches = Batches(data.train, config.batch_size).count();
    training_.phase_epochs = config.epochs;
    if (place.resume) load_checkpoint(*place.resume, training_, [this] { make_optimizers(); });
    each(&Callback::start);
    if (!place.resume) begin_phase(0);
  }

  History run() {
    while (run_phase() && training_.progress.phase + 1 < phase_count())
      begin_phase(training_.progress.phase + 1);
    each(&Callback::finish);
    return std::move(history_);
  }

 private:
  const TrainerConfig& config_;
  std::int64_t seed_;
  at::Device device_;
  Training training_;
  History history_;

  std::int64_t phase_count() const { return static_cast<std::int64_t>(training_.phases.size()); }

  template <class... Parameters, class... Arguments>
  void each(void (Callback::*event)(Training&, Parameters...), Arguments&&... arguments) {
    for (const auto& callback : training_.callbacks) ((*callback).*event)(training_, arguments...);
  }

  void make_optimizers() {
    training_.optimizers.clear();
    for (const auto& update : training_.phase().updates)
      training_.optimizers.push_back(config_.optimizer.make(update.parameters));
  }

  void begin_phase(std::int64_t phase) {
    auto& progress = training_.progress;
    progress.phase = phase;
    progress.phase_epoch = progress.phase_step = 0;
    progress.phase_ended = false;
    make_optimizers();
    each(&Callback::phase_begin);
  }

  /// False when a signal stopped it.
  bool run_phase() {
    while (!training_.progress.phase_ended) {
      run_epoch();
      if (history_.signal) return false;
    }
    return true;
  }

  void run_epoch() {
    auto& progress = training_.progress;
    const Batches batches(training_.data.train, config_.batch_size,
                          shuffled_order(training_.data.train.size(), seed_, progress.epoch));
    while (progress.batch < batches.count()) {
      run_step(batches[progress.batch].to(device_));
      if (stop_requested()) return;
    }
    end_epoch();
    if (!progress.phase_ended) stop_requested();
  }

  bool stop_requested() {
    history_.signal = StopSignals::received();
    if (history_.signal) each(&Callback::boundary, Callback::Boundary::stop);
    return history_.signal != 0;
  }

  void run_step(const Batch& batch) {
    auto& progress = training_.progress;
    const auto step = at(progress.position(), /*training=*/true);
    try {
      for (std::size_t i = 0; i < training_.optimizers.size(); ++i)
        run_update(training_.phase().updates[i], *training_.optimizers[i], batch, step, /*counted=*/i == 0);
    } catch (const Failure&) {
      each(&Callback::boundary, Callback::Boundary::stop);
      throw;
    }
    ++progress.batch;
    ++progress.step;
    ++progress.phase_step;
    each(&Callback::step_end);
    each(&Callback::boundary, Callback::Boundary::step);
  }

  void run_update(const Update& update, Optimizer& optimizer, const Batch& batch, const Step& step,
                  bool counted) {
    const auto parameters = values_of(update.parameters);
    std::optional<Terms> first;
    optimizer.step(
        [&] {
          Pass pass;
          const auto terms = update.objective(batch, step, pass);
          each(&Callback::losses, terms);
          if (!first) first = terms;
          return gradients_of(terms.total(), parameters);
        },
        step);
    if (counted) training_.averages.add(*first, batch.size());
  }

  void end_epoch() {
    auto& progress = training_.progress;
    training_.metrics = training_.averages.means("train");
    for (auto& metric : validate()) training_.metrics.push_back(std::move(metric));
    training_.averages = {};
    training_.notes.clear();
    ++progress.epoch;
    ++progress.phase_epoch;
    progress.batch = 0;
    progress.phase_ended = progress.phase_epoch == training_.phase_epochs;
    each(&Callback::epoch_end);
    history_.epochs.push_back({training_.phase().name, progress.step, training_.metrics});
    each(&Callback::boundary, Callback::Boundary::epoch);
    if (progress.phase_ended) each(&Callback::boundary, Callback::Boundary::phase);
  }

  Metrics validate() {
    if (training_.data.validation.size() == 0) return {};
    const at::NoGradGuard no_grad;
    const Batches batches(training_.data.validation, kValidationRows);
    Averages averages;
    for (std::int64_t b = 0; b < batches.count(); ++b) {
      const auto batch = batches[b].to(device_);
      Pass pass;
      const auto step = at({.epoch = 0, .batch = b}, /*training=*/false);
      averages.add(training_.phase().updates.front().objective(batch, step, pass), batch.size());
    }
    return averages.means("validation");
  }

  Step at(Position position, bool training) const {
    return {.at = position,
            .seed = seed_,
            .training = training,
            .in_phase = training_.progress.phase_step,
            .phase_steps = training_.phase_epochs * training_.epoch_batches,
            .scope = {}};
  }
};

void check_values(const std::string& part, const Dataset& data, const Bounds& support,
                  const std::string& likelihood) {
  if (data.size() == 0) return;
  const auto [least, most] = value_range(data);
  if (!std::isfinite(least) || !std::isfinite(most))
    throw Error("data: the " + part + " part holds values that are not finite");
  if (!support.allow(least) || !support.allow(most))
    throw Error("model.likelihood: " + likelihood + " is for inputs between " + shortest(support.least) +
                " and " + shortest(support.most) + ", and the " + part + " part has " + shortest(least) +
                " to " + shortest(most) + "; use \"gaussian\", or another \"scale\" of the data");
}

/// The names that an epoch's metrics will have in any phase.
std::set<std::string> metric_names(Autoencoder& model, const Split& data) {
  const at::NoGradGuard no_grad;
  std::set<std::string> names;
  const auto row = data.train.range(0, 1);
  for (const auto& phase : model.phases()) {
    Pass pass;
    const auto terms = phase.updates.front().objective(row, Step{}, pass);
    for (const std::string part : {"train", "validation"}) {
      if (part == "validation" && data.validation.size() == 0) continue;
      names.insert(part + "/loss");
      for (const auto& term : terms.all()) names.insert(part + "/" + term.name);
    }
  }
  return names;
}

void check_monitors(const std::vector<std::shared_ptr<Callback>>& callbacks, Autoencoder& model,
                    const Split& data) {
  std::optional<std::set<std::string>> known;
  for (const auto& callback : callbacks) {
    const auto monitored = callback->monitored();
    if (monitored.empty()) continue;
    if (!known) known = metric_names(model, data);
    if (!known->contains(monitored))
      throw Error("callbacks: no metric \"" + monitored + "\" to monitor." +
                  did_you_mean(monitored, std::vector<std::string>(known->begin(), known->end())));
  }
}

}  // namespace

Trainer::Trainer(TrainerConfig config, std::vector<CallbackConfig> callbacks, std::int64_t seed)
    : config_(std::move(config)), callbacks_(std::move(callbacks)), seed_(seed) {
  check_config(config_, "TrainerConfig");
}

void Trainer::check(Autoencoder& model, const Split& data, bool with_folder) const {
  choose_device(config_.device);
  if (data.train.shape() != model.input_shape())
    throw Error("the model is built for inputs of " + to_string(model.input_shape()) + ", the data are " +
                to_string(data.train.shape()));
  const auto support = model.likelihood().support();
  const auto& likelihood = model.config().likelihood->kind();
  check_values("training", data.train, support, likelihood);
  check_values("validation", data.validation, support, likelihood);
  const auto callbacks = make_callbacks(callbacks_, with_folder);
  check_monitors(callbacks, model, data);
  for (const auto& callback : callbacks) callback->check(data);
}

History Trainer::fit(Autoencoder& model, const Split& data, const Place& place) const {
  check(model, data, !place.folder.empty());
  if (config_.threads) at::set_num_threads(static_cast<int>(*config_.threads));
  return Loop(config_, make_callbacks(callbacks_, !place.folder.empty()), seed_, model, data, place).run();
}

}  // namespace aelab
