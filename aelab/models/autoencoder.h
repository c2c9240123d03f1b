#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "aelab/data/split.h"
#include "aelab/models/phase.h"

namespace aelab {

/// The parts of an autoencoder; what is unset, the variant fills with its paper's defaults.
struct AutoencoderConfig {
  std::optional<std::int64_t> code = {};
  std::optional<Choice<Backbone>> backbone = {};
  std::optional<Choice<Corruption>> corruption = {};
  std::optional<Choice<Bottleneck>> bottleneck = {};
  std::optional<Choice<Likelihood>> likelihood = {};
  std::optional<std::vector<Choice<Penalty>>> penalties = {};

  void fields(Fields& f);
  /// Whether a penalty of that kind is listed.
  bool has_penalty(std::string_view kind) const;
  /// All but the backbone, for variants that are their backbone.
  void fields_beside_backbone(Fields& f);
};

/// What a model is built for. Converts from a split, which knows all of it, and from a shape alone.
struct Context {
  /// The shape and limits of the split's values, and the classes of its labels.
  Context(const Split& split, std::int64_t model_seed = 0);  // NOLINT(google-explicit-constructor)
  /// Values are taken to lie in [0, 1], as those of pictures do.
  Context(Shape shape, std::int64_t model_seed = 0,  // NOLINT(google-explicit-constructor)
          std::int64_t label_classes = 0)
      : input(std::move(shape)), seed(model_seed), classes(label_classes) {}

  Shape input;
  std::int64_t seed;     ///< of the initial weights
  std::int64_t classes;  ///< number of label classes; 0 without labels
  /// Limits of the inputs' values. They choose a likelihood that is left out: bernoulli within [0, 1], else
  /// gaussian.
  Bounds values = between(0, 1);
};

/// Five parts and one loss. A variant is a named recipe for the parts; only one whose procedure differs
/// overrides anything. Held by std::shared_ptr. x is [batch, ...input], a code [batch, ...code].
class Autoencoder : public torch::nn::Module {
 public:
  static Registry<Autoencoder, const Context&>& registry();

  /// The chosen variant. Error where it does not fit its input, by the paths that the variant's own JSON has
  /// at `path`: what its parts call "model.backbone.decoder" is "model.decoder" where the variant lists it
  /// so.
  static std::shared_ptr<Autoencoder> make(const Choice<Autoencoder>& variant, const Context& context,
                                           const std::string& path = "model");

  /// Error where parts and input do not fit together.
  Autoencoder(const AutoencoderConfig& config, const Context& context);

  Tensor encode(const Tensor& x) const;
  Tensor decode(const Tensor& code) const;  ///< the likelihood's mean
  Tensor reconstruct(const Tensor& x) const { return decode(encode(x)); }
  /// The input as training would disturb it at this step.
  Tensor corrupt(const Tensor& x, const Step& step) const { return corruption_->corrupt(x, step); }

  /// The objective's terms of a batch: "reconstruction", then the penalties by their names. Outside training
  /// the input is clean; a model with a corruption adds "denoising", of weight 0: the reconstruction term
  /// from an input disturbed at the step's position.
  Terms loss(const Batch& batch, const Step& step, Pass& pass) const;

  /// How the model is trained, a pure function of its config.
  virtual std::vector<Phase> phases();

  const AutoencoderConfig& config() const { return config_; }      ///< with every part filled in
  const Choice<Autoencoder>& variant() const { return variant_; }  ///< that `make` was given; else empty
  const Shape& input_shape() const { return input_; }
  Shape code_shape() const { return backbone_->code_shape(); }
  Parts parts() const { return {*backbone_, *bottleneck_, *likelihood_}; }
  bool has_corruption() const { return corruption_->changes_input(); }
  /// How its terms are computed, where there is something to say.
  virtual std::vector<std::string> methods() const;
  /// The models that it is made of, from the input upwards; none but in a stack.
  virtual std::vector<std::shared_ptr<Autoencoder>> layers() const { return {}; }

  /// Whether decode still belongs to encode once training is over.
  virtual bool reconstructs() const { return true; }
  /// Whether it has a classifier of its own, fitted if it must be, and the classes that it sees, [batch]
  /// int64.
  virtual bool classifies() const { return false; }
  virtual Tensor classify(const Tensor& x) const;

  /// What training fitted that is neither parameter nor buffer, and back; checkpoints keep it.
  virtual NamedTensors fitted() const { return {}; }
  virtual void load_fitted(const NamedTensors&) {}

 protected:
  /// With a backbone that is made already; config.backbone stays unset.
  Autoencoder(const AutoencoderConfig& config, const Context& context, std::shared_ptr<Backbone> backbone);

  /// Corrupts, encodes, passes the bottleneck and decodes.
  void forward(const Batch& batch, const Step& step, Pass& pass) const;
  void add_penalties(const Pass& pass, const Step& step, Terms& terms) const;
  /// Updates the penalties' running statistics.
  void after_step(const Pass& pass) const;

 private:
  Choice<Autoencoder> variant_;
  AutoencoderConfig config_;
  Shape input_;
  std::shared_ptr<Backbone> backbone_;
  std::shared_ptr<Corruption> corruption_;
  std::shared_ptr<Bottleneck> bottleneck_;
  std::shared_ptr<Likelihood> likelihood_;
  std::vector<std::pair<std::string, std::shared_ptr<Penalty>>> penalties_;
  bool needs_input_gradient_ = false;

  void add_penalty(const Choice<Penalty>& config);
};

/// The module's parameters by name, in a fixed order.
NamedTensors parameters_of(const torch::nn::Module& module);
/// How many numbers the module's parameters are.
std::int64_t parameter_count(const torch::nn::Module& module);
/// The module's parameters and buffers by name: its whole state.
NamedTensors state_of(const torch::nn::Module& module);

}  // namespace aelab
