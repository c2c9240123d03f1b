#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// code = pre-code where that is above a learned threshold, else 0 (Rajamanoharan et al. 2024, "Jumping
/// ahead"): sparse codes of a number of active dimensions that the penalty l0 on it decides. The gradients of
/// the thresholds are estimates, from pre-codes within half a bandwidth of them (their equations 11 and 12).
class JumpReluBottleneck : public Bottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "jump-relu";
    static constexpr std::string_view summary =
        "keeps what exceeds a learned threshold; penalizes how much that is";
    static constexpr std::string_view also_known_as[] = {"jumprelu", "threshold"};
    static constexpr std::string_view terms[] = {"l0"};
    Schedule weight = 1e-3;
    double threshold = 1e-3;
    double bandwidth = 1e-3;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{}, {.weight = 0.1, .threshold = 0.1, .bandwidth = 0.5}};
    }
  };

  explicit JumpReluBottleneck(const Config& config) : config_(config) {}
  /// Registers the logarithms of the thresholds, one a dimension, or one a channel.
  void build(const Shape& code, std::int64_t seed) override;
  Tensor read(const Tensor& pre_code, const Step& step) const override;
  std::vector<TermOutline> terms() const override { return {{.name = "l0"}}; }
  void add_terms(const Pass& pass, const Step& step, Terms& terms) const override;
  bool has_exact_gradients() const override { return false; }
  bool has_slope() const override { return true; }
  Tensor slope(const Tensor& pre_code, const Tensor& code, const Step& step) const override;
  Bounds range() const override { return at_least(0); }

 private:
  Config config_;
  Tensor log_threshold_;

  Tensor threshold() const { return log_threshold_.exp(); }
};

}  // namespace aelab
