#pragma once

#include "aelab/nn/layers.h"
#include "aelab/nn/parts.h"
#include "aelab/nn/sparse_codes.h"

namespace aelab {

/// What keeps the vectors of a dictionary comparable, whose lengths a code's elements could make up for.
enum class DecoderNorm {
  free,    ///< nothing
  unit,    ///< they have the norm 1 after each step, and gradients have no part that is parallel to them
  scaled,  ///< the encoder's outputs are multiplied by their norms, and they are divided by them
};
std::span<const std::string_view> names(DecoderNorm);

/// What the decoder's bias is before the first step.
enum class BiasStart {
  zeros,
  mean,              ///< of some training rows
  geometric_median,  ///< the point from which the distances of some training rows have the smallest sum
};
std::span<const std::string_view> names(BiasStart);

/// The two layers of a sparse autoencoder (Bricken et al. 2023): pre-code = (x - b) W_e^T + b_e and output =
/// code D + b, where the rows of D [code, features] are the vectors of a dictionary and b is subtracted from
/// the input on request. At the start D has random directions, and W_e may be the same. The rank of rows does
/// not matter. Tied, W_e is D, and D alone is trained.
///
/// Of codes whose active elements are known (ActiveElements), only their vectors are read and changed.
class DictionaryBackbone : public Backbone {
 public:
  struct Config {
    static constexpr std::string_view kind = "dictionary";
    static constexpr std::string_view summary =
        "one layer each way, for sparse codes of many dimensions: a dictionary of vectors";
    static constexpr std::string_view also_known_as[] = {"sae"};
    static constexpr std::string_view capabilities[] = {capability::takes_code, capability::takes_any_rank};
    DecoderNorm norm = DecoderNorm::free;
    std::optional<double> initial_norm = {};
    bool tied = false;
    bool tied_start = true;
    bool bias = true;
    bool pre_bias = true;
    BiasStart bias_start = BiasStart::zeros;

    void fields(Fields& f);
    /// Those of the vectors' norms, of which the initial one is by default as said in words, and of the
    /// decoder's initial bias, which fields() lists among the others.
    void norm_fields(Fields& f, std::string_view initial);
    void bias_start_field(Fields& f);
    static std::vector<Config> examples();
  };

  DictionaryBackbone(const Config& config, const BackboneContext& context)
      : DictionaryBackbone(config, context, {.input = context.input, .target = context.input}) {}
  Tensor encode(const Tensor& x, const Step& step) const override;
  Tensor decode(const Tensor& code, const Step& step) const override;
  Tensor decode_active(const ActiveElements& active, const Step& step) const override;
  /// Its encoder, with the norms of the vectors as `scale` where they are factors.
  SparseEncoder encoder() const;
  Dictionary dictionary() const override { return {vectors(), decoder_bias_}; }
  bool encodes_by_dictionary() const override { return config_.tied && !config_.bias && config_.pre_bias; }
  bool takes_sparse_gradients() const override { return !appends_energy_; }
  std::vector<std::int64_t> blocks() const override { return extent_.blocks; }
  bool restarts() const override {
    return target_shape().empty() && elements(extent_.input) == elements(output_);
  }
  /// The new rows of the decoder have the mean norm of the others, those of the encoder a fifth of it
  /// (Bricken et al. 2023, appendix "Neuron resampling"). An input without a direction, as it is the bias,
  /// begins nothing.
  std::vector<Tensor> restart(const Tensor& elements, const Tensor& inputs) override;
  Shape code_shape() const override { return {decoder_.size(0)}; }
  std::vector<LayerOutline> layers() const override;
  Tensor filters() const override;
  std::vector<Tensor> weights_of(std::string_view network) const override {
    return Backbone::weights_of(config_.tied ? "decoder" : network);
  }
  std::int64_t dense_depth() const override { return appends_energy_ ? 0 : 1; }
  std::vector<AffineLayer> affine_layers(const Tensor& x, const Step& step) const override;
  void after_step() override;
  std::int64_t rows_to_begin() const override;
  /// Sets the decoder's bias by the targets of these rows, unless it has a value already, such as that of a
  /// file.
  void begin(const Tensor& rows) override;

 protected:
  /// The features that are encoded and those that are decoded, and the blocks of the latter; no blocks: one.
  /// Each block of an initial vector has the initial norm, and `scaled` is by the sum of the blocks' norms.
  struct Extent {
    Shape input = {}, target = {};
    std::vector<std::int64_t> blocks = {};
  };
  DictionaryBackbone(const Config& config, const BackboneContext& context, Extent extent);

  const Shape& outputs() const { return output_; }

 private:
  Config config_;
  Extent extent_;
  Shape output_;
  Tensor encoder_, encoder_bias_;  // [pre-code, features] or, tied, undefined; [pre-code] or undefined
  Tensor decoder_, decoder_bias_;  // [code, features], [features]
  bool appends_energy_ = false;    // to pre-codes: what encodes_by_dictionary() says of the element more

  bool normalizes() const { return config_.norm != DecoderNorm::free; }
  /// Whether it normalizes, and not by norms of whole vectors.
  bool divides_by_blocks() const { return config_.norm == DecoderNorm::scaled && !extent_.blocks.empty(); }
  /// The factors of the encoder's outputs; undefined without.
  Tensor scale() const;
  /// The decoder's vectors as it uses them.
  Tensor vectors() const;
  Tensor encoder_weight() const { return config_.tied ? vectors() : encoder_; }
  Tensor shaped(const Tensor& output) const;
  /// The norms of the decoder's vectors, or the sums of those of their blocks: [code].
  Tensor norms() const;
  Tensor initial_vectors(Initializer& initializer, std::int64_t code) const;
  void check(std::int64_t code, std::int64_t pre_code) const;
};

/// The point from which the distances of the rows [n, features] have the smallest sum, to about 1e-6 of their
/// mean distance: Weiszfeld's iteration from their mean. [features]
Tensor geometric_median(const Tensor& rows);

}  // namespace aelab
