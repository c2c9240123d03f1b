#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// Whose number of active elements a target is for.
enum class L0Of { row, batch };
std::span<const std::string_view> names(L0Of);

/// What has to be near a threshold for the gradient of the number of active elements.
enum class NearThreshold {
  pre_code,
  code,  ///< the same above the threshold; silent elements are at 0
};
std::span<const std::string_view> names(NearThreshold);

/// The parameter that thresholds are made of.
enum class ThresholdParameter {
  logarithm,  ///< an optimizer's step multiplies the threshold: it stays positive
  threshold,  ///< an optimizer's step adds to it, and it is at least 0 after each
};
std::span<const std::string_view> names(ThresholdParameter);

/// code = pre-code where that is above a learned threshold, else 0 (Rajamanoharan et al. 2024, "Jumping
/// ahead"): sparse codes of a number of active dimensions that the penalty l0 on it decides. The gradients of
/// the thresholds are estimates, from pre-codes within half a bandwidth of them (their equations 11 and 12).
/// With a target, (l0 / target - 1)^2 is penalized in place of l0, of each row or of the batch's mean, which
/// reaches it whatever the weight (their appendix "Hitting a target"; Karvonen et al. 2025, SAEBench).
class JumpReluBottleneck : public Bottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "jump-relu";
    static constexpr std::string_view summary =
        "keeps what exceeds a learned threshold; penalizes how much that is";
    static constexpr std::string_view also_known_as[] = {"jumprelu", "threshold"};
    static constexpr std::string_view terms[] = {"l0", "l0-target"};
    Schedule weight = 1e-3;
    std::optional<double> target_l0 = {};
    L0Of target_of = L0Of::batch;
    NearThreshold near = NearThreshold::pre_code;
    double threshold = 1e-3;
    double bandwidth = 1e-3;
    ThresholdParameter parameter = ThresholdParameter::logarithm;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{},
              {.weight = 0.1, .threshold = 0.1, .bandwidth = 0.5},
              {.weight = 0.1, .target_l0 = 2, .threshold = 0.1, .bandwidth = 0.5},
              {.weight = 0.1,
               .target_l0 = 2,
               .target_of = L0Of::row,
               .near = NearThreshold::code,
               .threshold = 0.1,
               .bandwidth = 0.5,
               .parameter = ThresholdParameter::threshold}};
    }
  };

  explicit JumpReluBottleneck(const Config& config) : config_(config) {}
  /// Registers "log_threshold" or "threshold", one a dimension, or one a channel.
  void build(const Shape& code, std::int64_t seed) override;
  Tensor read(const Tensor& pre_code, const Step& step) const override;
  std::vector<TermOutline> terms() const override;
  void add_terms(const Pass& pass, const Step& step, Terms& terms) const override;
  bool has_exact_gradients() const override { return false; }
  bool has_slope() const override { return true; }
  Tensor slope(const Tensor& pre_code, const Tensor& code, const Step& step) const override;
  Bounds range() const override { return at_least(0); }
  void after_step(std::span<const Pass> passes) override;
  std::vector<Tensor> restart(const Tensor& elements) override;
  /// The thresholds, of the code's shape or [channels, 1, ...].
  Tensor threshold() const override { return is_logarithm() ? parameter_.exp() : parameter_; }
  /// Makes them these, [elements of threshold()], at least 0; 0 becomes the least number that has a
  /// logarithm.
  void set_threshold(const Tensor& threshold);
  std::optional<double> target_l0() const override { return config_.target_l0; }

 private:
  Config config_;
  Tensor parameter_;

  bool is_logarithm() const { return config_.parameter == ThresholdParameter::logarithm; }
  /// The parameter of these thresholds.
  Tensor parameter_of(const Tensor& threshold) const;
};

/// sum_j relu(threshold_j - pre-code_j) |d_j| over elements that have been zero in so many training rows,
/// which brings pre-codes and thresholds together again (Conerly et al. 2025, "Update on JumpReLU"): the
/// revival of elements whose gradients need them near their thresholds.
class PreActivationPenalty : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "pre-activation";
    static constexpr std::string_view summary =
        "what dead elements of jump-relu codes lack to their thresholds, to revive them";
    static constexpr std::string_view also_known_as[] = {"pre_act_loss", "pre-act"};
    static constexpr std::string_view capabilities[] = {capability::needs_thresholds,
                                                        capability::needs_dictionary};
    Schedule weight = 3e-6;
    std::int64_t dead_after = 10'000'000;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.weight = 0.1, .dead_after = 20}}; }
  };

  explicit PreActivationPenalty(const Config& config) : config_(config) {}
  /// Throws a FieldError if the codes have no thresholds, or the decoder is not linear in the code.
  void check(const Parts& parts) const override;
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return config_.weight; }
  std::optional<std::int64_t> dead_after() const override { return config_.dead_after; }

 private:
  Config config_;
};

}  // namespace aelab
