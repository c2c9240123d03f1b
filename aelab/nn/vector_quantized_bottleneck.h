#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// Replaces each vector of a pre-code by the nearest of a learned codebook (van den Oord et al. 2017,
/// equation 3). The vectors are those of the channels at each place of an image, or consecutive features.
/// Gradients pass straight through to the encoder; two terms move the codebook to the pre-codes and the
/// encoder to its codebook vectors.
class VectorQuantizedBottleneck : public Bottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "vector-quantized";
    static constexpr std::string_view summary = "the nearest vectors of a learned codebook";
    static constexpr std::string_view also_known_as[] = {"vq", "vector-quantised", "vq-vae", "quantized"};
    static constexpr std::string_view terms[] = {"codebook", "commitment"};
    std::int64_t codes = 512;
    std::optional<std::int64_t> dimension = {};
    Schedule commitment = 0.25;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.codes = 5}, {.codes = 7, .dimension = 2}}; }
  };

  explicit VectorQuantizedBottleneck(const Config& config) : config_(config) {}
  /// Registers the codebook [codes, dimension]. Throws an Error if the code is not made of such vectors.
  void build(const Shape& code, std::int64_t seed) override;
  Tensor read(const Tensor& pre_code, const Step& step) const override;
  /// Extra: "indices" into the codebook, int64 [batch, vectors of a row].
  void code(Pass& pass, const Step& step) const override;
  std::vector<TermOutline> terms() const override { return {{.name = "codebook"}, {.name = "commitment"}}; }
  void add_terms(const Pass& pass, const Step& step, Terms& terms) const override;
  bool is_differentiable() const override { return false; }
  bool has_exact_gradients() const override { return false; }

 private:
  Config config_;
  Tensor codebook_;

  /// The vectors of each row, [batch, vectors, dimension], and back to the shape of `like`.
  Tensor vectors(const Tensor& x) const;
  Tensor joined(const Tensor& vectors, const Tensor& like) const;
  Tensor nearest(const Tensor& vectors) const;
  /// The codebook's vectors, with the pre-code's gradients.
  Tensor through(const Tensor& pre_code, const Tensor& indices) const;
};

}  // namespace aelab
