#pragma once

#include <torch/nn/module.h>

#include <functional>

#include "aelab/core/registry.h"
#include "aelab/nn/diagonal_gaussian.h"
#include "aelab/nn/dictionary.h"
#include "aelab/nn/step.h"

namespace aelab {

using at::Tensor;

/// The encoder that a model's codes come from, and what bottlenecks know of its decoder.
struct EncoderAccess {
  Shape input = {};             ///< of a row
  Bounds values = {};           ///< of the inputs
  bool is_conditional = false;  ///< whether inputs come with a condition, which `encode` leaves out
  std::function<Tensor(const Tensor&)> encode =
      {};                                       ///< inputs -> pre-codes, deterministic; as the model trains
  std::function<Dictionary()> dictionary = {};  ///< the linear decoder of the same model, if it has one
  bool takes_sparse_gradients = false;          ///< of pre-codes: Backbone::takes_sparse_gradients()
  bool encodes_by_dictionary = false;           ///< Backbone::encodes_by_dictionary()
};

/// The distribution of codes before an input is seen, for bottlenecks that draw codes. Part of the bottleneck
/// and trained with the model where it has parameters.
class Prior : public torch::nn::Module {
 public:
  static Registry<Prior>& registry();
  /// Called once, before all that follows, with the shape of a code: registers parameters. Throws an Error if
  /// the code does not suit it. The encoder is empty where its codes are not drawn from diagonal Gaussians.
  virtual void build(const Shape& /*code*/, std::int64_t /*seed*/, const EncoderAccess&) {}
  /// log p(code), with its constants and summed over dimensions: [n, ...code] -> [n].
  virtual Tensor log_density(const Tensor& code) const = 0;
  /// Codes drawn from it, [n, ...code]: like `like`, which is not read.
  virtual Tensor sample_like(const Tensor& like, const Noise& noise) const = 0;
  /// The KL divergence of these Gaussians from it in each dimension, [batch, ...code]; undefined where it has
  /// no closed form, which is estimated by codes that are drawn.
  virtual Tensor divergence(const DiagonalGaussian&) const { return {}; }
  /// Whether the dimensions of its codes are independent.
  virtual bool is_factorized() const { return false; }
};

}  // namespace aelab
