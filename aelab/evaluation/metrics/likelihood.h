#pragma once

#include "aelab/evaluation/metric.h"

namespace aelab {

/// The log-likelihood of the evaluated rows, for models whose codes have a density: its evidence lower bound
/// (Kingma & Welling 2014), and an estimate by importance sampling with `samples` codes of each row, drawn
/// from q(code | input) (Burda, Grosse & Salakhutdinov 2016, equation 8). All constants of the three
/// densities are included. Codes are functions of `seed` and of a row's place in the evaluated split: another
/// seed gives an independent estimate.
///
/// Not applicable to models whose decoder no longer belongs to the encoder, and where the model's likelihood
/// is not a distribution of such rows: the cross-entropy of gray values is not a likelihood, and a caution
/// says so.
class LikelihoodEstimate : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "likelihood";
    static constexpr std::string_view summary =
        "ELBO, negative log-likelihood and bits per dimension, by importance sampling";
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    static constexpr std::string_view also_known_as[] = {
        "nll", "elbo", "log-likelihood", "iwae", "bpd", "bits-per-dim", "ais", "log-px"};
    std::int64_t samples = 200;
    std::optional<std::int64_t> rows = {};  ///< unset: all
    std::int64_t seed = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.samples = 120, .rows = 30}}; }
  };

  explicit LikelihoodEstimate(const Config& config) : config_(config) {}
  std::vector<Measure> measures() const override;
  bool needs_reconstruction() const override { return true; }
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;
  std::vector<std::string> cautions() const override;

 private:
  Config config_;
  const Autoencoder* model_ = nullptr;  // outlives this
  bool has_density_ = false;
  bool is_distribution_ = true;  // the model's likelihood, of all rows so far
  std::int64_t rows_ = 0;
  double bound_ = 0, log_likelihood_ = 0, variance_ = 0, effective_ = 0;  // sums over rows

  /// log p(input, code) - log q(code | input) of all codes of these rows, [rows, samples] in float64.
  Tensor log_weights(const Tensor& x, const Tensor& condition) const;
};

}  // namespace aelab
