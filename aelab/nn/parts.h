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
#include "aelab/nn/capability.h"
#include "aelab/nn/dictionary.h"
#include "aelab/nn/prior.h"
#include "aelab/nn/step.h"

namespace aelab {

/// The largest width of a layer or a code; more is a typing error.
constexpr double kWidest = 1'000'000;

// The six parts of every autoencoder. Each is an interface with registered types (listed in nn/builtin.cc),
// and each type has its own config.

/// How the divergence of the distribution that codes are drawn from enters the objective. The bound says it.
enum class Divergence {
  expected,  ///< its mean over all codes, in closed form where there is one: for bounds that average codes
  drawn,     ///< log q(code | input) - log p(code) of each code: for bounds that weigh codes
  pathwise,  ///< the same value, whose gradient is that of the codes alone, not of the parameters of q
};

/// The results of one forward pass.
struct Pass {
  Tensor target;    ///< what is reconstructed: Backbone::target() of the clean input [batch, ...target]
  Tensor input;     ///< the input of the encoder, corrupted in training [batch, ...input]
  Tensor pre_code;  ///< the encoder's linear output [batch, ...pre-code]
  Tensor code;      ///< [batch x samples, ...code], a row's samples side by side
  Tensor output;    ///< the decoder's linear output [batch x samples, ...likelihood's output]
  ActiveElements active = {};  ///< of the code, where the bottleneck selects them; else undefined
  std::int64_t samples = 1;    ///< codes of each row, as the bound wants
  Divergence divergence = Divergence::expected;  ///< as the bound wants it
  std::map<std::string, Tensor> extras = {};  ///< what the bottleneck names besides, such as "log_variance"
};

/// How the value of a term for a batch depends on the batch's rows.
enum class Additivity {
  rows,      ///< the mean of values that each row has alone
  constant,  ///< the same whatever the rows, such as weight decay
  batch,     ///< of all rows together, such as the KL divergence of a mean activation
};

/// Whether a term is one of those that the bound combines.
enum class Role {
  within_bound,  ///< a cost of each code; with the others, weighted, the code's negative log weight
  beside_bound,  ///< added to the bound, such as a penalty
};

/// A term as it is declared before there is a batch.
struct TermOutline {
  std::string name;
  Additivity additivity = Additivity::rows;
  bool in_training = true;  ///< or outside training only
  /// Whether its weight decides how many elements of the code are other than zero.
  bool sparsifies = false;
};

/// The named terms of an objective, summed over features and averaged over the batch.
class Terms {
 public:
  struct Term {
    std::string name;
    Tensor value;  ///< [], unweighted
    double weight;
    Additivity additivity;
    Tensor rows;  ///< [batch] or [batch x samples]; undefined if only the batch's value is known
    Role role;
    Tensor factor = {};  ///< [], of the weight; undefined: 1
  };

  /// `value` is unweighted: of each row [batch], of each code [batch x samples], or the batch's value [].
  void add(std::string name, const Tensor& value, double weight = 1, Additivity additivity = Additivity::rows,
           Role role = Role::beside_bound);
  /// Multiplies the weight of a term beside the bound by a factor that is not read, [].
  void scale(std::string_view name, const Tensor& factor);
  /// The weighted sum of the terms within the bound: negative log weights, [batch, samples].
  Tensor costs(std::int64_t batch) const;
  /// Takes these values [batch] for the terms within the bound together, in place of their sum.
  void set_bound(const Tensor& rows) { bound_ = rows.mean(); }
  /// The objective, []: the bound and the weighted sum of the other terms; terms of weight 0 take no part.
  /// Not the sum of all terms where a bound was set.
  Tensor total() const;
  const std::vector<Term>& all() const& { return terms_; }
  const std::vector<Term>& all() const&& = delete;  // a range-for over a temporary's terms would dangle

 private:
  std::vector<Term> terms_;
  Tensor bound_;  // []; undefined if it is the sum of its terms
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
  std::function<Shape(const Shape&)> output = {};  ///< what the likelihood needs of the decoder for a target
                                                   ///< of a shape; by default the same
  std::optional<std::int64_t> code = {};           ///< the dimension of the code, if the config has it
  std::optional<std::int64_t> default_code = {};   ///< that of the recipe, for backbones that take one
  std::function<Shape(const Shape&)> pre_code = {};  ///< what the bottleneck needs for a code of a shape;
                                                     ///< by default the same
  std::int64_t condition = 0;  ///< features of a step's condition, appended to inputs and codes; 0: none
  /// Numbers of features of the blocks that rows consist of, where they were joined side by side; or empty.
  std::vector<std::int64_t> blocks = {};
  std::int64_t seed = 0;
  at::Device device = at::kCPU;  ///< on the meta device layers have shapes, but no values

