#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// sum_j |code_j|
class L1Penalty : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "l1";
    static constexpr std::string_view summary = "the sum of the code's absolute values";
    Schedule weight = 1e-3;

    void fields(Fields& f) { f("weight", weight, "the penalty's weight in the objective"); }
    static std::vector<Config> examples() { return {{.weight = 0.01}}; }
  };

  explicit L1Penalty(const Config& config) : weight_(config.weight) {}
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return weight_; }

 private:
  Schedule weight_;
};

/// Half the sum of the backbone's squared weights, biases excepted (UFLDL, "Autoencoders and sparsity").
class WeightDecayPenalty : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "weight-decay";
    static constexpr std::string_view summary = "half the sum of the squared weights, biases excepted";
    Schedule weight = 1e-4;

    void fields(Fields& f) { f("weight", weight, "the penalty's weight in the objective"); }
    static std::vector<Config> examples() { return {{.weight = 0.01}}; }
  };

  explicit WeightDecayPenalty(const Config& config) : weight_(config.weight) {}
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return weight_; }

 private:
  Schedule weight_;
};

}  // namespace aelab
