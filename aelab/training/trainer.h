#pragma once

#include "aelab/core/problems.h"
#include "aelab/nn/kernels.h"
#include "aelab/training/budget.h"
#include "aelab/training/callback.h"

namespace aelab {

enum class Device { automatic, cpu, cuda };
std::span<const std::string_view> names(Device);

/// Throws an Error if this LibTorch does not have the device.
void check_device(Device device);

/// How a model is trained. The phases of the model say what is trained; their updates may have an optimizer
/// and a clip_norm of their own instead of these.
struct TrainerConfig {
  std::int64_t epochs = 10;           ///< of each phase
  std::optional<Budget> budget = {};  ///< of all phases together, instead of epochs
  std::int64_t batch_size = 128;
  Choice<Optimizer> optimizer = Adam::Config{};
  /// Batches per optimizer step, as if they were one: terms that depend on all rows of a batch together
  /// (Additivity::batch) are refused.
  std::int64_t accumulate = 1;
  std::optional<double> clip_norm = {};   ///< largest norm of all gradients of an update together
  std::optional<double> clip_value = {};  ///< largest absolute value of a gradient's elements
  std::vector<std::string> freeze = {};   ///< parameters that are not trained, by name or beginning of a name
  Device device = Device::automatic;
  /// Steps between two readings of losses by the host, at which non-finite ones end a run and checkpoints may
  /// be written; when unset 1 on the CPU, where reading costs nothing, and 50 elsewhere.
  std::optional<std::int64_t> read_every = {};
  std::optional<std::int64_t> threads = {};  ///< default_threads() when unset; rounding depends on it
  Kernels kernels = {};                      ///< "auto" is replaced by the checkpoint's when a run is resumed

  void fields(Fields& f);
  /// Batches and optimizer steps of an epoch over this many rows.
  std::int64_t epoch_batches(std::int64_t rows) const;
  std::int64_t epoch_steps(std::int64_t rows) const;
};

/// Where a training writes, and what it resumes from.
struct Place {
  std::filesystem::path folder = {};                 ///< of the run; empty: nothing is written
  std::optional<std::filesystem::path> resume = {};  ///< a checkpoint
  RunIdentity run = {};                 ///< checkpoints keep it, and only the same run resumes them
  InputSchema input = {};               ///< checkpoints keep it, for open_model() (runs/trained_model.h)
  std::vector<std::string> notes = {};  ///< remarks on this resumption, for the log
};

/// The result of Trainer::fit.
struct History {
  struct Epoch {
    std::string phase;
    std::int64_t step;  ///< steps done so far
    NamedValues metrics;
  };
  std::vector<Epoch> epochs;
  std::int64_t peak_bytes = 0;  ///< peak memory of the process up to the end of the first step
  Progress progress;            ///< including what was done before a resume
  /// Where a callback ended the run before its last phase: a sentence that names the phases left out.
  std::string cut_short = {};
  int signal = 0;                          ///< that stopped it, or 0
  std::vector<std::string> cautions = {};  ///< what was missing or damaged when it was resumed
};

/// A model and its data that Trainer::check found fit for a training. It alone makes these.
class CheckedTraining {
 public:
  /// The values are finite and within the support of the model's likelihood: those of rows in memory were
  /// checked, those of other rows are checked whenever they are read, which may throw a Failure.
  const Split& data() const { return data_; }

 private:
  friend class Trainer;
  CheckedTraining(Autoencoder& model, Split data) : model_(&model), data_(std::move(data)) {}
  Autoencoder* model_;
  Split data_;
};

class BatchStream;

/// A training in progress, which advances only when it is told to: several take turns in one thread. Each
/// ends in the same bits as by Trainer::fit. The model must outlive it.
class Fitting {
 public:
  Fitting(Fitting&&) noexcept;
  Fitting& operator=(Fitting&&) noexcept;
  ~Fitting();

  /// Takes the next step, or ends an epoch or a phase; false when nothing is left to do, or a signal stopped
  /// it. Throws the Failure of a step, with the state before it saved; it must not be advanced any more then.
  bool advance();
  /// The pass over the data and the batch that its next step begins with.
  Position position() const;
  /// Stops it where it is if StopSignals received a signal.
  void interrupt();
  /// Once advance() has returned false.
  History finish();

 private:
  friend class Trainer;
  struct State;
  explicit Fitting(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Trains any model through its phases, with one loop for all of them. Everything else is a callback. It is
/// silent: the callback ProgressBar shows progress.
class Trainer {
 public:
  /// Throws an Error if the config breaks a bound.
  explicit Trainer(TrainerConfig config = {}, std::vector<CallbackConfig> callbacks = {},
                   std::int64_t seed = 0);

  /// Adds a callback that is made already, after those listed.
  void watch(std::shared_ptr<Callback> watcher) { watchers_.push_back(std::move(watcher)); }

  /// Throws an Error with everything that can be found wrong before anything is written: data in memory that
  /// are NaN, infinite or outside the support of the likelihood, monitors of unknown metrics, a missing
  /// device. The model must outlive the result.
  CheckedTraining check(Autoencoder& model, const Split& data, bool with_folder) const;
  /// check(), which adds the errors to `problems` instead of throwing them, and then returns nothing.
  std::optional<CheckedTraining> check(Autoencoder& model, const Split& data, bool with_folder,
                                       Problems& problems) const;

  /// Trains the model in place, on the config's device, and restores its training or evaluation mode and the
  /// number of threads. Stops after a step when StopSignals received a signal. Nothing is checked again: the
  /// check may be another trainer's, whose config differs at most in threads, kernels and displays. Throws a
  /// Failure if training itself fails; the state before is saved if there is a folder.
  History fit(const CheckedTraining& checked, const Place& place = {}) const;
  /// Trains the model after check(), whose Error it throws.
  History fit(Autoencoder& model, const Split& data, const Place& place = {}) const;

  /// Begins such a training, or resumes it, and takes no step yet. Trainings with the same training rows,
  /// seed, batch size and device may take their batches from one stream: the one whose position() is the
  /// least has to be advanced next.
  Fitting begin(const CheckedTraining& checked, const Place& place, std::shared_ptr<BatchStream> rows) const;
  /// The stream of the batches of such a training.
  std::shared_ptr<BatchStream> batches(const CheckedTraining& checked) const;

 private:
  TrainerConfig config_;
  std::vector<CallbackConfig> callbacks_;
  std::vector<std::shared_ptr<Callback>> watchers_;
  std::int64_t seed_;

  std::int64_t threads_for(const CheckedTraining& checked) const;
  Kernels kernels_for(const Place& place) const;
};

}  // namespace aelab
