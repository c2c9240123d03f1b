#pragma once

#include "aelab/nn/dictionary_backbone.h"

namespace aelab {

/// The two layers of a transcoder (Dunefsky, Chlenski & Nanda 2024): pre-code = x W_e^T + b_e and output =
/// code D + b, where x is the first block of a row's features and the output reconstructs the others, such
/// as inputs and outputs of a layer of another model. With a skip connection W_s x is added to the output
/// (Paulo, Shabalin & Belrose 2025). encode() takes rows of the first block alone, too.
///
/// At the start W_s is 0, b the mean of the targets, and D, unless its norms are constrained, 0: as in
/// sparsify, the first output is the mean.
class TranscoderBackbone : public DictionaryBackbone {
 public:
  struct Config {
    static constexpr std::string_view kind = "transcoder";
    static constexpr std::string_view summary =
        "a dictionary whose decoder reconstructs other features than its encoder reads";
    static constexpr std::string_view also_known_as[] = {"transcoder-dictionary"};
    static constexpr std::string_view capabilities[] = {capability::takes_code};
    std::optional<std::vector<std::int64_t>> blocks = {};
    bool skip = false;
    DictionaryBackbone::Config dictionary = {
        .tied_start = false, .pre_bias = false, .bias_start = BiasStart::mean};

    void fields(Fields& f);
    static std::vector<Config> examples();
    static Shape example_input() { return {20}; }
  };

  TranscoderBackbone(const Config& config, const BackboneContext& context);
  Tensor encode(const Tensor& x, const Step& step) const override;
  Tensor decode(const Tensor& code, const Step& step) const override;
  Tensor decode_active(const ActiveElements& active, const Step& step) const override;
  Tensor target(const Tensor& x) const override;
  Shape target_shape() const override { return {targets_}; }
  bool has_skip() const override { return skip_.defined(); }
  Tensor skip_input(const Tensor& x) const override;
  Tensor skipped(const Step& step) const override;
  std::vector<LayerOutline> layers() const override;
  std::vector<AffineLayer> affine_layers(const Tensor& x, const Step& step) const override;
  std::optional<Choice<Backbone>> completed() const override { return Choice<Backbone>(config_); }

 private:
  Config config_;
  std::int64_t inputs_ = 0, targets_ = 0;  // numbers of features
  Tensor skip_;                            // parameter [outputs, inputs]; undefined without

  TranscoderBackbone(Config config, const BackboneContext& context, const std::vector<std::int64_t>& blocks);
  /// The features of rows that the encoder reads: [n, inputs].
  Tensor read(const Tensor& x) const;
  Tensor with_skip(const Tensor& output, const Step& step) const;
};

}  // namespace aelab
