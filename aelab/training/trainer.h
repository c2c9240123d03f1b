#pragma once

#include "aelab/core/problems.h"
#include "aelab/nn/kernels.h"
#include "aelab/training/budget.h"
#include "aelab/training/callback.h"

namespace aelab {

enum class Device { automatic, cpu, cuda };
std::span<const std::string_view> names(Device);

/// Error when this LibTorch lacks the device.
void check_device(Device device);

/// How a model is trained; the model's phases say what is trained.
struct TrainerConfig {
  std::int64_t epochs = 10;           ///< of each phase
  std::optional<Budget> budget = {};  ///< of all phases together, instead of epochs
  std::int64_t batch_size = 128;
  Choice<Optimizer> optimizer = Adam::Config{};
  std::int64_t accumulate = 1;            ///< batches whose gradients make one step
  std::optional<double> clip_norm = {};   ///< of all gradients together
  std::optional<double> clip_value = {};  ///< of each number of a gradient
  std::vector<std::string> freeze = {};   ///< parameters that are not trained, by name or its beginning
  Device device = Device::automatic;
  std::optional<std::int64_t> threads = {};  ///< all processors when unset; other numbers may round otherwise
  Kernels kernels = {};                      ///< what is "auto" goes on, on resume, as the checkpoint says

  void fields(Fields& f);
  /// Steps of an epoch over so many rows.
  std::int64_t epoch_steps(std::int64_t rows) const;
};

/// Where a training writes, and what it goes on from.
struct Place {
  std::filesystem::path folder = {};                 ///< of the run; empty: nothing is written
  std::optional<std::filesystem::path> resume = {};  ///< a checkpoint
  AnyJson config = {};  ///< of the run; checkpoints keep it, and are resumed by the same one only
  std::vector<std::string> notes = {};  ///< what the log is to say of this resumption
};

/// What a fit did.
struct History {
  struct Epoch {
    std::string phase;
    std::int64_t step;  ///< steps done so far
    Metrics metrics;
  };
  std::vector<Epoch> epochs;
  std::int64_t peak_bytes = 0;  ///< of the process's memory, up to the end of the first step
  Progress progress;            ///< how far it came, with what was done before a resume
  int signal = 0;               ///< that stopped it; 0 when it ran to its end
};

/// Trains any model through its phases: one loop for all of them. Everything else is a callback.
class Trainer {
 public:
  /// Error when the config breaks a bound.
  explicit Trainer(TrainerConfig config = {}, std::vector<CallbackConfig> callbacks = {},
                   std::int64_t seed = 0);

  /// Lets a callback that is made already see what happens, after those listed.
  void watch(std::shared_ptr<Callback> watcher) { watchers_.push_back(std::move(watcher)); }

  /// Everything that can be found wrong before anything is written: data outside the likelihood's support or
  /// not finite, monitors of metrics that there are not, a device that is absent. Error.
  void check(Autoencoder& model, const Split& data, bool with_folder) const;
  /// The same, with the mistakes added to `problems`.
  void check(Autoencoder& model, const Split& data, bool with_folder, Problems& problems) const;

  /// Trains in place, on the config's device. Stops after a step when StopSignals received one. Error as
  /// check's; Failure when training itself fails, the last good state being saved if there is a folder.
  History fit(Autoencoder& model, const Split& data, const Place& place = {}) const;

 private:
  TrainerConfig config_;
  std::vector<CallbackConfig> callbacks_;
  std::vector<std::shared_ptr<Callback>> watchers_;
  std::int64_t seed_;
};

}  // namespace aelab
