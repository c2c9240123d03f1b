#pragma once

#include "aelab/evaluation/samplers/density_training.h"
#include "aelab/nn/masked_flow.h"

namespace aelab {

/// A masked autoregressive flow (Papamakarios, Pavlakou & Murray 2017) from codes to N(0, I), trained on the
/// training codes by maximum likelihood. Each dimension is standardized first, by its mean and deviation over
/// the codes, to whose variance a millionth of the dimensions' mean variance is added so that none is zero;
/// the density is that of the codes as they are. The network is trained in float32, and evaluated in float64.
/// A density takes one pass of it, a draw one for each dimension of the code.
class FlowSampler : public Sampler {
 public:
  struct Config {
    static constexpr std::string_view kind = "flow";
    static constexpr std::string_view summary = "a masked autoregressive flow, trained on the training codes";
    static constexpr std::string_view also_known_as[] = {"maf", "masked-autoregressive-flow",
                                                         "normalizing-flow"};
    static constexpr std::string_view capabilities[] = {capability::takes_long};
    MaskedFlowConfig flow = {};
    DensityTraining training = {};

    void fields(Fields& f) {
      flow.fields(f);
      training.fields(f);
    }
    static std::vector<Config> examples();
  };

  explicit FlowSampler(const Config& config) : config_(config) {}
  Tensor log_density(const Tensor& codes) const override;
  Tensor draw(std::int64_t count, std::int64_t seed) const override;
  NamedTensors state() const override;
  void load(const Autoencoder& model, const NamedTensors& state) override;

 protected:
  void fit_codes(const Autoencoder& model, const Tensor& codes, std::int64_t seed) override;

 private:
  Config config_;
  Tensor mean_, deviation_;  // [dimensions]
  std::shared_ptr<MaskedFlow> flow_;

  void make_flow(std::int64_t dimensions, std::int64_t seed);
};

}  // namespace aelab
