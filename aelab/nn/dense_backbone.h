#pragma once

#include <memory>

#include "aelab/nn/layers.h"
#include "aelab/nn/parts.h"

namespace aelab {

/// Fully connected layers: input -> hidden... -> code -> mirrored hidden... -> input, all hidden layers with
/// the same activation. Tied (Vincent et al. 2010, section 2.2): the decoder uses the transposed weights of
/// the encoder. Centered: the mean of the data is subtracted from the input and added to the output.
class DenseBackbone : public Backbone {
 public:
  struct Config {
    static constexpr std::string_view kind = "dense";
    static constexpr std::string_view summary = "fully connected layers, mirrored, tied or not";
    static constexpr std::string_view also_known_as[] = {"mlp", "fc", "linear", "fully-connected",
                                                         "feedforward"};
    std::vector<std::int64_t> hidden = {};
    Activation activation = Activation::relu;
    bool tied = false;
    bool bias = true;
    bool center = false;
    Initialization initialization = Initialization::glorot_uniform;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  DenseBackbone(const Config& config, const BackboneContext& context);
  Tensor encode(const Tensor& x) const override;
  Tensor decode(const Tensor& code) const override;
  Shape code_shape() const override { return {code_}; }
  Tensor filters() const override;
  std::int64_t dense_depth() const override { return static_cast<std::int64_t>(encoder_.size()); }
  std::vector<AffineLayer> affine_layers(const Tensor& x) const override;
  Tensor data_mean() const override { return mean_; }

 private:
  /// The input as [batch, features], minus the mean of the data if centered.
  Tensor features(const Tensor& x) const;

  Config config_;
  Shape input_;
  std::int64_t code_;
  Tensor mean_;  // [features]; undefined unless centered
  std::vector<std::shared_ptr<Affine>> encoder_;
  std::vector<std::shared_ptr<Affine>> decoder_;  // empty when tied
  std::vector<Tensor> decoder_biases_;            // when tied
};

}  // namespace aelab
