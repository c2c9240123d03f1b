#include "aelab/training/trainer.h"

#include <ATen/ATen.h>

#include <chrono>

#include "aelab/core/config.h"
#include "aelab/core/memory.h"
#include "aelab/core/random.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/data/batches.h"
#include "aelab/nn/compute.h"
#include "aelab/nn/mode.h"
#include "aelab/training/check.h"
#include "aelab/training/checkpoint.h"
#include "aelab/training/freeze.h"
#include "aelab/training/thread_rule.h"
#include "aelab/training/updates.h"

namespace aelab {

namespace {

at::Device choose_device(Device device) {
  check_device(device);
  return device != Device::cpu && at::hasCUDA() ? at::Device(at::kCUDA) : at::Device(at::kCPU);
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
        train_(data.train, config.batch_size, seed),
        updates_(config_, training_, seed_, device_) {
    model.to(device_);
    freeze(training_.phases, model, config.freeze);
    training_.callbacks = std::move(callbacks);
    training_.run = place.run;
    training_.input = place.input;
    training_.seed = seed;
    training_.notes = place.notes;
    training_.validate = [this](const std::string& prefix) { return validate(prefix); };
    training_.epoch_batches = config.epoch_batches(data.train.size());
    training_.epoch_steps = config.epoch_steps(data.train.size());
    training_.limits = phase_limits(config.budget, config.epochs, training_.phases);
    if (place.resume) load_checkpoint(*place.resume, training_, [this] { updates_.begin_phase(); });
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
  ShuffledBatches train_;
  Updates updates_;
  History history_;
  using Clock = std::chrono::steady_clock;
  Clock::time_point clock_;

  std::int64_t phase_count() const { return static_cast<std::int64_t>(training_.phases.size()); }

  template <class... Parameters, class... Arguments>
  void each(void (Callback::*event)(Training&, Parameters...), Arguments&&... arguments) {
    each_callback(training_, event, std::forward<Arguments>(arguments)...);
  }

  void begin_phase(std::int64_t phase) {
    auto& progress = training_.progress;
    progress.phase = phase;
    progress.phase_epoch = progress.phase_step = 0;
    progress.phase_seconds = 0;
    progress.rate_scale = 1;
    progress.phase_ended = false;
    updates_.begin_phase();
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
    training_.averages = updates_.averages_of(training_.data.train);
    end_epoch();
    return true;
  }

  void run_epoch() {
    auto& progress = training_.progress;
    const auto batches = train_.pass(progress.data_passes);
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
    if (history_.signal != 0) stop();
    return history_.signal != 0;
  }

  void stop() {
    read();
    each(&Callback::boundary, Callback::Boundary::stop);
  }

  /// If what is read is a failure of an earlier step, the state before that is saved.
  void read() {
    try {
      each(&Callback::read);
    } catch (const Failure&) {
      each(&Callback::boundary, Callback::Boundary::stop);
      throw;
    }
  }

  /// Calls `work` between two boundaries; if it fails, the state before it is saved.
  template <class Work>
  void saved_on_failure(Work work) {
    try {
      work();
    } catch (const Failure&) {
      stop();
      throw;
    }
  }

  /// One step, on the next batches.
  void run_step(const Batches& batches) {
    auto& progress = training_.progress;
    const auto end = std::min(progress.batch + config_.accumulate, batches.count());
    saved_on_failure([&] {
      std::vector<Batch> due;
      for (auto b = progress.batch; b < end; ++b) due.push_back(batches[b].to(device_));
      updates_.step(due);
    });
    progress.batch = end;
    ++progress.step;
    ++progress.phase_step;
    count_time();
    if (!history_.peak_bytes) history_.peak_bytes = peak_memory();
    each(&Callback::step_end);
    if (progress.phase_step % training_.read_every != 0) return;
    read();
    each(&Callback::boundary, Callback::Boundary::step);
  }

  void end_epoch() {
    auto& progress = training_.progress;
    read();
    training_.metrics = training_.means(training_.averages, "train");
    saved_on_failure([&] {
      const auto tell = [&](const Update& update, const Pass& pass) {
        each(&Callback::validated, update, pass);
      };
      for (auto& metric : validate("validation", tell)) training_.metrics.push_back(std::move(metric));
    });
    training_.averages.assign(training_.averages.size(), {});
    ++progress.epoch;
    ++progress.phase_epoch;
    if (training_.phase().solve || progress.batch >= training_.epoch_batches) {
      ++progress.data_passes;  // a phase that a limit ends within a pass leaves the rest of it to the next
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
    const auto passed = now - std::exchange(clock_, now) - std::exchange(training_.in_callbacks, {});
    const double seconds = std::chrono::duration<double>(passed).count();
    training_.progress.seconds += seconds;
    training_.progress.phase_seconds += seconds;
  }

  NamedValues validate(const std::string& prefix,
                       const std::function<void(const Update&, const Pass&)>& passed = {}) {
    if (training_.data.validation.size() == 0) return {};
    return training_.means(updates_.averages_of(training_.data.validation, passed), prefix);
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
  problems.attempt([&] { in_field("kernels", [&] { resolve(config_.kernels); }); });
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
  const auto threads = config_.threads ? *config_.threads : default_threads(model, data, config_);
  const auto used = place.resume ? recorded_kernels(*place.resume, config_.kernels) : config_.kernels;
  const Compute compute = in_field("kernels", [&] { return Compute(threads, used); });
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
