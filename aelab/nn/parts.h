#pragma once

#include <torch/nn/module.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aelab/core/shape.h"
#include "aelab/nn/step.h"

namespace aelab {

using at::Tensor;

/// The most numbers that a layer or a code may have: more is a slip of the pen.
constexpr double kWidest = 1'000'000;

// The five parts that every autoencoder is made of. Each is an interface with registered kinds
// (nn/builtin.cc lists them); each kind has its own config.

/// What one forward pass made.
struct Pass {
  Tensor target;    ///< what the reconstruction is compared with [batch, ...input]
  Tensor input;     ///< what the encoder saw: the target, corrupted in training [batch, ...input]
  Tensor pre_code;  ///< the encoder's linear output [batch, ...code]
  Tensor code;      ///< [batch, ...code]
  Tensor output;    ///< the decoder's linear output [batch, ...input]
};

/// The named terms of an objective, summed over features and averaged over the batch.
class Terms {
 public:
  struct Term {
    std::string name;
    Tensor value;  ///< [], unweighted
    double weight;
  };

  /// `value` is unweighted: [] or, to be averaged, [batch].
  void add(std::string name, const Tensor& value, double weight = 1);
  /// The weighted sum, [].
  Tensor total() const;
  const std::vector<Term>& all() const& { return terms_; }
  const std::vector<Term>& all() const&& = delete;  // a range-for over a temporary's terms would dangle

 private:
  std::vector<Term> terms_;
};

/// x -> noisy input, in training only.
class Corruption : public torch::nn::Module {
 public:
  static Registry<Corruption>& registry();
  /// The corrupted x, same shape; x itself stays as it is.
  virtual Tensor corrupt(const Tensor& x, const Step& step) const = 0;
  virtual bool changes_input() const { return true; }
};

/// A dense layer as it acts near one input: d output = slope * (weight d input).
struct AffineLayer {
  Tensor weight;  ///< [out, in]
  Tensor slope;   ///< of its activation, [batch, out]; undefined where that is linear
};

/// What a backbone is built for.
struct BackboneContext {
  Shape input = {};
  std::optional<std::int64_t> code = {};  ///< the code's width, where the config names one
  std::int64_t seed = 0;
};

/// The encoder's and the decoder's networks. Both end linearly: the bottleneck owns the code's activation,
/// the likelihood that of the output. Constructors throw Error where layers and shapes do not fit.
class Backbone : public torch::nn::Module {
 public:
  static Registry<Backbone, const BackboneContext&>& registry();
  virtual Tensor encode(const Tensor& x) const = 0;     ///< [batch, ...input] -> [batch, ...code]
  virtual Tensor decode(const Tensor& code) const = 0;  ///< [batch, ...code] -> [batch, ...input]
  virtual Shape code_shape() const = 0;
  /// The first layer's weights as pictures, [units, channels, height, width]; undefined where they are none.
  virtual Tensor filters() const = 0;
  /// How many dense layers the encoder is made of; 0 where it has others.
  virtual std::int64_t dense_depth() const { return 0; }
  /// These layers at x, the last one's slope undefined; none where there are others.
  virtual std::vector<AffineLayer> affine_layers(const Tensor& /*x*/) const { return {}; }
  /// A buffer that training fills with the data's mean before its first step; undefined where there is none.
  virtual Tensor data_mean() const { return {}; }
};

/// pre-code -> code. Constructed for the code's shape.
class Bottleneck : public torch::nn::Module {
 public:
  static Registry<Bottleneck, const Shape&>& registry();
  virtual Tensor forward(const Tensor& pre_code, const Step& step) const = 0;
  /// The elementwise derivative d code / d pre-code, of their shape.
  virtual Tensor slope(const Tensor& pre_code, const Tensor& code) const = 0;
  /// The values that a code may have.
  virtual Bounds range() const { return {}; }
};

/// What the decoder's output means: a distribution of the input.
class Likelihood : public torch::nn::Module {
 public:
  static Registry<Likelihood>& registry();
  /// The negative log likelihood of target, without constants, summed over features: [batch].
  virtual Tensor negative_log(const Tensor& output, const Tensor& target) const = 0;
  /// The distribution's mean, the reconstruction: [batch, ...input].
  virtual Tensor mean(const Tensor& output) const = 0;
  /// The values that an input may have.
  virtual Bounds support() const { return {}; }
};

/// What a penalty may see beside the pass.
struct Parts {
  const Backbone& backbone;
  const Bottleneck& bottleneck;
  const Likelihood& likelihood;
};

/// A named, weighted term on the code or the weights.
class Penalty : public torch::nn::Module {
 public:
  static Registry<Penalty>& registry();
  /// The unweighted value, [] or [batch].
  virtual Tensor value(const Pass& pass, const Parts& parts, const Step& step) const = 0;
  virtual const Schedule& weight() const = 0;
  /// Called once, with the code's shape: the place to register buffers.
  virtual void build(const Shape& /*code*/) {}
  /// Error where it makes no sense with these parts.
  virtual void check(const Parts&) const {}
  /// Whether its value differentiates the code by the input: the pass then tracks the input's gradient, in
  /// validation too.
  virtual bool needs_input_gradient(const Parts&) const { return false; }
  /// How the value is computed, for those who show it; "" where there is nothing to say.
  virtual std::string method(const Parts&) const { return {}; }
  /// After the parameters changed in training: the place to update running statistics.
  virtual void after_step(const Pass&) {}
};

}  // namespace aelab