  /// The dimension of a dense code. Throws a FieldError of the owner's "code" if none is known.
  std::int64_t code_dimension() const;
  Shape pre_code_shape(const Shape& shape) const { return pre_code ? pre_code(shape) : shape; }
  Shape output_shape(const Shape& target) const { return output ? output(target) : target; }
  Shape output_shape() const { return output_shape(input); }
  /// The shape of inputs or codes with the condition: more channels, or more values of rows.
  Shape conditioned(Shape shape) const;
  /// The channels of output_shape(), for decoders that give images or series of the input's size. Throws a
  /// FieldError of the owner's "likelihood" if that needs another size.
  std::int64_t output_channels() const;
};

/// `x` with the step's condition appended to its first dimension after the batch's, the same in all places of
/// an image or a series: [batch x samples, n, ...] -> [batch x samples, n + features, ...]; `x` itself
/// without a condition.
Tensor with_condition(const Tensor& x, const Step& step);

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
                        const Step& step) const = 0;  ///< [batch, ...code] -> [batch, ...output]
  virtual Shape code_shape() const = 0;
  /// Its layers, from the input to the code and back. Layer tables, outlines and budgets of parameters are
  /// made of them: their parameters are all that it has.
  virtual std::vector<LayerOutline> layers() const = 0;

  // What a backbone may have besides.

  /// decode() of the code with these active elements, for decoders that are faster if they know them.
  virtual Tensor decode_active(const ActiveElements& active, const Step& step) const;
  /// The decoder's vectors and bias with their gradients, if it is linear in the code.
  virtual Dictionary dictionary() const { return {}; }
  /// Numbers of features of the blocks that the decoder's vectors consist of; empty: one block.
  virtual std::vector<std::int64_t> blocks() const { return {}; }
  /// What an element of the code weighs by its vector, [code], with gradients: the vector's norm, or the sum
  /// of the norms of its blocks. For decoders that are linear in the code.
  Tensor vector_norms() const;
  /// What the decoder reconstructs of rows: the rows, or, where encoder and decoder are of different
  /// features, those of the decoder. [n, ...input] -> [n, ...target]
  virtual Tensor target(const Tensor& x) const { return x; }
  /// The shape of a row's target; empty: that of the input.
  virtual Shape target_shape() const { return {}; }
  /// Whether decode() adds a linear function of what the encoder reads. It is given that as the condition of
  /// the step, skip_input(); without a condition it adds nothing.
  virtual bool has_skip() const { return false; }
  /// [n, ...input] -> [n, features]; undefined without a skip connection.
  virtual Tensor skip_input(const Tensor& /*x*/) const { return {}; }
  /// What decode() adds at a step with a condition, [batch, outputs]; undefined: nothing.
  virtual Tensor skipped(const Step&) const { return {}; }
  /// Whether pre-codes of x are (x - bias) vectors^T of its dictionary, and if the bottleneck needs one
  /// element more, that is |x - bias|^2.
  virtual bool encodes_by_dictionary() const { return false; }
  /// Whether it has restart().
  virtual bool restarts() const { return false; }
  /// Begins elements of the code anew: of those that are true in `elements` [code], decoder and encoder get
  /// the direction of the row of the same number of `inputs` [code, ...input], and their biases are zero.
  /// Returns the parameters that changed, whose rows are elements of the code.
  virtual std::vector<Tensor> restart(const Tensor& /*elements*/, const Tensor& /*inputs*/) { return {}; }
  /// Whether encode() takes gradients of pre-codes as sparse COO tensors [batch, pre-code].
  virtual bool takes_sparse_gradients() const { return false; }
  /// The weights of the first layer as images, [units, channels, height, width]; undefined if they are not.
  virtual Tensor filters() const { return {}; }
  /// The number of layers of an encoder that is dense layers alone, which affine_layers() linearizes; 0 for
  /// other encoders.
  virtual std::int64_t dense_depth() const { return 0; }
  /// These layers at x, with the slope of the last one undefined.
  virtual std::vector<AffineLayer> affine_layers(const Tensor& /*x*/, const Step&) const { return {}; }
  /// Whether a row's code depends on the other rows of its batch in training.
  virtual bool couples_rows() const { return false; }
  /// The weights, without biases, of the layers of "encoder" or "decoder": by default those parameters of
  /// more than one dimension that are called after it, "decoder_0.weight". Tied networks have the same.
  virtual std::vector<Tensor> weights_of(std::string_view network) const;
  /// Called after each optimizer step; updates running statistics.
  virtual void after_step() {}
  /// A buffer that training fills with the mean of the data before its first step; undefined without one.
  virtual Tensor data_mean() const { return {}; }
  /// The number of training rows that begin() needs before the first step; 0: it is not called.
  virtual std::int64_t rows_to_begin() const { return 0; }
  /// Sets initial values that depend on the data: rows [n, ...input].
  virtual void begin(const Tensor& /*rows*/) {}
  /// Its config with what it chose for its input filled in; nothing if the config is complete as it is.
  virtual std::optional<Choice<Backbone>> completed() const { return {}; }
};

