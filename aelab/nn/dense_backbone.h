#pragma once

#include <memory>

#include "aelab/nn/layers.h"
#include "aelab/nn/parts.h"

namespace aelab {

/// Fully connected layers: input -> hidden... -> code -> mirrored hidden... -> input, each hidden layer with
/// one activation. Tied (Vincent et al. 2010, section 2.2): the decoder uses the encoder's weights,
/// transposed.
class DenseBackbone : public Backbone {
 public:
  struct Config {
    static constexpr std::string_view kind = "dense";
    static constexpr std::string_view summary = "fully connected layers, mirrored, tied or not";
    std::vector<std::int64_t> hidden = {};
    Activation activation = Activation::relu;
    bool tied = false;
    Initialization initialization = Initialization::glorot_uniform;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  DenseBackbone(const Config& config, const BackboneContext& context);
  Tensor encode(const Tensor& x) const override;
  Tensor decode(const Tensor& code) const override;
  Shape code_shape() const override { return {code_}; }
  Tensor filters() const override;

 private:
  Config config_;
  Shape input_;
  std::int64_t code_;
  std::vector<std::shared_ptr<Affine>> encoder_;
  std::vector<std::shared_ptr<Affine>> decoder_;  // empty when tied
  std::vector<Tensor> decoder_biases_;            // when tied
};

}  // namespace aelab
