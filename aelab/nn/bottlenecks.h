#pragma once

#include "aelab/nn/activation.h"
#include "aelab/nn/parts.h"

namespace aelab {

/// code = activation(pre-code)
class DeterministicBottleneck : public Bottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "deterministic";
    static constexpr std::string_view summary = "the code is an activation of the encoder's output";
    Activation activation = Activation::linear;

    void fields(Fields& f) { f("activation", activation, "the code's activation"); }
    static std::vector<Config> examples() { return {{}, {.activation = Activation::sigmoid}}; }
  };

  DeterministicBottleneck(const Config& config, const Shape& /*code*/) : activation_(config.activation) {}
  Tensor forward(const Tensor& pre_code, const Step&) const override {
    return activate(activation_, pre_code);
  }

 private:
  Activation activation_;
};

}  // namespace aelab