class Bound;

/// pre-code -> code. Made without a shape, asked what it needs of the encoder, then built.
class Bottleneck : public torch::nn::Module {
 public:
  static Registry<Bottleneck>& registry();
  /// The shape of the encoder's output for a code of this shape.
  virtual Shape pre_code_shape(const Shape& code) const { return code; }
  /// Called once, before build(), by a model: for priors that depend on the encoder.
  virtual void connect(const EncoderAccess&) {}
  /// Called once, before all that follows: checks the shape and registers parameters and buffers. Throws an
  /// Error if the code does not suit it.
  virtual void build(const Shape& /*code*/, std::int64_t /*seed*/) {}

  /// The deterministic reading of a pre-code: the code itself, or what stands for a random one, such as its
  /// mean. [batch, ...pre-code] -> [batch, ...code].
  virtual Tensor read(const Tensor& pre_code, const Step& step) const = 0;
  /// Fills pass.code, and extras where it has any, from pass.pre_code: as many codes of each row as
  /// pass.samples if it draws codes, else one. By default the code is read().
  virtual void code(Pass& pass, const Step& step) const { pass.code = read(pass.pre_code, step); }
  /// Whether code() draws codes at random in training.
  virtual bool samples_codes() const { return false; }
  /// Whether a row's code depends on the other rows of its batch in training.
  virtual bool couples_rows() const { return false; }
  /// Whether it has log_density() and log_prior(), which bounds that weigh codes need.
  virtual bool has_density() const { return false; }
  /// log q(code | input) of codes [batch x samples, ...code] drawn from pre-codes [batch, ...pre-code], and
  /// log p(code) under its prior, both with their constants and summed over dimensions: [batch x samples].
  virtual Tensor log_density(const Tensor& code, const Tensor& pre_code) const;
  virtual Tensor log_prior(const Tensor& code) const;
  /// Whether log_density() of codes from detached pre-codes has the gradient of the codes alone, as
  /// Divergence::pathwise wants it: where the density has no parameters of its own.
  virtual bool has_pathwise_density() const { return has_density(); }
  /// Whether codes are drawn from diagonal Gaussians, which gaussian() gives for pre-codes.
  virtual bool is_gaussian() const { return false; }
  virtual DiagonalGaussian gaussian(const Tensor& pre_code) const;
  /// The distribution that new codes can be drawn from; nullptr if it has none.
  virtual const Prior* prior() const { return nullptr; }
  /// Throws a FieldError if it makes no sense with this bound.
  virtual void check(const Bound&) const {}
  /// The terms that it adds to the objective, as add_terms() names them.
  virtual std::vector<TermOutline> terms() const { return {}; }
  virtual void add_terms(const Pass&, const Step&, Terms&) const {}
  /// Called after each optimizer step with all passes of the step; updates what gradients do not train.
  virtual void after_step(std::span<const Pass>) {}
  /// Gives the parameters of those elements of the code that are true in `elements` [code] their initial
  /// values, for backbones that restart() them. Returns the parameters that changed, whose rows are elements.
  virtual std::vector<Tensor> restart(const Tensor& /*elements*/) { return {}; }

  /// Whether read() has derivatives; codes from a finite set have none.
  virtual bool is_differentiable() const { return true; }
  /// Whether autograd's gradients are derivatives: false where they pass through a step, or are estimates.
  virtual bool has_exact_gradients() const { return true; }
  /// Whether read() is elementwise on the first elements of a pre-code, so that slope() is its derivative.
  virtual bool has_slope() const { return false; }
  /// d code / d (those elements), [batch, ...code], where `code` is read(pre_code, step).
  virtual Tensor slope(const Tensor& pre_code, const Tensor& code, const Step& step) const;
  /// The range of a code's values.
  virtual Bounds range() const { return {}; }
  /// What elements of a pre-code exceed outside training where they are not zero: [], or of each element, as
  /// it broadcasts to a code; undefined where nothing is compared.
  virtual Tensor threshold() const { return {}; }
  /// The mean number of elements of a code that are not zero, if training aims at one.
  virtual std::optional<double> target_l0() const { return {}; }

