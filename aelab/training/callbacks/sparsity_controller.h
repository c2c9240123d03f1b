#pragma once

#include "aelab/training/callback.h"

namespace aelab {

/// Reaches a number of active elements, for models whose sparsity has a weight in the objective: after each
/// step the logarithm of a factor of that weight, Autoencoder::sparsity_scale(), grows by
///
///     rate clamp(log(mean / l0), -1, 1)
///
/// where `mean` is an exponential moving average, corrected for its start at 0 (Kingma & Ba 2015, section 3),
/// of the mean number of elements other than zero over the rows of a step: an integrating controller, which
/// rests where the mean is `l0`. The factor is between 1e-6 and 1e6. Nothing is read by the host before the
/// end of an epoch, when the metrics train/sparsity-scale and train/active-elements are added: the factor and
/// the mean as they are then. A phase begins with the factor 1. Only epochs that end with a mean within a
/// tenth of `l0` count for what monitors the loss, such as the best checkpoint: less sparsity, or less of its
/// weight, has smaller losses.
class SparsityController : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "sparsity-controller";
    static constexpr std::string_view summary =
        "changes the weight of sparsity until codes have a number of active elements";
    static constexpr std::string_view also_known_as[] = {"l0-controller", "l0-target", "target-l0"};
    double l0 = 32;
    double decay = 0.99;
    double rate = 0.003;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.l0 = 4, .decay = 0.5, .rate = 0.1}}; }
  };

  explicit SparsityController(const Config& config) : config_(config) {}
  Order order() const override { return Order::measure; }
  /// Refuses models without such a weight, and says what sets their number instead.
  void check_model(Autoencoder& model) const override;
  std::vector<std::string> added_metrics(const std::set<std::string>& known) const override;
  void phase_begin(Training& training) override;
  void batch_passed(Training& training, const Update& update, const Batch& batch, const Pass& pass) override;
  void step_end(Training& training) override;
  bool epoch_counts(const Training& training) const override;
  void epoch_end(Training& training) override;
  /// Cautions if a phase of training ends more than a tenth away from the number.
  void finish(Training& training) override;
  std::string state_key() const override { return "sparsity-controller"; }
  NamedTensors tensors(Training& training) override;

 private:
  Config config_;
  Tensor average_, steps_, log_scale_;  // [] float64: of the mean numbers, from 0; averaged; of the factor
  Tensor active_;                       // [] float64: active elements of the step's passes
  std::int64_t rows_ = 0;               // of these passes

  double mean() const;
  bool is_near() const;  // to the number that is wanted
};

}  // namespace aelab
