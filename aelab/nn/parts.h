#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <map>
#include <optional>
#include <span>
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
  Tensor pre_code;  ///< the encoder's linear output [batch, ...pre-code]
  Tensor code;      ///< [batch x samples, ...code], a row's samples side by side
  Tensor output;    ///< the decoder's linear output [batch x samples, ...input]
  std::int64_t samples = 1;                   ///< codes that the bottleneck made of each row
  std::map<std::string, Tensor> extras = {};  ///< what the bottleneck names besides, such as "log_variance"
};

/// How the value of a term for a batch depends on the batch's rows.
enum class Additivity {
  rows,      ///< the mean of values that each row has alone
  constant,  ///< the same whatever the rows, such as weight decay
  batch,     ///< of all rows together, such as the KL divergence of a mean activation
};

/// A term as it is declared before there is a batch.
struct TermOutline {
  std::string name;
  Additivity additivity = Additivity::rows;
  bool in_training = true;  ///< or outside training only
};

/// The named terms of an objective, summed over features and averaged over the batch.
class Terms {
 public:
  struct Term {
    std::string name;
    Tensor value;  ///< [], unweighted
    double weight;
    Additivity additivity;
    Tensor rows;  ///< of each row, [batch]; undefined if only the batch's value is known
  };

  /// `value` is unweighted: [batch], or the batch's value [].
  void add(std::string name, const Tensor& value, double weight = 1,
           Additivity additivity = Additivity::rows);
  /// The weighted sum, []; terms of weight 0 take no part.
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

/// The number of elements of the module's parameters.
std::int64_t parameter_count(const torch::nn::Module& module);

/// One layer of a model's networks, in words.
struct LayerOutline {
  std::string network;  ///< "encoder", "decoder"
  std::string what;     ///< "3x3 convolution, relu"
  Shape output;
  std::int64_t parameters;  ///< of its own: none where they are those of another layer
  bool affine = false;      ///< output = weight input + bias
};

/// What a backbone is built for.
struct BackboneContext {
  Shape input = {};
  std::optional<std::int64_t> code = {};             ///< the dimension of the code, if the config has it
  std::optional<std::int64_t> default_code = {};     ///< that of the recipe, for backbones that take one
  std::function<Shape(const Shape&)> pre_code = {};  ///< what the bottleneck needs for a code of a shape;
                                                     ///< by default the same
  std::int64_t seed = 0;
  at::Device device = at::kCPU;  ///< on the meta device layers have shapes, but no values

  /// The dimension of a dense code. Throws an Error if none is known.
  std::int64_t code_dimension() const;
  Shape pre_code_shape(const Shape& shape) const { return pre_code ? pre_code(shape) : shape; }
};

/// What kinds of backbones declare in `Config::capabilities`.
namespace capability {
inline constexpr std::string_view takes_code = "takes the dimension of the code";
}

/// The networks of the encoder and the decoder. Both have linear outputs: the bottleneck applies the
/// activation of the code, the likelihood that of the output. `step` says where in training a pass is: random
/// numbers are functions of it, and layers that behave differently in training ask it. Constructors throw an
/// Error if layers and shapes do not fit.
class Backbone : public torch::nn::Module {
 public:
  static Registry<Backbone, const BackboneContext&>& registry();
  virtual Tensor encode(const Tensor& x,
                        const Step& step) const = 0;  ///< [batch, ...input] -> [batch, ...pre-code]
  virtual Tensor decode(const Tensor& code,
                        const Step& step) const = 0;  ///< [batch, ...code] -> [batch, ...input]
  virtual Shape code_shape() const = 0;
  /// Its layers, from the input to the code and back; none if it does not describe itself.
  virtual std::vector<LayerOutline> layers() const { return {}; }

  // What a backbone may have besides.

