#include "aelab/models/stacked.h"

#include <ATen/ATen.h>

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>

#include "aelab/core/config.h"
#include "aelab/data/batches.h"
#include "aelab/models/denoising.h"
#include "aelab/models/sparse.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/mode.h"

namespace aelab {

std::span<const std::string_view> names(FineTuning) {
  static constexpr std::array<std::string_view, 2> kNames = {"none", "reconstruction"};
  return kNames;
}

void StackNetwork::fields(Fields& f) {
  f("hidden", hidden, "widths of the hidden layers between the code and the classes", between(1, kWidest))
      .also_known_as({"hidden_dims", "hidden_layers", "units", "layers"});
  f("activation", activation, "activation of the hidden layers");
  f("epochs", epochs, "number of epochs of its training with the encoder; default: the trainer's",
    at_least(1));
}

void Stacked::Config::fields(Fields& f) {
  f("layers", layers,
    "autoencoders from the input upwards; the default likelihood is gaussian on codes that may leave [0, 1]")
      .also_known_as({"autoencoders", "stack", "hidden"});
  f("layer_epochs", layer_epochs, "number of epochs of each layer's pre-training; default: the trainer's",
    at_least(1))
      .also_known_as({"pretraining_epochs", "pretrain_epochs"});
  f("fine_tuning", fine_tuning, "objective of the whole stack after pre-training")
      .also_known_as({"finetuning", "fine_tune", "finetune"});
  f("fine_tuning_epochs", fine_tuning_epochs, "number of epochs of fine-tuning; default: the trainer's",
    at_least(1))
      .also_known_as({"finetuning_epochs", "finetune_epochs"});
  f("classifier", classifier, "classifier fitted on the codes at the end");
  f("network", network, "network from the code to the classes, trained with the encoder at the end")
      .also_known_as({"head"});
  f.require(!layers.empty(), "layers", "must have at least one autoencoder");
  f.require(!classifier || !network, "network", "and \"classifier\" exclude each other");
  for (std::size_t i = 0; i < layers.size(); ++i)
    f.require(!layers[i].empty(), "layers[" + std::to_string(i) + "]", "must be an autoencoder");
}

std::vector<Stacked::Config> Stacked::Config::examples() {
  const auto denoising = [](std::int64_t code) { return Denoising::Config{.base = {.code = code}}; };
  return {
      {.layers = {denoising(12), Sparse::Config{.base = {.code = 8}, .kl = {.weight = 0.1}}},
       .layer_epochs = 1,
       .fine_tuning = FineTuning::reconstruction},
      {.layers = {denoising(12), denoising(8)}, .layer_epochs = 1, .network = StackNetwork{.hidden = {10}}},
      {.layers = {denoising(8)}, .classifier = Choice<Classifier>::named("linear-svm")}};
}

namespace {

std::string layer_name(std::size_t i) { return "layer " + std::to_string(i + 1); }

/// The layers of a stack as one encoder and one decoder. Codes pass the bottlenecks of all layers but the
/// last, by their deterministic reading, and outputs the likelihoods of all layers but the first.
class StackBackbone : public Backbone {
 public:
  explicit StackBackbone(const std::vector<std::shared_ptr<Autoencoder>>& layers) : layers_(layers) {
    for (std::size_t i = 0; i < layers.size(); ++i)
      register_module("layer_" + std::to_string(i + 1), layers[i]);
  }

  Tensor encode(const Tensor& x, const Step& step) const override {
    auto code = x;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const auto parts = layers_[i]->parts();
      const auto inner = step.within(layer_name(i));
      code = parts.backbone.encode(code, inner);
      if (i + 1 < layers_.size()) code = parts.bottleneck.read(code, inner);
    }
    return code;
  }
  Tensor decode(const Tensor& code, const Step& step) const override {
    auto output = code;
    for (std::size_t i = layers_.size(); i-- > 0;) {
      const auto parts = layers_[i]->parts();
      output = parts.backbone.decode(output, step.within(layer_name(i)));
      if (i > 0) output = parts.likelihood.mean(output);
    }
    return output;
  }
  Shape code_shape() const override { return layers_.back()->code_shape(); }
  bool couples_rows() const override {
    return std::any_of(layers_.begin(), layers_.end(), [](const auto& layer) {
      const auto parts = layer->parts();
      return parts.backbone.couples_rows() || parts.bottleneck.couples_rows();
    });
  }
  void after_step() override {
    for (const auto& layer : layers_) layer->backbone()->after_step();
  }
  /// The encoders from the input upwards, then the decoders back down.
  std::vector<LayerOutline> layers() const override {
    std::vector<LayerOutline> encoders, decoders;
    for (const auto& model : layers_) {
      auto layers = model->parts().backbone.layers();
      if (model != layers_.front() && !layers.empty())
        layers.back().affine = layers.back().affine && model->parts().likelihood.mean_is_output();
      const auto middle = std::find_if(layers.begin(), layers.end(),
                                       [](const auto& layer) { return layer.network == "decoder"; });
      encoders.insert(encoders.end(), layers.begin(), middle);
      decoders.insert(decoders.begin(), middle, layers.end());
    }
    encoders.insert(encoders.end(), decoders.begin(), decoders.end());
    return encoders;
  }
  Tensor filters() const override { return layers_.front()->parts().backbone.filters(); }

