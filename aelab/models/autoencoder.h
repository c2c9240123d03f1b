#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "aelab/data/split.h"
#include "aelab/models/phase.h"

namespace aelab {

/// What the networks are given besides the input and the code.
enum class Condition { none, label };
std::span<const std::string_view> names(Condition);

/// The parts of an autoencoder. The variant fills those that are unset with its own defaults.
struct AutoencoderConfig {
  static constexpr const char *kBackbone = "backbone", *kBottleneck = "bottleneck", *kBound = "bound",
                              *kCondition = "condition";
  static std::string penalty_path(std::size_t i);

  std::optional<std::int64_t> code = {};
  /// The recipe's own, for backbones that take the dimension of the code; not a field.
  std::optional<std::int64_t> default_code = {};
  std::optional<Choice<Backbone>> backbone = {};
  std::optional<Choice<Corruption>> corruption = {};
  std::optional<Choice<Bottleneck>> bottleneck = {};
  std::optional<Choice<Likelihood>> likelihood = {};
  std::optional<Choice<Bound>> bound = {};
  std::optional<std::vector<Choice<Penalty>>> penalties = {};
  /// label: the class of each row is given to the encoder and the decoder (Sohn, Lee & Yan 2015), so that the
  /// code need not have it, and the decoder makes rows of a class that one chooses.
  Condition condition = Condition::none;
  /// Paths of the parts whose fields the recipe lists as its own, such as "backbone"; not a field. Such a
  /// part is no field of the recipe, and errors about it are about the recipe's fields: "tied" instead of
  /// "backbone.tied".
  std::vector<std::string> own = {};

  /// `defaults` are the parts that the variant uses when they are left out: its expand(*this). An object
  /// without "kind" changes fields of these.
  void fields(Fields& f, const AutoencoderConfig& defaults);
  void fields(Fields& f) { fields(f, AutoencoderConfig()); }
  /// Whether a path is of a part in `own`, or of a field of it.
  bool is_own(std::string_view path) const;
  /// Whether a penalty of this type is listed.
  bool has_penalty(std::string_view kind) const;
  /// Sets a part, or adds a penalty, whose fields the recipe lists as its own.
  void set_own_backbone(Choice<Backbone> choice);
  void set_own_bottleneck(Choice<Bottleneck> choice);
  void set_own_bound(Choice<Bound> choice);
  void add_own_penalty(Choice<Penalty> choice);
};

/// Lists the dimension of the latent code.
template <class Code>
Fields::Listed code_field(Fields& f, Code& code, std::string_view help) {
  return f("code", code, help, between(1, kWidest))
      .also_known_as({"latent_dim", "latent_size", "latent", "code_size", "code_dim", "bottleneck_dim",
                      "bottleneck_size", "encoding_dim", "embedding_dim", "n_components", "components",
                      "z_dim", "z"});
}

/// The names of an autoencoder's own terms: see Autoencoder::loss.
inline constexpr auto kReconstruction = "reconstruction", kSquaredError = "mse", kDenoising = "denoising";

/// The data that a model is built for. Converts from a split, which knows all of it, and from a shape alone.
struct Context {
  /// The shape and limits of the split's values, and the classes of its labels.
  Context(const Split& split, std::int64_t model_seed = 0);  // NOLINT(google-explicit-constructor)
  /// Values are taken to lie in [0, 1], as those of pictures do.
  Context(Shape shape, std::int64_t model_seed = 0,  // NOLINT(google-explicit-constructor)
          std::int64_t label_classes = 0)
      : input(std::move(shape)), seed(model_seed), classes(label_classes) {}

  Shape input;
  std::int64_t seed;             ///< of the initial weights
  std::int64_t classes;          ///< number of classes of the labels; 0 without labels
  at::Device device = at::kCPU;  ///< on the meta device a model has shapes, but no values
  /// Numbers of features of the blocks that rows consist of (Data::blocks); empty where there is one.
  std::vector<std::int64_t> blocks = {};
  /// Kinds of the features of an encoded table (Split::features); empty for other rows.
  FeatureGroups features = {};
  /// Whether values of rows without `features` may be missing, as those of windows: a likelihood that is left
  /// out is then mixed.
  bool may_lack_cells = false;
  /// Range of the inputs. It decides a likelihood that is left out: bernoulli within [0, 1], else gaussian;
  /// of rows with `features` it is mixed.
  Bounds values = between(0, 1);
};

/// Six parts and one loss. A variant is a named recipe for the parts; only variants that are trained in
/// another way override anything. Held by std::shared_ptr. x is [batch, ...input], a code [batch, ...code]. A
/// model that is conditional on the label takes a condition with them, condition(labels); others ignore it.
class Autoencoder : public torch::nn::Module {
 public:
  static Registry<Autoencoder, const Context&>& registry();

