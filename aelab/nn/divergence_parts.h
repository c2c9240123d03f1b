#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// How the aggregate distribution of codes, q(code), the mean of q(code | input) over a data set of N rows,
/// is estimated from a batch (Chen et al. 2018, appendix C).
enum class AggregateEstimate {
  weighted,   ///< minibatch-weighted: the batch's mean over N, which is biased
  stratified  ///< minibatch-stratified: an unbiased estimate of the density
};
std::span<const std::string_view> names(AggregateEstimate);

/// The logarithms of the batch's densities, one code for each row: [batch] in nats.
struct CodeDensities {
  Tensor conditional;  ///< log q(code | input)
  Tensor aggregate;    ///< log q(code), estimated
  Tensor marginals;    ///< sum over dimensions of log q(code of the dimension), estimated
};

/// Of codes [batch, code] that were drawn from these Gaussians of a data set of `rows` rows.
CodeDensities code_densities(const DiagonalGaussian& gaussians, const Tensor& code, std::int64_t rows,
                             AggregateEstimate estimate);

/// The parts of the KL divergence between codes and a factorized prior, averaged over a data set (Hoffman &
/// Johnson 2016; Chen et al. 2018, equation 2): KL = mutual information + total correlation + sum over
/// dimensions of KL(q(code of the dimension) || p). Their estimates depend on all rows of the batch together.
/// The weight is added to the weight that the part has in the divergence itself.
class DivergencePart : public Penalty {
 public:
  struct Config {
    Schedule weight = 1.0;
    AggregateEstimate estimate = AggregateEstimate::stratified;

    void fields(Fields& f);
  };

  static void estimate_field(Fields& f, AggregateEstimate& estimate);
  explicit DivergencePart(const Config& config) : config_(config) {}
  void check(const Parts& parts) const override;
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const final;
  const Schedule& weight() const override { return config_.weight; }
  Additivity additivity() const override { return Additivity::batch; }
  Bounds range() const override { return {}; }

 protected:
  /// Of each row.
  virtual Tensor of(const CodeDensities& densities, const Pass& pass, const Parts& parts) const = 0;

 private:
  Config config_;
};

/// KL(q(code) || product of its marginals): 0 where the code's dimensions are independent.
class TotalCorrelation : public DivergencePart {
 public:
  struct Config : DivergencePart::Config {
    static constexpr std::string_view kind = "total-correlation";
    static constexpr std::string_view summary = "dependence among the dimensions of the code";
    static constexpr std::string_view also_known_as[] = {"tc", "btcvae", "beta-tc"};
    static constexpr std::string_view capabilities[] = {capability::needs_gaussian};
    static std::vector<Config> examples();
  };

  explicit TotalCorrelation(const Config& config) : DivergencePart(config) {}

 protected:
  Tensor of(const CodeDensities& densities, const Pass& pass, const Parts& parts) const override;
};

/// The mutual information between rows and codes.
class MutualInformation : public DivergencePart {
 public:
  struct Config : DivergencePart::Config {
    static constexpr std::string_view kind = "mutual-information";
    static constexpr std::string_view summary = "what codes tell of rows, in nats";
    static constexpr std::string_view also_known_as[] = {"mi", "index-code-mi"};
    static constexpr std::string_view capabilities[] = {capability::needs_gaussian};
    static std::vector<Config> examples();
  };

  explicit MutualInformation(const Config& config) : DivergencePart(config) {}

 protected:
  Tensor of(const CodeDensities& densities, const Pass& pass, const Parts& parts) const override;
};

/// The sum over dimensions of the KL divergence between the aggregate distribution of the dimension and the
/// prior's, for a prior whose dimensions are independent.
class DimensionwiseDivergence : public DivergencePart {
 public:
  struct Config : DivergencePart::Config {
    static constexpr std::string_view kind = "dimension-wise-kl";
    static constexpr std::string_view summary =
        "KL divergence of each dimension's distribution from the prior";
    static constexpr std::string_view also_known_as[] = {"dwkl", "dimensionwise-kl"};
    static constexpr std::string_view capabilities[] = {capability::needs_gaussian,
                                                        capability::needs_factorized};
    static std::vector<Config> examples();
  };

  explicit DimensionwiseDivergence(const Config& config) : DivergencePart(config) {}
  void check(const Parts& parts) const override;

 protected:
  Tensor of(const CodeDensities& densities, const Pass& pass, const Parts& parts) const override;
};

}  // namespace aelab
