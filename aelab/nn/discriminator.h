#pragma once

#include "aelab/nn/layers.h"
#include "aelab/nn/optimizers.h"

namespace aelab {

/// The fields of a discriminator and its training.
struct DiscriminatorConfig {
  std::vector<std::int64_t> hidden = {256, 256};
  Choice<Optimizer> optimizer = Adam::Config{.learning_rate = 1e-4, .beta1 = 0.5, .beta2 = 0.9};

  void fields(Fields& f);
};

/// A network of dense layers with leaky ReLUs that tells codes of one distribution from those of another.
class Discriminator : public torch::nn::Module {
 public:
  /// For codes of this many dimensions.
  Discriminator(const DiscriminatorConfig& config, std::int64_t code, Initializer initializer);
  /// Codes [n, ...code] -> [n]: above 0 where the first distribution seems more likely, the log of the
  /// densities' ratio once it is trained.
  at::Tensor forward(const at::Tensor& code) const;

 private:
  std::vector<std::shared_ptr<Affine>> layers_;
};

/// The binary cross-entropy of logits for the one or the other class, of each row: [n] -> [n].
at::Tensor cost_as_first(const at::Tensor& logits);
at::Tensor cost_as_second(const at::Tensor& logits);

}  // namespace aelab
