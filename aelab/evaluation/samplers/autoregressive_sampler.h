#pragma once

#include "aelab/evaluation/samplers/density_training.h"
#include "aelab/nn/index_network.h"

namespace aelab {

/// A distribution over the indices of codes that are made of a codebook's vectors,
/// p(i_1) p(i_2 | i_1) p(i_3 | i_1, i_2) ..., trained on the training codes by maximum likelihood (the prior
/// of van den Oord, Vinyals & Kavukcuoglu 2017, section 3.3). log_density() is the logarithm of the
/// PROBABILITY of a code's indices, in nats; a code whose vectors are not in the codebook has that of the
/// nearest ones.
///
/// The conditional distributions are those of a masked network over embedded indices (nn/index_network.h),
/// not of a PixelCNN: codes of dense backbones have no neighborhoods, and those of convolutional ones are
/// small enough for every index to depend on all before it. It begins as the product of the places' own
/// frequencies, to which a half of an occurrence of each index is added, and is trained in float32 and
/// evaluated in float64. A probability takes one pass of the network, a draw one for each index.
class AutoregressiveSampler : public Sampler {
 public:
  struct Config {
    static constexpr std::string_view kind = "autoregressive";
    static constexpr std::string_view summary =
        "a masked network of the indices of codes that are made of a codebook's vectors";
    static constexpr std::string_view also_known_as[] = {"pixelcnn", "pixel-cnn", "made", "discrete",
                                                         "transformer"};
    IndexNetworkConfig network = {};
    DensityTraining training = {};

    void fields(Fields& f) {
      network.fields(f);
      training.fields(f);
    }
    static std::vector<Config> examples();
  };

  explicit AutoregressiveSampler(const Config& config) : config_(config) {}
  std::string unsuited(const Autoencoder& model) const override;
  Tensor log_density(const Tensor& codes) const override;
  Tensor draw(std::int64_t count, std::int64_t seed) const override;
  NamedTensors state() const override { return network_state(*network_); }
  void load(const Autoencoder& model, const NamedTensors& state) override;

 protected:
  void fit_codes(const Autoencoder& model, const Tensor& codes, std::int64_t seed) override;

 private:
  Config config_;
  const Autoencoder* model_ = nullptr;
  std::int64_t places_ = 0;  // indices of a code
  std::shared_ptr<IndexNetwork> network_;

  /// Codes [n, dimensions] -> [n, places] int64 on the CPU.
  Tensor indices_of(const Tensor& codes) const;
  Tensor codes_of(const Tensor& indices) const;
  void make_network(std::int64_t places, std::int64_t seed);
  std::int64_t codebook_size() const { return model_->parts().bottleneck.codebook_size(); }
  /// The rows whose logits fit in memory together.
  std::int64_t rows_at_once() const;
};

}  // namespace aelab
