#include "aelab/training/trainer.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <chrono>

#include "aelab/core/config.h"
#include "aelab/core/memory.h"
#include "aelab/core/random.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/data/batches.h"
#include "aelab/nn/compute.h"
#include "aelab/nn/default_generator.h"
#include "aelab/nn/mode.h"
#include "aelab/training/check.h"
#include "aelab/training/checkpoint.h"
#include "aelab/training/freeze.h"
#include "aelab/training/thread_rule.h"

namespace aelab {

namespace {

constexpr std::int64_t kValidationRows =
    1000;  // per batch; fixed, so that the batch size does not change sums

at::Device choose_device(Device device) {
  check_device(device);
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

/// Scales all gradients together to at most this length (Pascanu et al. 2013, algorithm 1).
void clip_norm(std::vector<Tensor>& gradients, double most) {
  const auto norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients)));
  gradients = at::_foreach_mul(gradients, (most / (norm + 1e-6)).clamp_max(1));
}

void clip_value(std::vector<Tensor>& gradients, double most) {
  gradients = at::_foreach_clamp_max(at::_foreach_clamp_min(gradients, -most), most);
}

/// One fit: the training's state, and the loop that advances it.
class Loop {
 public:
  Loop(const TrainerConfig& config, std::vector<std::shared_ptr<Callback>> callbacks, std::int64_t seed,
       Autoencoder& model, const Split& data, const Place& place)
      : config_(config),
        seed_(seed),
        device_(choose_device(config.device)),
        training_(model, data, place.folder),
        evaluation_mode_(model, /*training=*/false),
        default_generator_(device_),
        train_(data.train, config.batch_size, seed) {
    model.to(device_);
    freeze(training_.phases, model, config.freeze);
    training_.callbacks = std::move(callbacks);
    training_.run = place.run;
    training_.input = place.input;
    training_.notes = place.notes;
    training_.validate = [this](const std::string& prefix) { return validate(prefix); };
    training_.epoch_batches = config.epoch_batches(data.train.size());
    training_.epoch_steps = config.epoch_steps(data.train.size());
    training_.limits = phase_limits(config.budget, config.epochs, training_.phases);
    if (place.resume) load_checkpoint(*place.resume, training_, [this] { make_optimizers(); });
    clock_ = Clock::now();
    each(&Callback::start);
    if (!place.resume) begin_phase(0);
  }

  History run() {
    const auto& progress = training_.progress;
    // The checkpoint may be from before the boundary of the phase, whose work can be done twice.
    if (progress.phase_ended) each(&Callback::boundary, Callback::Boundary::phase);
    while (run_phase() && !progress.run_ended && progress.phase + 1 < phase_count())
      begin_phase(progress.phase + 1);
    each(&Callback::finish);
    history_.progress = progress;
    history_.cut_short = cut_short();
    history_.cautions = training_.cautions;
    return std::move(history_);
  }

 private:
  const TrainerConfig& config_;
  std::int64_t seed_;
  at::Device device_;
  Training training_;
  const ModeScope evaluation_mode_;  // except in steps
  DefaultGeneratorScope default_generator_;
  ShuffledBatches train_;
  History history_;
  using Clock = std::chrono::steady_clock;
  Clock::time_point clock_;

  std::int64_t phase_count() const { return static_cast<std::int64_t>(training_.phases.size()); }

  template <class... Parameters, class... Arguments>
  void each(void (Callback::*event)(Training&, Parameters...), Arguments&&... arguments) {
    const auto begun = Clock::now();
    for (const auto& callback : training_.callbacks) ((*callback).*event)(training_, arguments...);
    clock_ += Clock::now() - begun;  // what they write is not training
  }

  /// Makes the optimizers of a phase, at its beginning and on resume within it.
  void make_optimizers() {
    training_.optimizers.clear();
    if (training_.phase().solve) return;
    for (const auto& update : training_.phase().updates)
      training_.optimizers.push_back(config_.optimizer.make(update.parameters));
  }

  void begin_phase(std::int64_t phase) {
    auto& progress = training_.progress;
    progress.phase = phase;
    progress.phase_epoch = progress.phase_step = 0;
    progress.phase_seconds = 0;
    progress.rate_scale = 1;
    progress.phase_ended = false;
    make_optimizers();
    const at::NoGradGuard no_grad;
    if (training_.phase().begin) training_.phase().begin(training_.data.train);
    for (const auto& optimizer : training_.optimizers)
      if (training_.epoch_steps > 1 && !optimizer->caution().empty()) training_.note(optimizer->caution());
    each(&Callback::phase_begin);
    training_.notes.clear();
  }

