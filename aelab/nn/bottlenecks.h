#pragma once

#include "aelab/nn/activation.h"
#include "aelab/nn/parts.h"

namespace aelab {

/// code = activation(pre-code)
class DeterministicBottleneck : public Bottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "deterministic";
    static constexpr std::string_view summary = "an activation of the encoder's output";
    Activation activation = Activation::linear;

    void fields(Fields& f) {
      f("activation", activation, "activation of the code").also_known_as({"nonlinearity"});
    }
    static std::vector<Config> examples() { return {{}, {.activation = Activation::sigmoid}}; }
  };

  explicit DeterministicBottleneck(const Config& config) : activation_(config.activation) {}
  Tensor read(const Tensor& pre_code, const Step&) const override { return activate(activation_, pre_code); }
  bool has_slope() const override { return true; }
  Tensor slope(const Tensor& pre_code, const Tensor& code, const Step&) const override {
    return aelab::slope(activation_, pre_code, code);
  }
  Bounds range() const override { return aelab::range(activation_); }

 private:
  Activation activation_;
};

/// Keeps the k largest dimensions of a code and sets the others to zero (Makhzani & Frey 2013, algorithm 1).
/// Of equal ones, exactly as many are kept as fit. Outside training another k may be better; the paper takes
/// a larger one.
class KSparseBottleneck : public Bottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "k-sparse";
    static constexpr std::string_view summary = "keeps the k largest code dimensions";
    std::int64_t k = 10;
    std::optional<std::int64_t> test_k = {};
    bool per_channel = false;
    Activation activation = Activation::linear;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.k = 2}, {.k = 1, .test_k = 3, .activation = Activation::relu}};
    }
  };

  explicit KSparseBottleneck(const Config& config) : config_(config) {}
  /// Throws an Error if k is larger than the code, or per channel, than one of its channels.
  void build(const Shape& code, std::int64_t seed) override;
  Tensor read(const Tensor& pre_code, const Step& step) const override;
  bool has_slope() const override { return true; }
  Tensor slope(const Tensor& pre_code, const Tensor& code, const Step& step) const override;

 private:
  /// Whether each dimension is kept, of the shape of a code.
  Tensor kept(const Tensor& activated, const Step& step) const;

  Config config_;
};

}  // namespace aelab
