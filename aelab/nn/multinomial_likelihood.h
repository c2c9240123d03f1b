#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// One multinomial distribution over all features of a row: its counts x are drawn from softmax(output), as
/// many as the row has altogether (Liang, Krishnan, Hoffman & Jebara 2018, equation 2: Mult-VAE). Unlike
/// independent distributions it lets the features, such as items of a basket, compete for probability.
///
/// negative_log() is -sum_i x_i log softmax(output)_i - log(n! / prod_i x_i!), n = sum_i x_i: the whole
/// logarithm, while the paper leaves out the last term, which depends on the row alone. Counts that are no
/// whole numbers, such as ratings or weights, have factorials by the gamma function. The mean and draws are
/// those of a single count, since an output does not say how many a row has: the mean is the softmax, by
/// which items are ranked.
class MultinomialLikelihood : public Likelihood {
 public:
  struct Config {
    static constexpr std::string_view kind = "multinomial";
    static constexpr std::string_view summary =
        "counts that share one softmax, such as the items of a basket (Mult-VAE)";
    static constexpr std::string_view also_known_as[] = {"mult", "mult-vae", "multi-vae"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit MultinomialLikelihood(const Config&) {}
  /// Its derivatives are those by the output alone.
  Tensor negative_log(const Tensor& output, const Tensor& target) const override;
  bool is_distribution_of(const Tensor& target) const override;
  Tensor mean(const Tensor& output) const override;
  Tensor draw(const Tensor& output, const Step& step) const override;
  Bounds support() const override { return at_least(0); }
};

}  // namespace aelab