  /// False when a signal stopped it.
  bool run_phase() {
    if (training_.phase().solve && !training_.progress.phase_ended && !solve()) return false;
    while (!training_.progress.phase_ended) {
      run_epoch();
      if (history_.signal) return false;
    }
    return true;
  }

  /// A phase in closed form counts as one epoch without steps. False when a signal stopped it.
  bool solve() {
    try {
      const at::NoGradGuard no_grad;
      training_.phase().solve(training_.data.train);
    } catch (const Stopped&) {
      return !stop_requested();
    }
    training_.averages = averages_of(training_.data.train);
    end_epoch();
    return true;
  }

  void run_epoch() {
    auto& progress = training_.progress;
    const auto batches = train_.pass(progress.pass);
    {
      const ModeScope training_mode(training_.model, /*training=*/true);
      while (progress.batch < batches.count() && !progress.run_ended && !training_.limit_reached()) {
        run_step(batches);
        if (stop_requested()) return;
      }
    }
    end_epoch();
    if (!progress.phase_ended) stop_requested();
  }

  bool stop_requested() {
    history_.signal = StopSignals::received();
    if (history_.signal) each(&Callback::boundary, Callback::Boundary::stop);
    return history_.signal != 0;
  }

  /// Calls `work` between two boundaries; if it fails, the state before it is saved.
  template <class Work>
  void saved_on_failure(Work work) {
    try {
      work();
    } catch (const Failure&) {
      each(&Callback::boundary, Callback::Boundary::stop);
      throw;
    }
  }

  /// One optimizer step, on the next batches.
  void run_step(const Batches& batches) {
    auto& progress = training_.progress;
    const auto end = std::min(progress.batch + config_.accumulate, batches.count());
    saved_on_failure([&] {
      std::vector<Batch> parts;
      for (auto b = progress.batch; b < end; ++b) parts.push_back(batches[b].to(device_));
      for (std::size_t i = 0; i < training_.optimizers.size(); ++i)
        run_update(training_.phase().updates[i], *training_.optimizers[i], parts, /*counted=*/i == 0);
    });
    progress.batch = end;
    ++progress.step;
    ++progress.phase_step;
    count_time();
    if (!history_.peak_bytes) history_.peak_bytes = peak_memory();
    each(&Callback::step_end);
    each(&Callback::boundary, Callback::Boundary::step);
  }

  void run_update(const Update& update, Optimizer& optimizer, const std::vector<Batch>& parts, bool counted) {
    const auto parameters = values_of(update.parameters);
    std::vector<Pass> passes;  // of the first evaluation; a line search makes more
    const auto objective = [&] {
      const bool first = passes.empty();
      auto evaluation =
          evaluate(update.objective, parts, parameters, counted && first, first ? &passes : nullptr);
      each(&Callback::gradients, update, evaluation.gradients);
      if (config_.clip_norm) clip_norm(evaluation.gradients, *config_.clip_norm);
      if (config_.clip_value) clip_value(evaluation.gradients, *config_.clip_value);
      return evaluation;
    };
    optimizer.step(objective, at(training_.progress.position(), /*training=*/true));
    if (update.after_step) update.after_step(passes);
  }

  /// Loss and gradients over all rows of the batches, each weighted by its rows.
  Evaluation evaluate(const Objective& objective, const std::vector<Batch>& parts,
                      const std::vector<Tensor>& parameters, bool counted, std::vector<Pass>* passes) {
    double rows = 0;
    for (const auto& part : parts) rows += static_cast<double>(part.size());
    Evaluation whole;
    auto position = training_.progress.position();
    for (const auto& part : parts) {
      Pass pass;
      const auto step = at(position, /*training=*/true, part.rows);
      default_generator_.seed(random_seed(seed_, "default generator", position));
      const auto terms = objective(part, step, pass);
      each(&Callback::batch_passed, part, pass);
      each(&Callback::losses, terms);
      const auto total = terms.total();
      if (counted) training_.averages.add(terms, total, part.size());
      if (passes) passes->push_back(pass);
      add(whole, total, parameters, static_cast<double>(part.size()) / rows);
      ++position.batch;
    }
    return whole;
  }

  static void add(Evaluation& whole, const Tensor& loss, const std::vector<Tensor>& parameters,
                  double share) {
    auto gradients = gradients_of(loss, parameters);
    if (share == 1) {
      whole = {loss.detach(), std::move(gradients)};
      return;
    }
    const auto scaled = at::_foreach_mul(gradients, share);
    whole.loss = whole.loss.defined() ? whole.loss + loss.detach() * share : loss.detach() * share;
    whole.gradients = whole.gradients.empty() ? scaled : at::_foreach_add(whole.gradients, scaled);
  }

