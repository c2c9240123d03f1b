#pragma once

#include "aelab/nn/masked_flow.h"
#include "aelab/nn/posterior.h"

namespace aelab {

/// A diagonal Gaussian: code = mean + deviation noise.
class DiagonalPosterior : public Posterior {
 public:
  struct Config {
    static constexpr std::string_view kind = "diagonal";
    static constexpr std::string_view summary = "a Gaussian whose dimensions are independent";
    static constexpr std::string_view also_known_as[] = {"gaussian", "normal", "mean-field", "factorized"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit DiagonalPosterior(const Config&) {}
  /// The mean.
  Tensor read(const Tensor& pre_code) const override;
  void draw(Pass& pass, const Noise& noise) const override;
  Tensor log_density(const Tensor& code, const Tensor& pre_code) const override;
  bool is_gaussian() const override { return true; }
};

/// An inverse autoregressive flow of a diagonal Gaussian (Kingma, Salimans, Jozefowicz, Chen, Sutskever &
/// Welling 2016): draws, and the densities of codes that it drew, take one pass of its networks, densities of
/// other codes one for each dimension. The networks see as many outputs of the encoder besides as the code
/// has dimensions. It begins as the diagonal Gaussian.
class InverseAutoregressivePosterior : public Posterior {
 public:
  struct Config {
    static constexpr std::string_view kind = "inverse-autoregressive";
    static constexpr std::string_view summary = "an inverse autoregressive flow of a diagonal Gaussian";
    static constexpr std::string_view also_known_as[] = {"iaf", "flow", "inverse-autoregressive-flow"};
    MaskedFlowConfig flow = {.layers = 2};

    void fields(Fields& f) { flow.fields(f); }
    static std::vector<Config> examples() { return {{.flow = {.layers = 2, .hidden = {8}}}}; }
  };

  explicit InverseAutoregressivePosterior(const Config& config) : config_(config) {}
  void build(const Shape& code, std::int64_t seed) override;
  std::int64_t outputs() const override { return 3; }
  /// The flow's value at the mean.
  Tensor read(const Tensor& pre_code) const override;
  void draw(Pass& pass, const Noise& noise) const override;
  Tensor log_density(const Tensor& code, const Tensor& pre_code) const override;
  bool is_gaussian() const override { return false; }

 private:
  Config config_;
  std::shared_ptr<MaskedFlow> flow_;
};

}  // namespace aelab