  /// Makes the chosen variant. Throws an Error if it does not fit its input, a FieldError of the variant's
  /// own fields where one can be named.
  static std::shared_ptr<Autoencoder> make(const Choice<Autoencoder>& variant, const Context& context);

  /// Throws a FieldError if the parts and the input do not fit together.
  Autoencoder(const AutoencoderConfig& config, const Context& context);

  Tensor encode(const Tensor& x, const Tensor& condition = {}) const;
  /// The likelihood's mean, [batch, ...target]. Throws an Error if the model takes a condition and gets none.
  Tensor decode(const Tensor& code, const Tensor& condition = {}) const;
  /// Inputs drawn from the likelihood of such codes, at a step with their condition.
  Tensor draw(const Tensor& code, const Step& step) const;
  Tensor reconstruct(const Tensor& x, const Tensor& condition = {}) const;
  /// What reconstructions of rows are compared with: the rows, or other features of them (Backbone::target).
  Tensor target(const Tensor& x) const { return backbone_->target(x); }
  /// The codes of a batch's inputs, by its labels for a conditional model.
  Tensor encode(const Batch& batch) const { return encode(batch.inputs, condition(batch.labels)); }
  /// What a conditional model is given with rows of these classes, [batch] int64 -> [batch, classes]: 1 in
  /// the place of the class, else 0. Undefined for other models. Throws an Error if a conditional model gets
  /// no labels.
  Tensor condition(const Tensor& labels) const;
  /// The condition of rows: of their labels, or, for a decoder with a skip connection, what the encoder reads
  /// of them, [batch, features]. Undefined for models that take none.
  Tensor condition(const Tensor& x, const Tensor& labels) const;
  Tensor condition(const Batch& batch) const { return condition(batch.inputs, batch.labels); }
  /// The condition of rows of the classes 0, 1, ... in turn, for samples that nobody chose a class of.
  Tensor condition_in_turn(std::int64_t rows) const;
  /// A step with the condition of rows, for the backbone of the parts.
  Step conditioned(const Tensor& x, const Tensor& labels, Step step = {}) const;
  /// The number of classes that the model is conditional on; 0 if it is not conditional.
  std::int64_t conditions() const { return conditions_; }
  /// The input as training would corrupt it at this step.
  Tensor corrupt(const Tensor& x, const Step& step) const { return corruption_->corrupt(x, step); }

  /// The terms of the objective for a batch: "reconstruction" and those of the bottleneck, of as many codes
  /// of each row as the bound wants, which combines them; then the penalties by their names. Outside training
  /// the input is clean, and terms of weight 0 are added: "mse", the squared error of the
  /// likelihood's mean, averaged over rows and features, which is comparable whatever the objective (a layer
  /// of a stack reconstructs codes, and has none); and, for a model with a corruption, "denoising": the
  /// reconstruction term of an input corrupted at the step's position.
  Terms loss(const Batch& batch, const Step& step, Pass& pass) const;

  /// The phases of its training, a pure function of its config.
  virtual std::vector<Phase> phases();

  const AutoencoderConfig& config() const { return config_; }      ///< with every part filled in
  const Choice<Autoencoder>& variant() const { return variant_; }  ///< given to `make`; otherwise empty
  const Shape& input_shape() const { return input_; }
  /// The shape of a row's reconstruction.
  Shape target_shape() const { return reconstructs_input() ? input_ : backbone_->target_shape(); }
  /// Whether reconstructions are of the rows themselves.
  bool reconstructs_input() const { return backbone_->target_shape().empty(); }
  Shape code_shape() const { return backbone_->code_shape(); }
  /// The factor of the weights of those terms that decide how many elements of the code are other than zero,
  /// []: a buffer, 1 unless something in training changes it. Undefined if it has no such term.
  const Tensor& sparsity_scale() const { return sparsity_scale_; }
  Parts parts() const { return {*backbone_, *bottleneck_, *likelihood_, silent_rows_}; }
  /// Training rows without use after which an element of the code is dead, by Parts::silent_rows, as the
  /// first penalty has it that uses these; nothing where none does.
  std::optional<std::int64_t> dead_after() const { return dead_after_; }
  /// Whether values of the rows may be NaN, which are missing cells: the encoder reads 0 in their place, and
  /// the likelihood leaves them out.
  bool takes_missing() const { return takes_missing_; }
  /// What the encoder reads of rows: 0 in place of missing cells, which is the mean of a number that is
  /// scaled. What uses the backbone without encode() is given these rows.
  Tensor filled(const Tensor& x) const;
  bool has_corruption() const { return corruption_->changes_input(); }
  /// Whether autograd's gradients of its loss are the derivatives of the loss.
  bool has_exact_gradients() const {
    return bottleneck_->has_exact_gradients() && bound_->has_exact_gradients();
  }
  /// Remarks on how its terms are computed.
  virtual std::vector<std::string> methods() const;
  const std::shared_ptr<Backbone>& backbone() const { return backbone_; }
  const std::shared_ptr<Bottleneck>& bottleneck() const { return bottleneck_; }
  /// The distribution that new codes can be drawn from: the bottleneck's, or what codes are trained to be
  /// like; nullptr if there is none.
  virtual const Prior* prior() const { return bottleneck_->prior(); }
  /// The models that a stack consists of, from the input upwards; otherwise none.
  virtual std::vector<std::shared_ptr<Autoencoder>> layers() const { return {}; }