  void end_epoch() {
    auto& progress = training_.progress;
    training_.metrics = training_.averages.means("train");
    saved_on_failure([&] {
      for (auto& metric : validate("validation")) training_.metrics.push_back(std::move(metric));
    });
    training_.averages = {};
    ++progress.epoch;
    ++progress.phase_epoch;
    if (training_.phase().solve || progress.batch >= training_.epoch_batches) {
      ++progress.pass;  // a phase that a limit ends within a pass leaves the rest of it to the next
      progress.batch = 0;
    }
    count_time();
    progress.phase_ended = progress.run_ended || training_.limit_reached();
    if (const auto sentence = cut_short(); !sentence.empty()) training_.note(sentence);
    each(&Callback::epoch_end);
    training_.notes.clear();
    history_.epochs.push_back({training_.phase().name, progress.step, training_.metrics});
    each(&Callback::boundary, Callback::Boundary::epoch);
    if (progress.phase_ended) each(&Callback::boundary, Callback::Boundary::phase);
  }

  /// Says which phases a run that a callback ended leaves out; "" where none.
  std::string cut_short() const {
    std::vector<std::string> left;
    if (training_.progress.run_ended)
      for (auto i = training_.progress.phase + 1; i < phase_count(); ++i)
        left.push_back('"' + training_.phases[static_cast<std::size_t>(i)].name + '"');
    if (left.empty()) return {};
    return "caution: the run ended in phase \"" + training_.phase().name + "\", before " + join(left, ", ") +
           ": what these phases train is untrained";
  }

  void count_time() {
    const auto now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - std::exchange(clock_, now)).count();
    training_.progress.seconds += seconds;
    training_.progress.phase_seconds += seconds;
  }

  Metrics validate(const std::string& prefix) {
    if (training_.data.validation.size() == 0) return {};
    return averages_of(training_.data.validation).means(prefix);
  }

  /// The phase's objective over a whole data set, outside training.
  Averages averages_of(const Dataset& data) {
    const at::NoGradGuard no_grad;
    const Batches batches(data, kValidationRows);
    Averages averages;
    for (std::int64_t b = 0; b < batches.count(); ++b) {
      const auto batch = batches[b].to(device_);
      Pass pass;
      const auto step = at({.epoch = 0, .batch = b}, /*training=*/false, batch.rows);
      const auto terms = training_.phase().updates.front().objective(batch, step, pass);
      averages.add(terms, terms.total(), batch.size());
    }
    return averages;
  }

  Step at(Position position, bool training, const Tensor& rows = {}) const {
    return {.at = position,
            .seed = seed_,
            .training = training,
            .in_phase = training_.progress.phase_step,
            .phase_steps = training_.phase_steps(),
            .rate_scale = training_.progress.rate_scale,
            .scope = {},
            .rows = rows};
  }
};

}  // namespace

Trainer::Trainer(TrainerConfig config, std::vector<CallbackConfig> callbacks, std::int64_t seed)
    : config_(std::move(config)), callbacks_(std::move(callbacks)), seed_(seed) {
  check_config(config_, "TrainerConfig");
}

CheckedTraining Trainer::check(Autoencoder& model, const Split& data, bool with_folder) const {
  Problems problems;
  auto checked = check(model, data, with_folder, problems);
  problems.raise("training");
  return *std::move(checked);
}

std::optional<CheckedTraining> Trainer::check(Autoencoder& model, const Split& data, bool with_folder,
                                              Problems& problems) const {
  const auto before = problems.all().size();
  problems.attempt([&] { check_device(config_.device); });
  problems.attempt([&] { resolve(config_.kernels); });
  auto checked = check_training(config_, callbacks_, model, data, with_folder, problems);
  if (problems.all().size() > before) return {};
  return CheckedTraining(model, std::move(checked));
}

History Trainer::fit(Autoencoder& model, const Split& data, const Place& place) const {
  return fit(check(model, data, !place.folder.empty()), place);
}

History Trainer::fit(const CheckedTraining& checked, const Place& place) const {
  auto& model = *checked.model_;
  const auto& data = checked.data();
  const Compute compute(config_.threads ? *config_.threads : default_threads(model, data, config_),
                        place.resume ? recorded_kernels(*place.resume, config_.kernels) : config_.kernels);
  auto placed = place;
  if (compute.threads() < config_.threads.value_or(0))
    placed.notes.push_back("caution: OpenMP provides " + std::to_string(compute.threads()) + " of " +
                           std::to_string(*config_.threads) +
                           " threads; results may differ in their last bits");
  auto callbacks = make_callbacks(callbacks_, !place.folder.empty());
  callbacks.insert(callbacks.end(), watchers_.begin(), watchers_.end());
  return Loop(config_, std::move(callbacks), seed_, model, data, placed).run();
}

}  // namespace aelab
