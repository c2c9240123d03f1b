#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "aelab/core/registry.h"
#include "aelab/training/training.h"

namespace aelab {

/// A Failure because losses or gradients became NaN or infinite: the run is recorded as diverged.
class Diverged : public Failure {
 public:
  using Failure::Failure;
};

/// A function of training that is not a part of its loop. The trainer calls, in this order:
///
///     start                                  once, on resume too
///       phase_begin                          not on resume within a phase
///         batch_passed, losses               of every update in the step, for every batch, before its
///                                            parameters change
///         gradients                          of the update, before they are clipped and used
///         step_end                           at every step, after all parameters have changed
///         read, boundary(step)               after every Training::read_every steps of a phase
///         read
///         validated                          of every update, for every batch of the validation split
///         epoch_end
///         boundary(epoch)
///       boundary(phase)                      also on resume at the end of a phase, so perhaps twice
///     finish                                 also after a stop
///
/// and after a stop read, boundary(stop). At a boundary the state of training is complete: a run that is
/// resumed from there ends in the same bits. Each event goes first to callbacks that measure, then to
/// monitors, outputs and checkpoints, and among these in the order of their listing. The model is in training
/// mode during steps, and in evaluation mode otherwise.
///
/// Values of a step lie on the model's device, and the host waits where it reads them: events from
/// batch_passed to step_end, and validated, leave them there; read() is for those that were put aside.
class Callback {
 public:
  enum class Order { measure, monitor, output, checkpoint };
  enum class Boundary { step, epoch, phase, stop };

  static Registry<Callback>& registry();

  virtual ~Callback() = default;
  virtual Order order() const { return Order::output; }
  virtual bool needs_folder() const { return false; }
  /// The metric that it monitors, or ""; checked before training starts.
  virtual std::string monitored() const { return {}; }
  /// The metrics that it adds at the end of an epoch, given the trainer's own.
  virtual std::vector<std::string> added_metrics(const std::set<std::string>& /*known*/) const { return {}; }
  /// Throws an Error if it cannot work on these data.
  virtual void check(const Split&) const {}
  /// Throws an Error if it cannot work on this model. Called before anything is made.
  virtual void check_model(Autoencoder&) const {}

  virtual void start(Training&) {}
  virtual void phase_begin(Training&) {}
  virtual void batch_passed(Training&, const Update&, const Batch&, const Pass&) {}
  virtual void losses(Training&, const Update&, const Terms&) {}
  virtual void gradients(Training&, const Update&, const std::vector<Tensor>&) {}
  virtual void step_end(Training&) {}
  /// A Failure saves the state, with Training::progress and averages as they are left.
  virtual void read(Training&) {}
  /// Whether the state that an epoch ends with is one that the run is for; monitors ask all callbacks. The
  /// losses of others are not compared with it, and it is never the best.
  virtual bool epoch_counts(const Training&) const { return true; }
  /// A pass in evaluation mode, without corruption, with the weights that the epoch ends with.
  virtual void validated(Training&, const Update&, const Pass&) {}
  virtual void epoch_end(Training&) {}
  virtual void boundary(Training&, Boundary) {}
  virtual void finish(Training&) {}

  /// The name of its state in checkpoints, or "" if it has none; the callbacks of a run have distinct ones.
  virtual std::string state_key() const { return {}; }
  virtual nlohmann::json save() const;
  virtual void load(const nlohmann::json& saved);
  /// The tensors of its state, made when first asked for; checkpoints are loaded into them.
  virtual NamedTensors tensors(Training&) { return {}; }
};

/// Calls an event of all callbacks, in their order. What they do is not time of training.
template <class... Parameters, class... Arguments>
void each_callback(Training& training, void (Callback::*event)(Training&, Parameters...),
                   Arguments&&... arguments) {
  const auto begun = std::chrono::steady_clock::now();
  for (const auto& callback : training.callbacks) ((*callback).*event)(training, arguments...);
  training.in_callbacks += std::chrono::steady_clock::now() - begun;
}

/// An entry of a run file's "callbacks"; one that could not be read is empty, and is ignored.
struct CallbackConfig {
  Choice<Callback> callback = {};
  bool enabled = true;

  void fields(Fields& f);
};

/// The listed callbacks that are enabled, together with the defaults (log, code-use, checkpoint, stop-on-nan)
/// that are not listed; without a folder, only defaults that need none. In the order of events. Throws an
/// Error if two share a state key, or if a listed callback needs a folder and there is none.
std::vector<std::shared_ptr<Callback>> make_callbacks(const std::vector<CallbackConfig>& listed,
                                                      bool with_folder);

}  // namespace aelab
