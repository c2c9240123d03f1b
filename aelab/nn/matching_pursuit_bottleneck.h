#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// Matching pursuit (Mallat & Zhang 1993; Costa et al. 2025, "From flat to hierarchical"): the elements of a
/// code are chosen one after the other. Of the residual r, what the elements so far leave of the row, the
/// element whose vector d has the largest positive product with r is chosen, its value grows by relu(r . d),
/// and r loses as much of d. A row is done after k choices, when an element is chosen again or nothing is
/// positive, and, on request, when the norm of r falls below `residual`.
///
/// The products with the row itself are the pre-code, so that the encoder should be the dictionary's
/// transpose: those with later residuals follow from the products of vectors with each other. Gradients flow
/// through values and residuals, not through the choices.
class MatchingPursuitBottleneck : public Bottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "matching-pursuit";
    static constexpr std::string_view summary =
        "chooses elements one after the other, each for what those before leave of the row";
    static constexpr std::string_view also_known_as[] = {"mp", "matching_pursuit", "mp-sae"};
    static constexpr std::string_view capabilities[] = {capability::needs_dictionary};
    std::int64_t k = 32;
    double residual = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.k = 3}, {.k = 1}}; }
  };

  explicit MatchingPursuitBottleneck(const Config& config) : config_(config) {}
  /// With `residual` one element more: |x - bias|^2.
  Shape pre_code_shape(const Shape& code) const override;
  void connect(const EncoderAccess& encoder) override { encoder_ = encoder; }
  /// Throws a FieldError if k is larger than the code, if the decoder is not linear, or if `residual` is
  /// given and pre-codes are not the products with the dictionary's vectors.
  void build(const Shape& code, std::int64_t seed) override;
  Tensor read(const Tensor& pre_code, const Step& step) const override;
  void code(Pass& pass, const Step& step) const override;
  Bounds range() const override { return at_least(0); }

 private:
  Config config_;
  EncoderAccess encoder_;
  Shape code_;

  Tensor whole(const ActiveElements& active) const;

  ActiveElements pursue(const Tensor& pre_code) const;
};

}  // namespace aelab
