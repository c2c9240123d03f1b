#pragma once

#include <chrono>

#include "aelab/data/batch_stream.h"
#include "aelab/nn/mode.h"
#include "aelab/training/trainer.h"
#include "aelab/training/updates.h"

namespace aelab {

/// One training's state, and the loop that advances it. Whoever advances several in turn, in one thread, gets
/// the same bits as if each ran alone: nothing is shared but their batches.
class Loop {
 public:
  /// Begins the training, or resumes it. The config, the model and the data must outlive it; the batches are
  /// those of `rows`.
  Loop(const TrainerConfig& config, std::vector<std::shared_ptr<Callback>> callbacks, std::int64_t seed,
       Autoencoder& model, const Split& data, const Place& place, std::shared_ptr<BatchStream> rows);

  /// Takes the next step, ends an epoch, solves a phase in closed form or begins the next phase; false when
  /// there is nothing left to do, or a signal stopped it.
  bool advance();
  /// The pass and the batch that its next step begins with.
  Position position() const { return training_.progress.position(); }
  /// Stops it as the signal does that StopSignals received; does nothing without one.
  void interrupt() {
    if (history_.signal == 0) stop_requested();
  }
  /// Once advance() has returned false.
  History finish();

 private:
  using Clock = std::chrono::steady_clock;

  const TrainerConfig& config_;
  std::int64_t seed_;
  at::Device device_;
  Training training_;
  const ModeScope evaluation_mode_;         // except in steps
  std::optional<ModeScope> in_steps_ = {};  // from an epoch's first step to its last
  std::shared_ptr<BatchStream> rows_;
  Updates updates_;
  History history_ = {};
  Clock::time_point clock_;  // when time was last counted
  Clock::time_point left_;   // when advance() last returned

  std::int64_t phase_count() const { return static_cast<std::int64_t>(training_.phases.size()); }
  template <class... Parameters, class... Arguments>
  void each(void (Callback::*event)(Training&, Parameters...), Arguments&&... arguments) {
    each_callback(training_, event, std::forward<Arguments>(arguments)...);
  }
  template <class Work>
  void saved_on_failure(Work work);

  bool work();
  void begin_phase(std::int64_t phase);
  void solve();
  bool has_steps_left() const;
  void run_step();
  void end_epoch();
  bool stop_requested();
  void stop();
  void read();
  std::string cut_short() const;
  void count_time();
  NamedValues validate(const std::string& prefix,
                       const std::function<void(const Update&, const Pass&)>& passed = {});
};

/// The device that a config chooses. Throws the Error of check_device().
at::Device choose_device(Device device);

}  // namespace aelab
