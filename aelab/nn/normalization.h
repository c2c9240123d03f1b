#pragma once

#include "aelab/nn/layers.h"
#include "aelab/nn/step.h"

namespace aelab {

/// What is done to the output of a hidden layer before its activation.
enum class Normalize {
  none,
  batch,  ///< each feature or channel by the batch's mean and variance (Ioffe & Szegedy 2015)
  layer,  ///< each row by its own mean and variance over all features (Ba, Kiros & Hinton 2016)
};
std::span<const std::string_view> names(Normalize);

/// Normalizes x [batch, features, ...], then scales and shifts each feature. Outside training, batch
/// normalization uses running statistics: running = .9 running + .1 of the batch, the variance unbiased, as
/// in PyTorch. They advance once an optimizer step, by after_step(), with the last batch; one of a single row
/// has no variance and leaves them as they are. Scales start at one, or with `zero_scale` at zero.
class Normalization : public torch::nn::Module {
 public:
  Normalization(Normalize method, std::int64_t features, const Initializer& initializer,
                bool zero_scale = false);
  at::Tensor forward(const at::Tensor& x, bool training);
  void after_step();

 private:
  Normalize method_;
  at::Tensor weight_, bias_;                // [features]
  at::Tensor mean_, variance_;              // buffers [features], of batch normalization
  at::Tensor batch_mean_, batch_variance_;  // of the last batch; undefined if there is nothing to add

  at::Tensor by_batch(const at::Tensor& x);
};

/// How the hidden layers of a backbone are regularized.
struct Regularization {
  Normalize normalization = Normalize::none;
  double dropout = 0;

  void fields(Fields& f);
  bool any() const { return normalization != Normalize::none || dropout > 0; }
  /// What follows the affine part of a hidden layer: the normalization, unless it is null, the activation,
  /// and dropout, whose random stream has the layer's name.
  at::Tensor finish(const at::Tensor& x, Normalization* normalization_of_layer, Activation activation,
                    std::string_view layer, const Step& step) const;
  /// "dense, batch normalization, relu, dropout 0.1", of a hidden layer "dense".
  std::string in_words(const std::string& layer, Activation activation) const;
};

/// Sets each value to zero with a probability and divides the others by 1 - probability, in training only
/// (Srivastava et al. 2014). `layer` names the random stream.
at::Tensor dropout(const at::Tensor& x, double probability, std::string_view layer, const Step& step);

}  // namespace aelab
