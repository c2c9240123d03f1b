#include "aelab/training/loop.h"

#include <ATen/ATen.h>

#include "aelab/core/memory.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/training/checkpoint.h"
#include "aelab/training/freeze.h"

namespace aelab {

at::Device choose_device(Device device) {
  check_device(device);
  return device != Device::cpu && at::hasCUDA() ? at::Device(at::kCUDA) : at::Device(at::kCPU);
}

Loop::Loop(const TrainerConfig& config, std::vector<std::shared_ptr<Callback>> callbacks, std::int64_t seed,
           Autoencoder& model, const Split& data, const Place& place, std::shared_ptr<BatchStream> rows)
    : config_(config),
      seed_(seed),
      device_(choose_device(config.device)),
      training_(model, data, place.folder),
      evaluation_mode_(model, /*training=*/false),
      rows_(std::move(rows)),
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
  // The checkpoint may be from before the boundary of the phase, whose work can be done twice.
  if (training_.progress.phase_ended) each(&Callback::boundary, Callback::Boundary::phase);
  left_ = Clock::now();
}

bool Loop::advance() {
  const auto elsewhere = Clock::now() - left_;
  clock_ += elsewhere;
  training_.elsewhere += elsewhere;
  const bool more = work();
  left_ = Clock::now();
  return more;
}

bool Loop::work() {
  const auto& progress = training_.progress;
  if (history_.signal != 0) return false;
  if (progress.phase_ended) {
    if (progress.run_ended || progress.phase + 1 == phase_count()) return false;
    begin_phase(progress.phase + 1);
  } else if (training_.phase().solve) {
    solve();
  } else if (has_steps_left()) {
    run_step();
    stop_requested();
  } else {
    end_epoch();
    if (!progress.phase_ended) stop_requested();
  }
  return history_.signal == 0;
}

History Loop::finish() {
  in_steps_.reset();
  each(&Callback::finish);
  history_.progress = training_.progress;
  history_.cut_short = cut_short();
  history_.cautions = training_.cautions;
  return std::move(history_);
}

void Loop::begin_phase(std::int64_t phase) {
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

/// A phase in closed form counts as one epoch without steps.
void Loop::solve() {
  try {
    const at::NoGradGuard no_grad;
    training_.phase().solve(training_.data.train);
  } catch (const Stopped&) {
    if (!stop_requested()) throw;
    return;
  }
  training_.averages = updates_.averages_of(training_.data.train);
  end_epoch();
}

bool Loop::has_steps_left() const {
  const auto& progress = training_.progress;
  return progress.batch < training_.epoch_batches && !progress.run_ended && !training_.limit_reached();
}

bool Loop::stop_requested() {
  history_.signal = StopSignals::received();
  if (history_.signal != 0) stop();
  return history_.signal != 0;
}

void Loop::stop() {
  read();
  each(&Callback::boundary, Callback::Boundary::stop);
}

/// If what is read is a failure of an earlier step, the state before that is saved.
void Loop::read() {
  try {
    each(&Callback::read);
  } catch (const Failure&) {
    each(&Callback::boundary, Callback::Boundary::stop);
    throw;
  }
}

/// Calls `work` between two boundaries; if it fails, the state before it is saved.
template <class Work>
void Loop::saved_on_failure(Work work) {
  try {
    work();
  } catch (const Failure&) {
    stop();
    throw;
  }
}

/// One step, on the next batches. The time that others waited for these counts: alone, it would have, too.
void Loop::run_step() {
  auto& progress = training_.progress;
  if (!in_steps_) in_steps_.emplace(training_.model, /*training=*/true);
  const auto end = std::min(progress.batch + config_.accumulate, training_.epoch_batches);
  saved_on_failure([&] {
    const auto due = rows_->take(progress.data_passes, progress.batch, end);
    clock_ -= due.waited_before;
    training_.elsewhere -= due.waited_before;
    updates_.step(due.batches);
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

void Loop::end_epoch() {
  auto& progress = training_.progress;
  in_steps_.reset();
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
std::string Loop::cut_short() const {
  std::vector<std::string> left;
  if (training_.progress.run_ended)
    for (auto i = training_.progress.phase + 1; i < phase_count(); ++i)
      left.push_back('"' + training_.phases[static_cast<std::size_t>(i)].name + '"');
  if (left.empty()) return {};
  return "caution: the run ended in phase \"" + training_.phase().name + "\", before " + join(left, ", ") +
         ": what these phases train is untrained";
}

void Loop::count_time() {
  const auto now = Clock::now();
  const auto passed = now - std::exchange(clock_, now) - std::exchange(training_.in_callbacks, {});
  const double seconds = std::chrono::duration<double>(passed).count();
  training_.progress.seconds += seconds;
  training_.progress.phase_seconds += seconds;
}

NamedValues Loop::validate(const std::string& prefix,
                           const std::function<void(const Update&, const Pass&)>& passed) {
  if (training_.data.validation.size() == 0) return {};
  return training_.means(updates_.averages_of(training_.data.validation, passed), prefix);
}

}  // namespace aelab
