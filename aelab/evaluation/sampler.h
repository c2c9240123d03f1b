#pragma once

#include "aelab/core/registry.h"
#include "aelab/models/autoencoder.h"

namespace aelab {

namespace capability {
/// Of samplers that are fitted only when they are named.
inline constexpr std::string_view takes_long = "takes long to fit or to evaluate";
}  // namespace capability

/// A distribution over the codes of a trained model, to draw new codes from, which the decoder makes samples
/// of. Most are fitted to codes of training rows: even a variational autoencoder's codes are not distributed
/// as its prior (Dai & Wipf 2019; Ghosh et al. 2020). Computes in float64 on the CPU.
class Sampler {
 public:
  static Registry<Sampler>& registry();
  virtual ~Sampler() = default;
  /// Codes [rows, dimensions] of training rows. The seed fixes what chance decides. Throws an Error if there
  /// are too few.
  virtual void fit(const Autoencoder& model, const Tensor& codes, std::int64_t seed) = 0;
  /// The logarithm of the density in nats: [n, dimensions] -> [n].
  virtual Tensor log_density(const Tensor& codes) const = 0;
  /// [count, dimensions]: the same of the same seed, the first ones whatever the count.
  virtual Tensor draw(std::int64_t count, std::int64_t seed) const = 0;
  /// What fit() found, to be kept; load() restores it, for the same model.
  virtual NamedTensors state() const = 0;
  virtual void load(const Autoencoder& model, const NamedTensors& state) = 0;
};

}  // namespace aelab
