#pragma once

#include "aelab/models/autoencoder.h"

namespace aelab {

/// Principal component analysis in closed form, the baseline of all autoencoders: a linear encoder and
/// decoder without biases, on centered data. Whitened codes have unit variance on the training split.
class Pca : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "pca";
    static constexpr std::string_view summary = "principal component analysis in closed form: the baseline";
    std::int64_t code = 32;
    bool whiten = false;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.code = 6}, {.code = 6, .whiten = true}}; }
  };

  static AutoencoderConfig expand(const Config& config);
  /// Throws an Error if the code is larger than the input.
  Pca(const Config& config, const Context& context);

  /// One phase, "solve", without steps. The components are those of the training split.
  std::vector<Phase> phases() override;

  /// Variance along each component, and its fraction of the total variance: [code], on the training split.
  const Tensor& variances() const { return variances_; }
  const Tensor& explained_variance_ratio() const { return ratios_; }

 private:
  bool whiten_;
  Tensor variances_, ratios_;  // buffers

  void solve(const Dataset& data);
};

}  // namespace aelab
