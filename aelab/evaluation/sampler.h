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
/// as its prior (Dai & Wipf 2019; Ghosh et al. 2020). Codes are float64 on the CPU.
class Sampler {
 public:
  static Registry<Sampler>& registry();
  virtual ~Sampler() = default;
  /// Why it cannot be the distribution of this model's codes, and what can; "" if it can. By default models
  /// whose codes are made of a codebook's vectors are refused, for samplers of any values.
  virtual std::string unsuited(const Autoencoder& model) const;
  /// Codes [rows, dimensions] of training rows. The seed fixes what chance decides. Throws an Error if the
  /// sampler is unsuited, or if there are too few rows.
  void fit(const Autoencoder& model, const Tensor& codes, std::int64_t seed);
  /// The logarithm of the density in nats, of codes that are made of a codebook's vectors that of their
  /// probability: [n, dimensions] -> [n].
  virtual Tensor log_density(const Tensor& codes) const = 0;
  /// [count, dimensions]: the same of the same seed, the first ones whatever the count.
  virtual Tensor draw(std::int64_t count, std::int64_t seed) const = 0;
  /// What fit() found, by distinct names, to be kept. load() restores it, for the same model, which outlives
  /// the sampler; it throws an Error if the state is another sampler's.
  virtual NamedTensors state() const = 0;
  virtual void load(const Autoencoder& model, const NamedTensors& state) = 0;

 protected:
  virtual void fit_codes(const Autoencoder& model, const Tensor& codes, std::int64_t seed) = 0;
};

/// Codes [n, dimensions] in the shape, the type and on the device of the model's own.
Tensor as_codes_of(const Autoencoder& model, const Tensor& codes);
/// Throws an Error if there are fewer than `least`; `what` begins it, such as "a Gaussian".
void require_rows(const Tensor& codes, std::int64_t least, const std::string& what);
/// The tensor of this name. Throws an Error if there is none.
const Tensor& tensor_named(const NamedTensors& state, std::string_view name);

}  // namespace aelab