  /// The weights of the first layer as images, [units, channels, height, width]; undefined if they are not.
  virtual Tensor filters() const { return {}; }
  /// The number of layers of an encoder that is dense layers alone, which affine_layers() linearizes; 0 for
  /// other encoders.
  virtual std::int64_t dense_depth() const { return 0; }
  /// These layers at x, with the slope of the last one undefined.
  virtual std::vector<AffineLayer> affine_layers(const Tensor& /*x*/, const Step&) const { return {}; }
  /// Whether a row's code depends on the other rows of its batch in training.
  virtual bool couples_rows() const { return false; }
  /// Called after each optimizer step; updates running statistics.
  virtual void after_step() {}
  /// A buffer that training fills with the mean of the data before its first step; undefined if there is
  /// none.
  virtual Tensor data_mean() const { return {}; }
  /// Its config with what it chose for its input filled in; nothing if the config is complete as it is.
  virtual std::optional<Choice<Backbone>> completed() const { return {}; }
};

/// pre-code -> code. Made without a shape, asked what it needs of the encoder, then built.
class Bottleneck : public torch::nn::Module {
 public:
  static Registry<Bottleneck>& registry();
  /// The shape of the encoder's output for a code of this shape.
  virtual Shape pre_code_shape(const Shape& code) const { return code; }
  /// Called once, before all that follows: checks the shape and registers parameters and buffers. Throws an
  /// Error if the code does not suit it.
  virtual void build(const Shape& /*code*/, std::int64_t /*seed*/) {}

  /// The deterministic reading of a pre-code: the code itself, or what stands for a random one, such as its
  /// mean. [batch, ...pre-code] -> [batch, ...code].
  virtual Tensor read(const Tensor& pre_code, const Step& step) const = 0;
  /// Fills pass.code, and samples and extras where it has any, from pass.pre_code. By default the code is
  /// read().
  virtual void code(Pass& pass, const Step& step) const { pass.code = read(pass.pre_code, step); }
  /// Whether code() draws codes at random in training.
  virtual bool samples_codes() const { return false; }
  /// The terms that it adds to the objective, as add_terms() names them.
  virtual std::vector<TermOutline> terms() const { return {}; }
  virtual void add_terms(const Pass&, const Step&, Terms&) const {}
  /// Called after each optimizer step with all passes of the step; updates what gradients do not train.
  virtual void after_step(std::span<const Pass>) {}

  /// Whether read() has derivatives; codes from a finite set have none.
  virtual bool is_differentiable() const { return true; }
  /// Whether autograd's gradients of codes and terms are their derivatives: false where they pass straight
  /// through a step, or are estimates.
  virtual bool has_exact_gradients() const { return true; }
  /// Whether read() is elementwise on the first elements of a pre-code, so that slope() is its derivative.
  virtual bool has_slope() const { return false; }
  /// d code / d (those elements), [batch, ...code], where `code` is read(pre_code, step).
  virtual Tensor slope(const Tensor& pre_code, const Tensor& code, const Step& step) const;
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
  /// Whether mean() is the output itself.
  virtual bool mean_is_output() const { return false; }
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
  /// The unweighted value, [] or [batch], or [batch x samples] where the bottleneck makes several codes of a
  /// row.
  virtual Tensor value(const Pass& pass, const Parts& parts, const Step& step) const = 0;
  virtual const Schedule& weight() const = 0;
  /// Called once with the shape of the code; registers buffers.
  virtual void build(const Shape& /*code*/) {}
  /// Throws an Error if it makes no sense with these parts.
  virtual void check(const Parts&) const {}
  /// Whether its value differentiates the code by the input: the pass then tracks the gradient of the input,
  /// also in validation.
  virtual bool needs_input_gradient(const Parts&) const { return false; }
  virtual Additivity additivity() const { return Additivity::rows; }
  /// How the value is computed, in words; "" if there is nothing to say.
  virtual std::string method(const Parts&) const { return {}; }
  /// Called after each optimizer step with all passes of the step; updates running statistics.
  virtual void after_step(std::span<const Pass>) {}
};

}  // namespace aelab