  /// The number of vectors that those of a code are chosen from; 0 where codes are not chosen from finitely
  /// many. Then code() says which they are: extra "indices", int64 [batch, vectors of a code].
  virtual std::int64_t codebook_size() const { return 0; }
  /// The codes that are made of these vectors: [n, vectors of a code] -> [n, ...code].
  virtual Tensor from_indices(const Tensor& indices) const;
  /// The vectors that codes are made of, or that are nearest to theirs: [n, ...code] -> [n, vectors of a
  /// code], int64. The inverse of from_indices() where no vector is in the codebook twice.
  virtual Tensor indices_of(const Tensor& code) const;
};

/// The bottleneck's reading of the pass, [batch, ...code]: its code, where codes are not drawn.
Tensor reading(const Pass& pass, const Bottleneck& bottleneck, const Step& step);

/// log q(code | input) - log p(code) of each of the pass's codes, [batch x samples], with the gradient that
/// pass.divergence says: for bottlenecks with a density, where no closed form is wanted or known. An extra
/// "log_density" is that of the codes as they were drawn, where evaluating it again takes longer.
Tensor drawn_divergence(const Pass& pass, const Bottleneck& bottleneck);

/// Combines the costs of a row's codes, which are the negative logarithms of their importance weights
/// p(input, code) / q(code | input), to the row's objective.
class Bound : public torch::nn::Module {
 public:
  static Registry<Bound>& registry();
  /// The number of codes that it needs of each row.
  virtual std::int64_t samples(const Step& step) const = 0;
  /// How a divergence is part of the costs.
  virtual Divergence divergence() const = 0;
  /// [batch, samples] -> [batch]. Adding a number to all costs of a row adds it to the row's objective, and
  /// codes of one cost are as one code. With one sample it is the cost itself, and this is not called.
  virtual Tensor rows(const Tensor& costs) const = 0;
  /// Factors [batch, samples] of the gradients that the costs send to the codes, as numbers without gradient;
  /// undefined: none. With factors, the gradient is an estimate of its own and not that of rows().
  virtual Tensor code_gradient_factors(const Tensor& /*costs*/) const { return {}; }
  /// Whether autograd's gradients are the derivatives of rows(): false where there are factors.
  virtual bool has_exact_gradients() const { return true; }
};

/// The distribution of the input given the decoder's output.
class Likelihood : public torch::nn::Module {
 public:
  static Registry<Likelihood>& registry();
  /// The shape that the decoder's output must have for inputs of a shape.
  virtual Shape output_shape(const Shape& input) const { return input; }
  /// The negative log-likelihood of target, without constant(), summed over features: [batch].
  virtual Tensor negative_log(const Tensor& output, const Tensor& target) const = 0;
  /// What negative_log() leaves out for inputs of a shape, in nats.
  virtual double constant(const Shape& /*input*/) const { return 0; }
  /// Whether negative_log() and constant() are together the negative logarithm of a probability or a density
  /// of such targets. Costs of other targets train a model as well, but are no likelihood.
  virtual bool is_distribution_of(const Tensor& /*target*/) const { return true; }
  /// The distribution's mean, the reconstruction: [batch, ...input].
  virtual Tensor mean(const Tensor& output) const = 0;
  /// Inputs drawn from the distribution: [batch, ...input].
  virtual Tensor draw(const Tensor& output, const Step& step) const = 0;
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
  /// Training rows since each element of the code was last other than zero, [elements] int64; undefined
  /// unless a penalty needs them.
  Tensor silent_rows = {};
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
  /// Throws an Error if it makes no sense with these parts. Its kind declares what it needs of them as a
  /// capability.
  virtual void check(const Parts&) const {}
  /// The range of its values.
  virtual Bounds range() const { return at_least(0); }
  /// Whether its value differentiates the code by the input: the pass then tracks the gradient of the input,
  /// also in validation.
  virtual bool needs_input_gradient(const Parts&) const { return false; }
  /// Training rows without use after which it takes an element of the code for dead, by Parts::silent_rows;
  /// nothing where it does not use these.
  virtual std::optional<std::int64_t> dead_after() const { return {}; }
  virtual Additivity additivity() const { return Additivity::rows; }
  /// Whether its weight decides how many elements of the code are other than zero.
  virtual bool sparsifies() const { return false; }
  /// How the value is computed, in words; "" if there is nothing to say.
  virtual std::string method(const Parts&) const { return {}; }
  /// Called after each optimizer step with all passes of the step; updates running statistics.
  virtual void after_step(std::span<const Pass>) {}
};

}  // namespace aelab
