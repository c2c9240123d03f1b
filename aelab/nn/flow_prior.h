#pragma once

#include "aelab/nn/masked_flow.h"
#include "aelab/nn/prior.h"

namespace aelab {

/// A masked autoregressive flow from codes to N(0, I), learned with the model. It begins as N(0, I). A
/// density takes one pass of its networks, a draw one for each dimension of the code.
class FlowPrior : public Prior {
 public:
  struct Config {
    static constexpr std::string_view kind = "flow";
    static constexpr std::string_view summary = "a learned masked autoregressive flow";
    static constexpr std::string_view also_known_as[] = {"maf", "masked-autoregressive", "autoregressive",
                                                         "normalizing-flow", "masked-autoregressive-flow"};
    MaskedFlowConfig flow = {};

    void fields(Fields& f) { flow.fields(f); }
    static std::vector<Config> examples();
  };

  explicit FlowPrior(const Config& config) : config_(config) {}
  void build(const Shape& code, std::int64_t seed, const EncoderAccess&) override;
  Tensor log_density(const Tensor& code) const override;
  Tensor sample_like(const Tensor& like, const Noise& noise) const override;

 private:
  Config config_;
  std::shared_ptr<MaskedFlow> flow_;
};

}  // namespace aelab
