#include "aelab/nn/dense_backbone.h"

#include <ATen/ATen.h>

#include "aelab/core/error.h"

namespace aelab {
namespace {

constexpr double kLeastNorm = 1e-12;  // rows of zeros are divided by it, as by PyTorch's normalize()

}  // namespace

void DenseBackbone::Config::fields(Fields& f) {
  f("hidden", hidden, "widths of the encoder's hidden layers; the decoder mirrors them", between(1, kWidest))
      .scales_with_width()
      .also_known_as({"hidden_dims", "hidden_dim", "hidden_layers", "hidden_sizes", "hidden_size",
                      "hidden_layer_sizes", "hidden_units", "layers", "layer_sizes", "units", "widths"});
  f("activation", activation, "activation of the hidden layers").also_known_as({"nonlinearity", "act"});
  f("tied", tied, "the decoder uses the transposed weights of the encoder")
      .also_known_as({"tie_weights", "tied_weights", "weight_tying"});
  f("bias", bias, "layers have a bias").also_known_as({"use_bias"});
  f("center", center, "subtract the mean of the data from the input, and add it to the output")
      .also_known_as({"centre", "centered"});
  f("normalize_input", normalize_input, "divide each row that the encoder reads by its Euclidean norm");
  f("input_dropout", input_dropout,
    "probability that a value that the encoder reads is set to zero in training", {.least = 0, .most = 0.99});
  f.require(!normalize_input || !center, "normalize_input", "cannot be combined with \"center\"");
  f("initialization", initialization, "distribution of the initial weights")
      .also_known_as({"init", "initializer", "weight_init", "kernel_initializer"});
  regularization.fields(f);
}

std::vector<DenseBackbone::Config> DenseBackbone::Config::examples() {
  return {{},
          {.hidden = {12}, .activation = Activation::tanh},
          {.hidden = {12, 8}, .activation = Activation::sigmoid, .tied = true},
          {.hidden = {12}, .regularization = {.normalization = Normalize::batch, .dropout = 0.1}},
          {.hidden = {12}, .regularization = {.normalization = Normalize::layer}},
          {.hidden = {12}, .normalize_input = true, .input_dropout = 0.5}};
}

DenseBackbone::DenseBackbone(const Config& config, const BackboneContext& context)
    : config_(config), input_(context.input), output_(context.output_shape()) {
  code_ = context.code_dimension();
  const auto pre_code = elements(context.pre_code_shape({code_}));
  if (config.tied && pre_code != code_)
    throw FieldError("tied", "the bottleneck needs " + std::to_string(pre_code) +
                                 " outputs of the encoder for a code of " + std::to_string(code_) +
                                 ", so the decoder cannot use its weights: set it to false");
  if (config.tied && context.condition > 0)
    throw FieldError("tied",
                     "the decoder has inputs of its own for the condition, so it cannot use the "
                     "encoder's weights: set it to false");
  for (const auto& [name, set] : {std::pair("tied", config.tied), {"center", config.center}})
    if (set && output_ != input_)
      throw FieldError(name, "the likelihood needs outputs of shape " + to_string(output_) +
                                 " for inputs of " + to_string(input_) +
                                 ", which this is not for: set it to false");
  std::vector<std::int64_t> widths = {elements(input_) + context.condition};
  widths.insert(widths.end(), config.hidden.begin(), config.hidden.end());
  widths.push_back(pre_code);
  Initializer initializer(context.seed, "initialization", context.device);
  const auto layers = widths.size() - 1;
  for (std::size_t i = 0; i < layers; ++i)
    encoder_.push_back(register_module(
        "encoder_" + std::to_string(i),
        std::make_shared<Affine>(widths[i], widths[i + 1], config.bias, config.initialization, initializer)));
  if (config.center) mean_ = register_buffer("mean", initializer.zeros({elements(input_)}));
  for (std::size_t i = 0; i < layers; ++i) {
    const auto in = i == 0 ? code_ + context.condition : widths[layers - i],
               out = i + 1 == layers ? elements(output_) : widths[layers - i - 1];
    const auto name = "decoder_" + std::to_string(i);
    if (config.tied)
      decoder_biases_.push_back(config.bias ? register_parameter(name + "_bias", initializer.zeros({out}))
                                            : Tensor());
    else
      decoder_.push_back(register_module(
          name, std::make_shared<Affine>(in, out, config.bias, config.initialization, initializer)));
  }
  add_normalizations("encoder", config.hidden, initializer);
  add_normalizations("decoder", {config.hidden.rbegin(), config.hidden.rend()}, initializer);
}

void DenseBackbone::add_normalizations(const std::string& network, const std::vector<std::int64_t>& widths,
                                       const Initializer& initializer) {
  const auto method = config_.regularization.normalization;
  if (method == Normalize::none) return;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const auto name = network + "_" + std::to_string(i);
    normalizations_[name] = register_module(name + "_normalization",
                                            std::make_shared<Normalization>(method, widths[i], initializer));
  }
}

Tensor DenseBackbone::features(const Tensor& x, const Step& step) const {
  auto flat = x.flatten(1);
  if (config_.normalize_input) flat = flat / flat.norm(2, {1}, /*keepdim=*/true).clamp_min(kLeastNorm);
  if (mean_.defined()) flat = flat - mean_;
  return with_condition(dropout(flat, config_.input_dropout, "input", step), step);
}

Tensor DenseBackbone::input_weight() const { return encoder_.front()->weight.narrow(1, 0, elements(input_)); }