 private:
  std::vector<std::shared_ptr<Autoencoder>> layers_;
};

std::string layer_path(std::size_t i) { return "layers[" + std::to_string(i) + "]"; }

void check_layer(const Autoencoder& layer, std::size_t i) {
  if (layer.reconstructs_input() && layer.decodes_codes_alone()) return;
  throw FieldError(layer_path(i),
                   "does not give its inputs back by their codes alone, as a layer of a stack has to: choose "
                   "another variant");
}

void check_fit(const Autoencoder& below, const Autoencoder& above, std::size_t i) {
  const auto codes = below.parts().bottleneck.range(), support = above.parts().likelihood.support();
  if (codes.least >= support.least && codes.most <= support.most) return;
  throw FieldError(layer_path(i) + ".likelihood",
                   above.config().likelihood->kind() + " is for inputs " + in_words(support) +
                       ", but codes of " + layer_path(i - 1) +
                       " may be outside: choose \"gaussian\" here, or the activation \"sigmoid\" for the "
                       "bottleneck there");
}

AutoencoderConfig whole(const std::vector<std::shared_ptr<Autoencoder>>& layers) {
  return {.code = layers.back()->config().code,
          .corruption = layers.front()->config().corruption,
          .bottleneck = layers.back()->config().bottleneck,
          .likelihood = layers.front()->config().likelihood,
          .bound = layers.back()->config().bound};
}

}  // namespace

Stacked::Layers Stacked::make_layers(const Config& config, const Context& context) {
  check_config(config, "Stacked");
  Layers layers;
  Context below(context.input, context.seed);
  below.blocks = context.blocks;
  below.features = context.features;
  below.values = context.values;
  below.device = context.device;
  for (std::size_t i = 0; i < config.layers.size(); ++i) {
    in_field(layer_path(i), [&] { layers.push_back(make(config.layers[i], below)); });
    check_layer(*layers.back(), i);
    if (i > 0) check_fit(*layers[i - 1], *layers[i], i);
    below = Context(layers.back()->code_shape(), below.seed + 1);
    below.values = layers.back()->parts().bottleneck.range();
    below.device = context.device;
  }
  return layers;
}

Stacked::Stacked(const Config& config, const Context& context)
    : Stacked(config, context, make_layers(config, context)) {}

Stacked::Stacked(const Config& config, const Context& context, Layers layers)
    : Autoencoder(whole(layers), context, std::make_shared<StackBackbone>(layers),
                  layers.back()->bottleneck()),
      config_(config),
      layers_(std::move(layers)),
      classes_(context.classes),
      seed_(context.seed) {
  if ((config.network || config.classifier) && classes_ == 0)
    throw FieldError(config.network ? "network" : "classifier", "needs labels, but these data have none");
  if (config.network) make_network(context);
  if (config.classifier) classifier_ = config.classifier->make();
}

void Stacked::make_network(const Context& context) {
  Initializer initializer(context.seed, "network", context.device);
  auto width = elements(code_shape());
  auto widths = config_.network->hidden;
  widths.push_back(classes_);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const auto layer = std::make_shared<Affine>(width, widths[i], /*with_bias=*/true,
                                                Initialization::glorot_uniform, initializer);
    network_.push_back(register_module("network_" + std::to_string(i), layer));
    width = widths[i];
  }
}

Tensor Stacked::encode_below(std::size_t layer, const Tensor& x) const {
  const at::NoGradGuard no_grad;
  auto code = x;
  for (std::size_t i = 0; i < layer; ++i) {
    const ModeScope evaluation(*layers_[i], /*training=*/false);
    code = layers_[i]->encode(code);
  }
  return code;
}

Dataset Stacked::codes_below(std::size_t layer, const Dataset& data) const {
  constexpr std::int64_t kRows = 1000;
  const auto device = parameters().front().device();
  std::vector<Tensor> codes;
  const Batches batches(data, kRows);
  for (std::int64_t i = 0; i < batches.count(); ++i)
    codes.push_back(encode_below(layer, batches[i].inputs.to(device)).cpu());
  return Dataset::from_tensors(at::cat(codes), data.labels());
}

/// A phase of a layer, on the codes of the layers below it, which are in evaluation mode.
Phase Stacked::on_codes_below(std::size_t layer, Phase phase) const {
  const auto name = layer_name(layer);
  phase.name = phase.name == "train" ? name : name + ", " + phase.name;
  if (!phase.epochs) phase.epochs = config_.layer_epochs;
  phase.of_part = layers_.size() > 1;
  for (auto& update : phase.updates) {
    std::erase_if(update.terms, [](const auto& term) { return term.name == kSquaredError; });
    update.objective = [this, layer, name, of_layer = update.objective](const Batch& batch, const Step& step,
                                                                        Pass& pass) {
      auto below = batch;
      below.inputs = encode_below(layer, batch.inputs);
      return of_layer(below, step.within(name), pass);
    };
  }
  const auto with_codes =
      [this, layer](std::function<void(const Dataset&)> work) -> std::function<void(const Dataset&)> {
    if (!work) return {};
    return [this, layer, work](const Dataset& data) { work(codes_below(layer, data)); };
  };
  phase.begin = with_codes(phase.begin);
  phase.solve = with_codes(phase.solve);
  return phase;
}