  /// Whether codes alone can be decoded: the decoder has no skip connection.
  bool decodes_codes_alone() const { return !backbone_->has_skip(); }
  /// Whether its decoder still belongs to its encoder after training.
  virtual bool reconstructs() const { return true; }
  /// Whether it has a classifier, which is fitted if it has to be.
  virtual bool classifies() const { return false; }
  /// The predicted classes, [batch] int64.
  virtual Tensor classify(const Tensor& x) const;

  /// Fitted state that is neither parameter nor buffer, such as a classifier; checkpoints keep it. Loading no
  /// tensors discards what was fitted before.
  virtual NamedTensors fitted() const { return {}; }
  virtual void load_fitted(const NamedTensors&) {}

 protected:
  /// Takes a backbone and the bottleneck for it that are made already, and registers the backbone, to which
  /// the bottleneck belongs; config.backbone stays unset.
  Autoencoder(const AutoencoderConfig& config, const Context& context, std::shared_ptr<Backbone> backbone,
              std::shared_ptr<Bottleneck> bottleneck);

  /// Corrupts, encodes and passes the bottleneck.
  void encode_batch(const Batch& batch, const Step& step, Pass& pass) const;
  /// Of a term that sums up what each row's code gives: `batch` where backbone or bottleneck couple rows.
  Additivity row_additivity() const;
  void add_penalties(const Pass& pass, const Step& step, Terms& terms) const;
  /// Updates running statistics of the bottleneck and the penalties, once a step.
  void after_step(std::span<const Pass> passes) const;

 private:
  Choice<Autoencoder> variant_;
  AutoencoderConfig config_;
  Shape input_;
  std::shared_ptr<Backbone> backbone_;
  std::shared_ptr<Corruption> corruption_;
  std::shared_ptr<Bottleneck> bottleneck_;
  std::shared_ptr<Likelihood> likelihood_;
  std::shared_ptr<Bound> bound_;
  std::vector<std::pair<std::string, std::shared_ptr<Penalty>>> penalties_;
  Tensor silent_rows_;  // buffer: Parts::silent_rows; undefined unless a penalty needs it
  std::optional<std::int64_t> dead_after_;
  Tensor sparsity_scale_;                 // buffer or undefined
  std::vector<std::string> sparsifying_;  // the terms that it is a factor of
  bool needs_input_gradient_ = false;
  std::int64_t conditions_ = 0;
  bool takes_missing_ = false;

  /// A step outside training with a condition. Throws an Error if a conditional model gets none.
  Step step_with(const Tensor& condition) const;
  /// Decodes, and adds the terms within the bound and what the bottleneck adds beside it.
  void add_bounded(Pass& pass, const Step& step, Terms& terms) const;
  /// The reconstruction term of corrupted inputs.
  void add_denoising(const Batch& batch, const Step& of_batch, const Pass& pass, Terms& terms) const;
  /// The reconstruction from the bottleneck's reading of the pass.
  Tensor reconstruction(const Pass& pass, const Step& step) const;
  void make_parts(const Context& context);
  void make_conditional(const Context& context);
  void make_bound();
  void make_other_parts();
  void add_penalty(const Choice<Penalty>& config);
  void make_sparsity_scale();
  std::vector<TermOutline> terms() const;
};

/// The number of the model's own parameters: without those of networks that only help to train it, which
/// other updates than the model's train, such as a discriminator.
std::int64_t own_parameter_count(Autoencoder& model);

/// The module's parameters by name, in a fixed order.
NamedTensors parameters_of(const torch::nn::Module& module);
/// The module's parameters and buffers by name: its whole state.
NamedTensors state_of(const torch::nn::Module& module);

}  // namespace aelab
