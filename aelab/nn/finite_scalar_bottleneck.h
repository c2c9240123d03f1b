#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// Finite scalar quantization (Mentzer, Minnen, Agustsson & Tschannen 2024): each value of a vector is
/// bounded and rounded to one of a few levels, and the grid of all combinations is the codebook. Nothing of
/// it is learned, so no term is added and no vector is left out. With L levels, for a value z of a pre-code,
///
///     h = (L - 1) 1.001 / 2,  o = .5 where L is even, else 0,
///     code = round(tanh(z + atanh(o / h)) h - o) / floor(L / 2),
///
/// which lies in [-1, 1]; a pre-code of 0 is in the middle of the level 0. Gradients pass straight through
/// the rounding. The vectors are those of the channels at each place of an image, or consecutive features.
class FiniteScalarBottleneck : public Bottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "finite-scalar";
    static constexpr std::string_view summary =
        "values rounded to a few levels each, a codebook without parameters";
    static constexpr std::string_view also_known_as[] = {"fsq", "finite-scalar-quantization",
                                                         "scalar-quantized"};
    std::vector<std::int64_t> levels = {8, 5, 5, 5};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit FiniteScalarBottleneck(const Config& config) : config_(config) {}
  /// Throws a FieldError of "levels" if a code is not made of vectors with so many values.
  void build(const Shape& code, std::int64_t seed) override;
  Tensor read(const Tensor& pre_code, const Step& step) const override;
  void code(Pass& pass, const Step& step) const override;
  bool is_differentiable() const override { return false; }
  bool has_exact_gradients() const override { return false; }
  Bounds range() const override { return between(-1, 1); }
  /// The product of the levels. The first value of a vector counts ones, the second as many as the first has
  /// levels, and so on, each from its lowest level.
  std::int64_t codebook_size() const override { return elements(config_.levels); }
  Tensor from_indices(const Tensor& indices) const override;
  Tensor indices_of(const Tensor& code) const override;

 private:
  Config config_;
  Shape code_;
  Tensor levels_;  // [dimension]

  std::int64_t dimension() const { return static_cast<std::int64_t>(config_.levels.size()); }
  /// floor(L / 2), by which values are divided.
  Tensor half_widths() const;
  /// The values before they are rounded, [batch, vectors, dimension].
  Tensor bounded(const Tensor& pre_code) const;
  /// The indices of values of this shape, which are within the bounds: [batch, vectors].
  Tensor indices_at(const Tensor& values) const;
  /// Rounded values as codes, with the gradients of `bounded`.
  Tensor through(const Tensor& bounded) const;
};

}  // namespace aelab
