#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// sum_j |code_j|
class L1Penalty : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "l1";
    static constexpr std::string_view summary = "the sum of the code's absolute values";
    static constexpr std::string_view also_known_as[] = {"lasso", "sparsity"};
    Schedule weight = 1e-3;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.weight = 0.01}}; }
  };

  explicit L1Penalty(const Config& config) : weight_(config.weight) {}
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return weight_; }

 private:
  Schedule weight_;
};

enum class Networks { both, encoder, decoder };
std::span<const std::string_view> names(Networks);

/// Half the sum of the backbone's squared weights, biases excepted (UFLDL, "Autoencoders and sparsity"): of
/// both networks or of one.
class WeightDecayPenalty : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "weight-decay";
    static constexpr std::string_view summary = "half the sum of the squared weights, biases excepted";
    static constexpr std::string_view also_known_as[] = {"l2", "ridge"};
    Schedule weight = 1e-4;
    Networks networks = Networks::both;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.weight = 0.01}, {.weight = 0.01, .networks = Networks::decoder}};
    }
  };

  explicit WeightDecayPenalty(const Config& config) : config_(config) {}
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return config_.weight; }
  /// Throws a FieldError if the backbone has no weights of the networks.
  void check(const Parts& parts) const override;
  Additivity additivity() const override { return Additivity::constant; }

 private:
  Config config_;

  std::vector<Tensor> weights(const Backbone& backbone) const;
};

enum class ActivationEstimate { batch, running };
std::span<const std::string_view> names(ActivationEstimate);

/// sum_j KL(target || mean activation of unit j) (UFLDL, "Autoencoders and sparsity"; Lee et al. 2008). The
/// mean is the batch's, or a running one: mean = decay mean + (1 - decay) batch's, whose gradient is that of
/// the whole mean as if every batch were like this one. For codes in [0, 1].
class KlSparsityPenalty : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "kl-sparsity";
    static constexpr std::string_view summary = "pulls each unit's mean activation to a target";
    static constexpr std::string_view also_known_as[] = {"kl", "sparse", "kl-divergence"};
    static constexpr std::string_view capabilities[] = {capability::needs_probabilities};
    Schedule weight = 3.0;
    double target = 0.05;
    ActivationEstimate estimate = ActivationEstimate::batch;
    double decay = 0.9;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.weight = 0.5, .target = 0.1},
              {.weight = 0.5, .target = 0.1, .estimate = ActivationEstimate::running}};
    }
  };

  explicit KlSparsityPenalty(const Config& config) : config_(config) {}
  void check(const Parts& parts) const override;
  Additivity additivity() const override { return Additivity::batch; }
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return config_.weight; }
  void after_step(std::span<const Pass> passes) override;
  void build(const Shape& code) override;

 private:
  Config config_;
  Tensor mean_;  // buffer [code], when running
  Tensor seen_;  // buffer [], batches in it
};

/// The squared Frobenius norm of d code / d input at the encoder's input (Rifai et al. 2011, eq. 2).
class ContractivePenalty : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "contractive";
    static constexpr std::string_view summary =
        "the squared norm of the encoder's Jacobian, exactly or by Hutchinson's estimate";
    static constexpr std::string_view also_known_as[] = {"jacobian"};
    static constexpr std::string_view capabilities[] = {capability::needs_jacobian};
    Schedule weight = 0.1;
    bool estimate = false;
    std::int64_t directions = 1;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.weight = 0.1}, {.weight = 0.1, .estimate = true, .directions = 2}};
    }
  };

  explicit ContractivePenalty(const Config& config) : config_(config) {}
  void check(const Parts& parts) const override;
  bool needs_input_gradient(const Parts& parts) const override;
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return config_.weight; }
  std::string method(const Parts& parts) const override;

 private:
  Config config_;
};

/// E ||J(x) - J(x + noise)||_F^2, noise N(0, level^2), from `samples` draws: what CAE+H adds to the
/// contractive penalty to keep the Hessian small (Rifai et al. 2011b, eq. 4).
class ContractiveHessianPenalty : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "contractive-hessian";
    static constexpr std::string_view summary = "the change of the encoder's Jacobian under small noise";
    static constexpr std::string_view capabilities[] = {capability::needs_jacobian};
    Schedule weight = 0.1;
    double level = 0.1;
    std::int64_t samples = 4;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.weight = 0.1, .samples = 2}}; }
  };

  explicit ContractiveHessianPenalty(const Config& config) : config_(config) {}
  void check(const Parts& parts) const override;
  bool needs_input_gradient(const Parts& parts) const override;
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return config_.weight; }
  std::string method(const Parts& parts) const override;

 private:
  Config config_;
};

}  // namespace aelab
