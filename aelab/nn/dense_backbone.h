#pragma once

#include <map>
#include <memory>

#include "aelab/nn/layers.h"
#include "aelab/nn/normalization.h"
#include "aelab/nn/parts.h"

namespace aelab {

/// Fully connected layers: input -> hidden... -> code -> mirrored hidden... -> input, all hidden layers with
/// the same activation. Tied (Vincent et al. 2010, section 2.2): the decoder uses the transposed weights of
/// the encoder. Centered: the mean of the data is subtracted from the input and added to the output. Hidden
/// layers may be normalized, and dropped out in training.
///
/// Normalized input: the encoder reads each row divided by its Euclidean norm, and the target stays as it is;
/// a row of zeros stays zero. Input dropout: values that the encoder reads are set to zero in training, and
/// the others divided by the probability that they are kept, after the row was normalized, so that their
/// expectation is the same (Mult-VAE: Liang et al. 2018). Masking corruption comes before, and leaves rows of
/// norm 1.
class DenseBackbone : public Backbone {
 public:
  struct Config {
    static constexpr std::string_view kind = "dense";
    static constexpr std::string_view summary = "fully connected layers, mirrored, tied or not";
    static constexpr std::string_view also_known_as[] = {"mlp", "fc", "linear", "fully-connected",
                                                         "feedforward"};
    static constexpr std::string_view capabilities[] = {capability::takes_code, capability::takes_any_rank,
                                                        capability::takes_condition};
    std::vector<std::int64_t> hidden = {};
    Activation activation = Activation::relu;
    bool tied = false;
    bool bias = true;
    bool center = false;
    bool normalize_input = false;
    double input_dropout = 0;
    Regularization regularization = {};
    Initialization initialization = Initialization::glorot_uniform;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  DenseBackbone(const Config& config, const BackboneContext& context);
  Tensor encode(const Tensor& x, const Step& step) const override;
  Tensor decode(const Tensor& code, const Step& step) const override;
  Shape code_shape() const override { return {code_}; }
  /// Of a backbone without hidden layers.
  Dictionary dictionary() const override;
  Tensor filters() const override;
  std::int64_t dense_depth() const override;
  std::vector<AffineLayer> affine_layers(const Tensor& x, const Step& step) const override;
  std::vector<Tensor> weights_of(std::string_view network) const override {
    return Backbone::weights_of(config_.tied ? "encoder" : network);
  }
  std::vector<LayerOutline> layers() const override;
  bool couples_rows() const override;
  void after_step() override;
  Tensor data_mean() const override { return mean_; }
  /// Sets the weights of a backbone without hidden layers: code = encoder (x - mean), output = decoder code +
  /// mean; encoder [code, features], decoder [features, code].
  void set_linear(const Tensor& encoder, const Tensor& decoder);

 private:
  /// Of hidden layer `i` of the encoder or the decoder, from the output of its dense layer.
  Tensor activated(const Tensor& linear, const std::string& network, std::size_t i, const Step& step) const;
  void add_normalizations(const std::string& network, const std::vector<std::int64_t>& widths,
                          const Initializer& initializer);
  /// The input as [batch, features], minus the mean of the data if centered, with the condition.
  Tensor features(const Tensor& x, const Step& step) const;
  /// The first layer's weights of the input, without those of the condition.
  Tensor input_weight() const;

  Config config_;
  Shape input_, output_;
  std::int64_t code_;
  Tensor mean_;  // [features]; undefined unless centered
  std::vector<std::shared_ptr<Affine>> encoder_;
  std::vector<std::shared_ptr<Affine>> decoder_;                          // empty when tied
  std::vector<Tensor> decoder_biases_;                                    // when tied
  std::map<std::string, std::shared_ptr<Normalization>> normalizations_;  // by name: "encoder_0"
};

}  // namespace aelab