std::vector<Phase> Stacked::phases() {
  std::vector<Phase> phases;
  for (std::size_t i = 0; i < layers_.size(); ++i)
    for (auto& phase : layers_[i]->phases()) phases.push_back(on_codes_below(i, std::move(phase)));
  if (config_.fine_tuning == FineTuning::reconstruction) {
    auto phase = Autoencoder::phases().front();
    phase.name = "fine-tuning";
    phase.epochs = config_.fine_tuning_epochs;
    phases.push_back(std::move(phase));
  }
  if (config_.network) phases.push_back(network_phase());
  if (config_.classifier) phases.push_back(classifier_phase());
  return phases;
}

std::vector<std::string> Stacked::methods() const {
  std::vector<std::string> methods;
  for (std::size_t i = 0; i < layers_.size(); ++i)
    for (const auto& method : layers_[i]->methods())
      methods.push_back("layer " + std::to_string(i + 1) + ", " + method);
  if (!reconstructs())
    methods.push_back(
        "training the network changes the encoder but not the decoder: no reconstructions afterwards");
  return methods;
}

Tensor Stacked::logits(const Tensor& code) const {
  auto hidden = code.flatten(1);
  for (std::size_t i = 0; i < network_.size(); ++i)
    hidden = network_[i]->forward(hidden,
                                  i + 1 < network_.size() ? config_.network->activation : Activation::linear);
  return hidden;
}

namespace {

constexpr auto kClassification = "classification", kError = "error";

/// The parameters that a value depends on.
NamedTensors reaching(const Tensor& value, const NamedTensors& parameters) {
  std::vector<Tensor> tensors;
  for (const auto& item : parameters) tensors.push_back(item.second);
  const auto gradients =
      torch::autograd::grad({value}, tensors, {}, std::nullopt, false, /*allow_unused=*/true);
  NamedTensors found;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (gradients[i].defined()) found.push_back(parameters[i]);
  return found;
}

Tensor share_wrong(const Tensor& predicted, const Tensor& labels) {
  return (predicted != labels).to(at::kFloat).mean();
}

}  // namespace

/// Softmax regression through the encoder: the cross-entropy of the classes, and the share of errors.
Phase Stacked::network_phase() {
  const auto objective = [this](const Batch& batch, const Step& step, Pass& pass) {
    encode_batch(batch, step, pass);
    const auto scores = logits(reading(pass, parts().bottleneck, step));
    Terms terms;
    terms.add(kClassification, at::cross_entropy_loss(scores, batch.labels), /*weight=*/1, row_additivity());
    terms.add(kError, share_wrong(scores.detach().argmax(1), batch.labels), /*weight=*/0);
    return terms;
  };
  auto shape = input_shape();
  shape.insert(shape.begin(), 1);
  const at::AutoGradMode grad(true);
  const auto trained =
      reaching(logits(encode(at::zeros(shape, parameters().front().options().requires_grad(false)))).sum(),
               parameters_of(*this));
  return {
      .name = "classifier",
      .updates = {{.name = std::string(kModelUpdate),
                   .parameters = trained,
                   .objective = objective,
                   .after_step = [this](std::span<const Pass> passes) { after_step(passes); },
                   .terms = {{.name = kClassification, .additivity = row_additivity()}, {.name = kError}}}},
      .epochs = config_.network->epochs,
      .needs_labels = true};
}

/// A classifier fitted on the codes; its only term is the share of errors, 1 before it is fitted.
Phase Stacked::classifier_phase() {
  const auto objective = [this](const Batch& batch, const Step&, Pass&) {
    Terms terms;
    terms.add(kError, is_fitted_ ? share_wrong(classify(batch.inputs), batch.labels.cpu()) : at::ones({}));
    return terms;
  };
  const auto solve = [this](const Dataset& data) {
    const auto codes = codes_below(layers_.size(), data);
    const auto all = codes.range(0, codes.size());
    classifier_->fit(all.inputs.flatten(1), all.labels, classes_, seed_);
    is_fitted_ = true;
  };
  return {.name = "classifier",
          .updates =
              {{.name = "classifier", .parameters = {}, .objective = objective, .terms = {{.name = kError}}}},
          .needs_labels = true,
          .solve = solve};
}

Tensor Stacked::classify(const Tensor& x) const {
  const auto code = encode(x).flatten(1);
  return classifier_ ? classifier_->predict(code) : logits(code).argmax(1);
}

NamedTensors Stacked::fitted() const {
  return is_fitted_ ? NamedTensors(classifier_->state()) : NamedTensors{};
}

void Stacked::load_fitted(const NamedTensors& state) {
  is_fitted_ = !state.empty();
  if (is_fitted_) classifier_->load(state);
}

}  // namespace aelab
