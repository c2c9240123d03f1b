#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "aelab/data/input_schema.h"
#include "aelab/models/autoencoder.h"
#include "aelab/training/budget.h"
#include "aelab/training/checkpoint_record.h"

namespace aelab {

/// Named values, in the order in which they were computed.
using NamedValues = std::vector<std::pair<std::string, double>>;
/// The value of that name, if there is one.
std::optional<double> find(const NamedValues& metrics, std::string_view name);

/// Sums of the terms of an epoch's batches, each weighted by its rows. They stay on the model's device until
/// they are read.
class Averages {
 public:
  /// `total` is terms.total().
  void add(const Terms& terms, const Tensor& total, std::int64_t rows);
  /// <prefix>loss, then <prefix><term> for each term; none without rows.
  NamedValues means(const std::string& prefix) const;
  double loss() const;
  nlohmann::json save() const;
  void load(const nlohmann::json& saved);

 private:
  std::vector<std::string> names_;  // of the sums but the first, which is the loss
  Tensor sums_;                     // float64
  std::int64_t rows_ = 0;

  std::vector<double> read() const;  // the sums
};

class Callback;

/// A training in progress: what callbacks see, and all that a checkpoint saves besides their own state.
class Training {
 public:
  Training(Autoencoder& trained, const Split& split, std::filesystem::path run_folder)
      : model(trained), data(split), folder(std::move(run_folder)), phases(trained.phases()) {}

  Autoencoder& model;
  const Split& data;
  const std::filesystem::path folder;  ///< of the run; empty if there is none
  std::vector<Phase> phases;
  std::vector<std::shared_ptr<Callback>> callbacks;
  RunIdentity run = {};    ///< checkpoints keep it
  InputSchema input = {};  ///< checkpoints keep it
  std::int64_t seed = 0;   ///< of random draws

  Progress progress;
  std::vector<PhaseLimits> limits;  ///< of the phases
  std::int64_t epoch_batches = 0, epoch_steps = 0;
  std::vector<std::shared_ptr<Optimizer>> optimizers;  ///< of the phase's updates
  std::vector<Averages> averages;                      ///< of the epoch so far, of the phase's updates
  NamedValues metrics;                                 ///< of the last epoch that ended
  std::vector<std::string> notes;     ///< remarks on the epoch so far, or on the phase that begins
  std::vector<std::string> cautions;  ///< notes that concern whoever started the training (History::cautions)

  /// Metrics of the validation split with the current model, <prefix>/<term>; none without a validation
  /// split.
  std::function<NamedValues(const std::string& prefix)> validate;

  /// Steps between two readings of values by the host; 1: every step is read before its parameters change.
  std::int64_t read_every = 1;
  /// [] float32 on the device, 1 from the first step on that is to be skipped because of what is not finite
  /// in it, with all that follow, until the host reads it; undefined where nothing is skipped.
  Tensor found_inf = {};
  std::chrono::steady_clock::duration in_callbacks{};  ///< time that callbacks took since it was last counted
  /// Time in which other trainings had their turns (Trainer::begin).
  std::chrono::steady_clock::duration elsewhere{};
  /// A clock that stands still in other trainings' turns: for times that are this training's own.
  std::chrono::steady_clock::time_point now() const { return std::chrono::steady_clock::now() - elsewhere; }

  const Phase& phase() const { return phases[static_cast<std::size_t>(progress.phase)]; }
  /// The metrics <part>/<prefix><term> of averages of the phase's updates.
  NamedValues means(const std::vector<Averages>& averages, const std::string& part) const;
  /// The mean loss of the phase's main update in the epoch so far; reads it.
  double loss() const;
  const PhaseLimits& limit() const { return limits[static_cast<std::size_t>(progress.phase)]; }
  /// Whether the phase has reached its limit.
  bool limit_reached() const;
  /// The number of epochs of the phase, the last one perhaps cut short; nothing if it is limited by time.
  std::optional<std::int64_t> phase_epochs() const;
  /// The number of steps of the phase, for schedules; 1 if it is limited by time, where no schedule asks.
  std::int64_t phase_steps() const;

  /// Ends the phase after this epoch, with the reason.
  void end_phase(std::string reason) {
    progress.phase_ended = true;
    note(std::move(reason));
  }
  /// Ends this epoch, its phase and the run after this step, with the reason.
  void end_run(std::string reason) {
    progress.run_ended = true;
    note(std::move(reason));
  }
  /// Adds a remark for the display and the log, once.
  void note(std::string remark) {
    if (std::find(notes.begin(), notes.end(), remark) == notes.end()) notes.push_back(std::move(remark));
  }
  /// Adds a note that the training's result repeats.
  void caution(const std::string& text) {
    cautions.push_back("caution: " + text);
    note(cautions.back());
  }
};

}  // namespace aelab
