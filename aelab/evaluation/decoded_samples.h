#pragma once

#include "aelab/data/dataset.h"
#include "aelab/evaluation/sampler.h"

namespace aelab {

/// What is made of a sample's code.
enum class Decoding {
  mean,  ///< the mean of the likelihood, which of binary rows is gray
  draw,  ///< a row that is drawn from it
};
std::span<const std::string_view> names(Decoding);

/// The samples that a metric compares with rows.
struct SamplesConfig {
  std::optional<Choice<Sampler>> sampler = {};  ///< unset: default_sampler()
  Decoding decoding = Decoding::mean;

  void fields(Fields& f);
  /// What the samples are, for the definitions of measures.
  std::string in_words() const;
};

/// The distribution that codes are drawn from where none is named: the model's prior, or a Gaussian of the
/// training codes for models without one. Nothing for codes from a codebook, which neither draws.
std::optional<Choice<Sampler>> default_sampler(const Autoencoder& model);

/// New samples of a trained model, for metrics that compare them with rows. Their codes are drawn from a
/// sampler, which is fitted to the codes of at most 20,000 training rows, the first ones.
class DecodedSamples {
 public:
  /// The model outlives this. Nothing can be drawn of models whose decoder no longer belongs to the encoder,
  /// and where there is a refusal().
  void fit(const Autoencoder& model, const Dataset& train, const SamplesConfig& config, std::int64_t seed);
  bool can_draw() const { return sampler_ != nullptr; }
  /// Why no codes can be drawn; "" where they can, or where samples make no sense.
  const std::string& refusal() const { return refusal_; }
  /// [count, ...input], on the CPU; those of a conditional model are of the classes `labels` [count].
  Tensor draw(std::int64_t count, const Tensor& labels = {}) const;

 private:
  const Autoencoder* model_ = nullptr;
  std::int64_t seed_ = 0;
  Decoding decoding_ = Decoding::mean;
  std::shared_ptr<Sampler> sampler_;
  std::string refusal_;
};

/// Of such a refusal, what a metric's cautions say; none if it is "".
std::vector<std::string> cautions_of_refusal(std::string_view metric, const std::string& refusal);

}  // namespace aelab
