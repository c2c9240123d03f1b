#pragma once

#include "aelab/training/callback.h"

namespace aelab {

/// Revives dead elements of sparse dictionaries by resampling (Bricken et al. 2023, "Towards
/// monosemanticity", appendix "Neuron resampling"): at every so many steps, those that have been zero in so
/// many training rows begin anew (Backbone::restart(), Bottleneck::restart()) from rows of that step. Rows
/// are drawn without replacement with probabilities in proportion to the squares of their squared errors, by
/// noise of the rows; if more elements are dead than rows are there, the last ones wait for the next time.
/// What the optimizer remembers of the new rows of parameters is discarded, and elements that began anew
/// count as used.
///
/// Rows are counted by the model if a penalty of it counts them, else here. Nothing is read by the host
/// before the end of an epoch, when the metric train/resampled is added: the elements that began anew in it.
class Resampling : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "resampling";
    static constexpr std::string_view summary =
        "begins dead elements of sparse dictionaries anew, from rows with large errors";
    static constexpr std::string_view also_known_as[] = {"neuron-resampling", "resample-dead",
                                                         "dead-neuron-resampling"};
    std::int64_t every = 25'000;
    std::int64_t dead_after = 10'000'000;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.every = 3, .dead_after = 64}}; }
  };

  explicit Resampling(const Config& config) : config_(config) {}
  Order order() const override { return Order::measure; }
  /// Refuses models whose backbone cannot restart elements of its code.
  void check_model(Autoencoder& model) const override;
  std::vector<std::string> added_metrics(const std::set<std::string>& known) const override;
  void phase_begin(Training& training) override;
  void batch_passed(Training& training, const Update& update, const Batch& batch, const Pass& pass) override;
  void gradients(Training& training, const Update& update, const std::vector<Tensor>& gradients) override;
  void step_end(Training& training) override;
  void epoch_end(Training& training) override;
  std::string state_key() const override { return "resampling"; }
  NamedTensors tensors(Training& training) override;

 private:
  Config config_;
  Tensor silent_rows_;              // int64 [elements]: the model's or its own
  bool owns_ = false;               // its own
  Tensor before_;                   // its own before the step, where steps may be skipped
  Tensor resampled_;                // [] int64: in the epoch so far
  std::vector<Tensor> inputs_;      // of the step's batches, where it resamples
  std::vector<Tensor> preference_;  // of these rows: the largest are drawn
  bool is_passed_ = false;          // the first evaluation of the step's objective

  bool resamples_now(const Training& training) const;
  void restart(Training& training, const Tensor& elements, const Tensor& inputs);
};

}  // namespace aelab