Tensor DenseBackbone::activated(const Tensor& linear, const std::string& network, std::size_t i,
                                const Step& step) const {
  const auto name = network + "_" + std::to_string(i);
  const auto found = normalizations_.find(name);
  return config_.regularization.finish(linear, found == normalizations_.end() ? nullptr : found->second.get(),
                                       config_.activation, name, step);
}

Tensor DenseBackbone::encode(const Tensor& x, const Step& step) const {
  // Without anything in between, a layer and its activation are one operation.
  const bool plain = !config_.regularization.any();
  auto hidden = features(x, step);
  for (std::size_t i = 0; i < encoder_.size(); ++i) {
    const bool last = i + 1 == encoder_.size();
    hidden = encoder_[i]->forward(hidden, plain && !last ? config_.activation : Activation::linear);
    if (!plain && !last) hidden = activated(hidden, "encoder", i, step);
  }
  return hidden;
}

Tensor DenseBackbone::decode(const Tensor& code, const Step& step) const {
  const bool plain = !config_.regularization.any();
  auto hidden = with_condition(code, step);
  const auto layers = encoder_.size();
  for (std::size_t i = 0; i < layers; ++i) {
    const bool last = i + 1 == layers;
    const auto activation = plain && !last ? config_.activation : Activation::linear;
    hidden = config_.tied
                 ? linear(hidden, encoder_[layers - i - 1]->weight.t(), decoder_biases_[i], activation)
                 : decoder_[i]->forward(hidden, activation);
    if (!plain && !last) hidden = activated(hidden, "decoder", i, step);
  }
  if (mean_.defined()) hidden = hidden + mean_;
  auto shape = output_;
  shape.insert(shape.begin(), hidden.size(0));
  return hidden.reshape(shape);
}

Dictionary DenseBackbone::dictionary() const {
  if (encoder_.size() > 1) return {};
  // Without those of a condition, which are appended to the code's.
  const auto vectors = (config_.tied ? encoder_.front()->weight : decoder_.front()->weight.t())
                           .narrow(0, 0, elements(code_shape()));
  const auto bias = config_.tied ? decoder_biases_.front() : decoder_.front()->bias;
  if (!mean_.defined()) return {vectors, bias};
  return {vectors, bias.defined() ? bias + mean_ : mean_};
}

std::int64_t DenseBackbone::dense_depth() const {
  if (config_.normalize_input || config_.input_dropout > 0) return 0;
  return config_.hidden.empty() || !config_.regularization.any() ? static_cast<std::int64_t>(encoder_.size())
                                                                 : 0;
}

bool DenseBackbone::couples_rows() const {
  return !config_.hidden.empty() && config_.regularization.normalization == Normalize::batch;
}

void DenseBackbone::after_step() {
  for (const auto& item : normalizations_) item.second->after_step();
}

std::vector<AffineLayer> DenseBackbone::affine_layers(const Tensor& x, const Step& step) const {
  std::vector<AffineLayer> layers;
  auto hidden = features(x, step);
  for (std::size_t i = 0; i + 1 < encoder_.size(); ++i) {
    const auto before = encoder_[i]->forward(hidden, Activation::linear);
    hidden = activate(config_.activation, before);
    layers.push_back({encoder_[i]->weight, slope(config_.activation, before, hidden)});
  }
  layers.push_back({encoder_.back()->weight, {}});
  layers.front().weight = input_weight();
  return layers;
}

std::vector<LayerOutline> DenseBackbone::layers() const {
  std::vector<LayerOutline> layers;
  const auto depth = encoder_.size();
  const auto count = [](const Tensor& tensor) { return tensor.defined() ? tensor.numel() : 0; };
  const auto add = [&](const std::string& network, std::size_t i, const std::string& what, Shape output,
                       std::int64_t parameters) {
    const bool hidden = i + 1 < depth;
    const bool reads_affine = !config_.normalize_input || network != "encoder" || i > 0;
    const auto found = normalizations_.find(network + "_" + std::to_string(i));
    if (found != normalizations_.end()) parameters += parameter_count(*found->second);
    layers.push_back(
        {.network = network,
         .what = hidden ? config_.regularization.in_words(what, config_.activation) : what,
         .output = std::move(output),
         .parameters = parameters,
         .affine = reads_affine && (!hidden || (config_.activation == Activation::linear &&
                                                config_.regularization.normalization != Normalize::layer))});
  };
  for (std::size_t i = 0; i < depth; ++i)
    add("encoder", i, "dense", {encoder_[i]->weight.size(0)}, parameter_count(*encoder_[i]));
  for (std::size_t i = 0; i < depth; ++i) {
    const auto output = i + 1 == depth ? output_ : Shape{encoder_[depth - i - 1]->weight.size(1)};
    if (config_.tied)
      add("decoder", i, "dense, tied to the encoder", output, count(decoder_biases_[i]));
    else
      add("decoder", i, "dense", output, parameter_count(*decoder_[i]));
  }
  return layers;
}

void DenseBackbone::set_linear(const Tensor& encoder, const Tensor& decoder) {
  const at::NoGradGuard no_grad;
  encoder_.front()->weight.copy_(encoder);
  decoder_.front()->weight.copy_(decoder);
}

Tensor DenseBackbone::filters() const {
  if (input_.size() != 3) return {};
  return input_weight().detach().reshape({-1, input_[0], input_[1], input_[2]});
}

}  // namespace aelab
