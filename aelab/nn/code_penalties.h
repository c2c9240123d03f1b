#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// Half the squared norm of the code (Ghosh et al. 2020, equation 8), which keeps codes near the origin
/// without a prior.
class CodeNormPenalty : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "code-norm";
    static constexpr std::string_view summary = "half the squared norm of the code";
    static constexpr std::string_view also_known_as[] = {"embedding-norm", "embedding_weight"};
    Schedule weight = 1e-2;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.weight = 0.1}}; }
  };

  explicit CodeNormPenalty(const Config& config) : weight_(config.weight) {}
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return weight_; }

 private:
  Schedule weight_;
};

/// The squared Frobenius norm of d reconstruction / d code, of the likelihood's mean at the pass's codes
/// (Ghosh et al. 2020, equation 10): a smooth decoder. An unbiased estimate by `directions` random directions
/// among the outputs, v' J with v of N(0, I), whose squared norm has the expectation |J|^2.
class DecoderJacobianPenalty : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "decoder-jacobian";
    static constexpr std::string_view summary = "the squared norm of the decoder's Jacobian, estimated";
    static constexpr std::string_view also_known_as[] = {"gradient-penalty", "gp", "rae-gp"};
    Schedule weight = 1e-2;
    std::int64_t directions = 1;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.weight = 0.1, .directions = 2}}; }
  };

  explicit DecoderJacobianPenalty(const Config& config) : config_(config) {}
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return config_.weight; }

 private:
  Config config_;
};

}  // namespace aelab
