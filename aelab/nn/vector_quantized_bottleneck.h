#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// How the vectors of a codebook are learned.
enum class CodebookUpdate {
  gradient,        ///< as parameters, by the term "codebook"
  moving_average,  ///< as means of the pre-codes that chose them, without a gradient
};
std::span<const std::string_view> names(CodebookUpdate);

/// Replaces each vector of a pre-code by the nearest of a learned codebook (van den Oord et al. 2017,
/// equation 3). The vectors are those of the channels at each place of an image, or consecutive features.
/// Gradients pass straight through to the encoder, which the term "commitment" keeps near its codebook
/// vectors.
///
/// By `gradient` the codebook is a parameter, and the term "codebook" moves its vectors to the pre-codes that
/// chose them. By `moving_average` a vector is the mean of these pre-codes (their appendix A.1): moving sums
/// of the pre-codes and of their number, with the same decay and both from 0, so that their ratio is a mean
/// from the first step on, without a correction. Vectors that no pre-code of a step chose stay as they are.
///
/// With `restart`, a vector that was not chosen in so many steps is put on a pre-code of the step, drawn at
/// random without replacement where there are enough, and its sums begin anew (Dhariwal et al. 2020, section
/// 3.3). Sums and draws are over all batches of a step: accumulated batches are as one.
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
    CodebookUpdate update = CodebookUpdate::gradient;
    double decay = 0.99;
    std::int64_t restart = 0;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit VectorQuantizedBottleneck(const Config& config) : config_(config) {}
  /// Registers the codebook [codes, dimension], a parameter or a buffer, and the buffers of its update.
  /// Throws an Error if the code is not made of such vectors.
  void build(const Shape& code, std::int64_t seed) override;
  Tensor read(const Tensor& pre_code, const Step& step) const override;
  void code(Pass& pass, const Step& step) const override;
  std::vector<TermOutline> terms() const override;
  void add_terms(const Pass& pass, const Step& step, Terms& terms) const override;
  void after_step(std::span<const Pass> passes) override;
  bool is_differentiable() const override { return false; }
  bool has_exact_gradients() const override { return false; }
  std::int64_t codebook_size() const override { return config_.codes; }
  Tensor from_indices(const Tensor& indices) const override;
  Tensor indices_of(const Tensor& code) const override;

 private:
  Config config_;
  Shape code_;
  Tensor codebook_;
  Tensor counts_, sums_;  // moving sums of the pre-codes that chose each vector: [codes], [codes, dimension]
  Tensor unused_;         // steps since a vector was chosen: [codes]

  /// The codebook's vectors as codes, with the pre-code's gradients.
  Tensor through(const Tensor& pre_code, const Tensor& indices) const;
  /// Of vectors [n, dimension], of which `chosen` [n] says what each chose: moves the codebook.
  void average(const Tensor& vectors, const Tensor& chosen);
  /// Puts unused ones on some of the vectors, in the order of `draws` [n].
  void restart_unused(const Tensor& vectors, const Tensor& chosen, const Tensor& draws);
};

}  // namespace aelab
