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
  Tensor slope(const Tensor& pre_code, const Tensor& code) const override {
    return aelab::slope(activation_, pre_code, code);
  }
  Bounds range() const override { return aelab::range(activation_); }

 private:
  Activation activation_;
};

/// The k largest numbers of a code are kept, the others are zero (Makhzani & Frey 2013, algorithm 1). Outside
/// training another k may be better; the paper takes a larger one.
class KSparseBottleneck : public Bottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "k-sparse";
    static constexpr std::string_view summary = "the k largest numbers of a code are kept";
    std::int64_t k = 10;
    std::optional<std::int64_t> test_k = {};
    bool per_channel = false;
    Activation activation = Activation::linear;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.k = 2}, {.k = 1, .test_k = 3, .activation = Activation::relu}};
    }
  };

  /// Error when k is larger than the code, or, per channel, than a channel of it.
  KSparseBottleneck(const Config& config, const Shape& code);
  Tensor forward(const Tensor& pre_code, const Step& step) const override;
  Tensor slope(const Tensor& pre_code, const Tensor& code) const override;

 private:
  Config config_;
};

}  // namespace aelab
