#pragma once

#include "aelab/nn/posterior.h"

namespace aelab {

/// Lists the posterior, the diagonal one by default.
void posterior_field(Fields& f, std::optional<Choice<Posterior>>& posterior);

/// The latent variable of a variational autoencoder (Kingma & Welling 2014): the encoder gives the mean and
/// the logarithm of the variance of a diagonal Gaussian, from which codes are drawn, code = mean + deviation
/// noise; the KL divergence to the prior is added to the objective, in closed form where there is one (their
/// appendix B), or estimated at each code that was drawn: for other priors, and for bounds that weigh codes.
/// Reads codes as their means. The term "kl" is in nats a row, whatever its weight. Other posteriors than the
/// diagonal Gaussian make more of it; their divergence has no closed form.
///
/// Two changes of the objective keep codes in use; the term "kl" then has no weight. With `free_bits` the
/// divergence of each dimension, averaged over the batch, counts from that many nats on (Kingma et al. 2016,
/// equation 16). With `capacity` its distance from a number of nats counts, |KL - capacity| of the batch's
/// mean (Burgess et al. 2018, equation 8): `beta` is their gamma.
class GaussianBottleneck : public Bottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "gaussian";
    static constexpr std::string_view summary = "a diagonal Gaussian and its KL divergence to a prior";
    static constexpr std::string_view also_known_as[] = {"variational", "normal", "vae",
                                                         "reparameterization"};
    static constexpr std::string_view terms[] = {"kl", "free_bits", "capacity"};
    Schedule beta = 1.0;
    double free_bits = 0;
    std::optional<Schedule> capacity = {};
    std::optional<Choice<Prior>> prior = {};          ///< default: standard
    std::optional<Choice<Posterior>> posterior = {};  ///< default: diagonal

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit GaussianBottleneck(const Config& config);
  void connect(const EncoderAccess& encoder) override { encoder_ = encoder; }
  void build(const Shape& code, std::int64_t seed) override;
  void check(const Bound& bound) const override;
  /// Twice the features or channels, or as many as the posterior needs: the means, then the logarithms of the
  /// variances, then others.
  Shape pre_code_shape(const Shape& code) const override;
  Tensor read(const Tensor& pre_code, const Step& step) const override;
  void code(Pass& pass, const Step& step) const override;
  bool samples_codes() const override { return true; }
  bool has_density() const override { return true; }
  Tensor log_density(const Tensor& code, const Tensor& pre_code) const override {
    return posterior_->log_density(code, pre_code);
  }
  Tensor log_prior(const Tensor& code) const override { return prior_->log_density(code); }
  bool has_pathwise_density() const override { return is_gaussian(); }
  bool is_gaussian() const override { return posterior_->is_gaussian(); }
  DiagonalGaussian gaussian(const Tensor& pre_code) const override {
    return DiagonalGaussian::from(pre_code);
  }
  const Prior* prior() const override { return prior_.get(); }
  std::vector<TermOutline> terms() const override;
  void add_terms(const Pass& pass, const Step& step, Terms& terms) const override;
  bool has_slope() const override { return is_gaussian(); }
  Tensor slope(const Tensor& pre_code, const Tensor& code, const Step& step) const override;

 private:
  Config config_;
  EncoderAccess encoder_;
  std::shared_ptr<Prior> prior_;
  std::shared_ptr<Posterior> posterior_;

  /// What takes the place of the weighted divergence in the objective; "" if nothing does.
  const char* substitute() const;
};

}  // namespace aelab
