#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// The extra of passes that has the gate's pre-activations, of the shape of the code.
inline constexpr auto kGate = "gate";

/// A gate says which elements of the code are other than zero, apart from how large they are (Rajamanoharan
/// et al. 2024, "Improving dictionary learning with gated sparse autoencoders", equations 3 to 5):
/// code = [pre-code + b > 0] relu(e^r pre-code + c) with biases b and c and scales r, one of each for an
/// element or a channel. The gate has no gradient from the code: "weighted-l1" and "gate-reconstruction"
/// train it. The encoder's own bias would be one too many.
class GatedBottleneck : public Bottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "gated";
    static constexpr std::string_view summary = "a learned gate decides which elements are other than zero";
    static constexpr std::string_view also_known_as[] = {"gated-sae"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit GatedBottleneck(const Config&) {}
  void build(const Shape& code, std::int64_t seed) override;
  Tensor read(const Tensor& pre_code, const Step& step) const override;
  void code(Pass& pass, const Step& step) const override;
  std::vector<Tensor> restart(const Tensor& elements) override;
  /// The term that trains the gate leaves the decoder's gradient out.
  bool has_exact_gradients() const override { return false; }
  bool has_slope() const override { return true; }
  Tensor slope(const Tensor& pre_code, const Tensor& code, const Step& step) const override;
  Bounds range() const override { return at_least(0); }

 private:
  Tensor gate_bias_, magnitude_bias_, log_scale_;  // parameters, of the code's shape or [channels, 1, ...]

  Tensor gated(const Tensor& gate, const Tensor& pre_code) const;
};

/// The reconstruction term of the positive part of the gate in place of the code (their equation 6), which
/// trains the gate to keep what is needed. Its gradient reaches the decoder on request.
class GateReconstruction : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "gate-reconstruction";
    static constexpr std::string_view summary = "reconstruction by the gate of gated codes, which trains it";
    static constexpr std::string_view capabilities[] = {capability::needs_gate, capability::needs_dictionary};
    Schedule weight = 1.0;
    bool trains_decoder = false;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.trains_decoder = true}}; }
  };

  explicit GateReconstruction(const Config& config) : config_(config) {}
  /// Throws a FieldError if the codes have no gate, or the decoder is not linear in the code.
  void check(const Parts& parts) const override;
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return config_.weight; }
  Bounds range() const override { return {}; }

 private:
  Config config_;
};

}  // namespace aelab
