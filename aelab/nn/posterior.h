#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// The distribution that the codes of an input are drawn from, q(code | input), which the Gaussian bottleneck
/// has. It begins with a diagonal Gaussian, whose means and logarithms of variances are the first of the
/// encoder's outputs.
class Posterior : public torch::nn::Module {
 public:
  static Registry<Posterior>& registry();
  /// Called once, before all that follows, with the shape of a code: registers parameters.
  virtual void build(const Shape& /*code*/, std::int64_t /*seed*/) {}
  /// The number of outputs of the encoder for each dimension of a code.
  virtual std::int64_t outputs() const { return 2; }
  /// What stands for a code that is not drawn: [batch, ...pre-code] -> [batch, ...code].
  virtual Tensor read(const Tensor& pre_code) const = 0;
  /// Fills pass.code with pass.samples codes of each row. Extras: where it is Gaussian "mean" and
  /// "log_variance" [batch, ...code], otherwise "log_density" of the codes [batch x samples].
  virtual void draw(Pass& pass, const Noise& noise) const = 0;
  /// Of codes [batch x samples, ...code] of pre-codes [batch, ...pre-code], with its constant and summed over
  /// dimensions: [batch x samples].
  virtual Tensor log_density(const Tensor& code, const Tensor& pre_code) const = 0;
  /// Whether it is the diagonal Gaussian that it begins with.
  virtual bool is_gaussian() const = 0;
};

}  // namespace aelab
