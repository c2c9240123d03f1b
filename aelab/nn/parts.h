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

/// The largest width of a layer or a code; more is a typing error.
constexpr double kWidest = 1'000'000;

// The five parts of every autoencoder. Each is an interface with registered types (listed in nn/builtin.cc),
// and each type has its own config.

/// The results of one forward pass.
struct Pass {
  Tensor target;    ///< the clean input [batch, ...input]
  Tensor input;     ///< the input of the encoder: the target, corrupted in training [batch, ...input]
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

/// x -> corrupted input, in training only.
class Corruption : public torch::nn::Module {
 public:
  static Registry<Corruption>& registry();
  /// The corrupted x, of the same shape; x itself is not changed.
  virtual Tensor corrupt(const Tensor& x, const Step& step) const = 0;
  virtual bool changes_input() const { return true; }
};

/// A dense layer, linearized at one input: d output = slope * (weight d input).
struct AffineLayer {
  Tensor weight;  ///< [out, in]
  Tensor slope;   ///< of its activation, [batch, out]; undefined if that is linear
};

/// The input and the code that a backbone is built for.
struct BackboneContext {
  Shape input = {};
  std::optional<std::int64_t> code = {};  ///< the dimension of the code, if the config has it
  std::int64_t seed = 0;
};

/// The networks of the encoder and the decoder. Both have linear outputs: the bottleneck applies the
/// activation of the code, the likelihood that of the output. Constructors throw an Error if layers and
/// shapes do not fit.
class Backbone : public torch::nn::Module {
 public:
  static Registry<Backbone, const BackboneContext&>& registry();
  virtual Tensor encode(const Tensor& x) const = 0;     ///< [batch, ...input] -> [batch, ...code]
  virtual Tensor decode(const Tensor& code) const = 0;  ///< [batch, ...code] -> [batch, ...input]
  virtual Shape code_shape() const = 0;
  /// The weights of the first layer as images, [units, channels, height, width]; undefined if they are not.
  virtual Tensor filters() const = 0;
  /// The number of dense layers of the encoder; 0 if it has other layers.
  virtual std::int64_t dense_depth() const { return 0; }
  /// These layers at x, with the slope of the last one undefined; empty if it has other layers.
  virtual std::vector<AffineLayer> affine_layers(const Tensor& /*x*/) const { return {}; }
  /// A buffer that training fills with the mean of the data before its first step; undefined if there is
  /// none.
  virtual Tensor data_mean() const { return {}; }
  /// Its config with what it chose for its input filled in; nothing if the config is complete as it is.
  virtual std::optional<Choice<Backbone>> completed() const { return {}; }
};

/// pre-code -> code. Constructed for the shape of the code.
class Bottleneck : public torch::nn::Module {
 public:
  static Registry<Bottleneck, const Shape&>& registry();
  virtual Tensor forward(const Tensor& pre_code, const Step& step) const = 0;
  /// The elementwise derivative d code / d pre-code, of their shape, where `code` is forward(pre_code, step).
  virtual Tensor slope(const Tensor& pre_code, const Tensor& code, const Step& step) const = 0;
  /// The range of a code's values.
  virtual Bounds range() const { return {}; }
};

/// The distribution of the input given the decoder's output.
class Likelihood : public torch::nn::Module {
 public:
  static Registry<Likelihood>& registry();
  /// The negative log-likelihood of target, without constants, summed over features: [batch].
  virtual Tensor negative_log(const Tensor& output, const Tensor& target) const = 0;
  /// The distribution's mean, the reconstruction: [batch, ...input].
  virtual Tensor mean(const Tensor& output) const = 0;
  /// The support: the range of an input's values.
  virtual Bounds support() const { return {}; }
};

/// The parts that a penalty may use besides the pass.
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
  /// Called once with the shape of the code; registers buffers.
  virtual void build(const Shape& /*code*/) {}
  /// Throws an Error if it makes no sense with these parts.
  virtual void check(const Parts&) const {}
  /// Whether its value differentiates the code by the input: the pass then tracks the gradient of the input,
  /// also in validation.
  virtual bool needs_input_gradient(const Parts&) const { return false; }
  /// Whether the value of a batch is not the mean of its rows' values, as that of a penalty on their mean
  /// code: gradients accumulated over parts of a batch are then not those of the whole.
  virtual bool couples_rows() const { return false; }
  /// How the value is computed, in words; "" if there is nothing to say.
  virtual std::string method(const Parts&) const { return {}; }
  /// Called after each optimizer step; updates running statistics.
  virtual void after_step(const Pass&) {}
};

}  // namespace aelab
