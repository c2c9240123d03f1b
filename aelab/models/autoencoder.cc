#include "aelab/models/autoencoder.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "aelab/core/problems.h"
#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/bounds.h"
#include "aelab/nn/corruptions.h"
#include "aelab/nn/likelihoods.h"

namespace aelab {
namespace {

constexpr const char *kBackbone = "backbone", *kBottleneck = "bottleneck", *kBound = "bound",
                     *kCondition = "condition";

}  // namespace

std::span<const std::string_view> names(Condition) {
  static constexpr std::array<std::string_view, 2> kNames = {"none", "label"};
  return kNames;
}

void AutoencoderConfig::fields(Fields& f, const AutoencoderConfig& defaults) {
  const auto is_own = [&](std::string_view part) {
    return std::find(defaults.own.begin(), defaults.own.end(), part) != defaults.own.end();
  };
  if (!is_own(kBackbone))
    f(kBackbone, backbone, "networks of the encoder and the decoder", defaults.backbone)
        .also_known_as({"encoder_decoder", "net"});
  code_field(f, code, "dimension of the latent code, for dense backbones");
  f("corruption", corruption, "noise added to the input in training", defaults.corruption)
      .also_known_as({"noise", "noise_level", "dropout"});
  if (!is_own(kBottleneck))
    f(kBottleneck, bottleneck, "mapping from the encoder's output to the code",
      defaults.bottleneck ? defaults.bottleneck : Choice<Bottleneck>(DeterministicBottleneck::Config{}))
        .also_known_as({"code_activation"});
  f("likelihood", likelihood,
    "distribution of the input given the decoder's output: the reconstruction loss; default: bernoulli if "
    "all values "
    "of the source are in [0, 1] and the transforms keep them there, else gaussian",
    defaults.likelihood)
      .also_known_as({"loss", "criterion", "loss_function", "reconstruction_loss", "objective"});
  if (!is_own(kBound))
    f(kBound, bound,
      "how the costs of the codes that are drawn of each row are combined, for bottlenecks that draw codes",
      defaults.bound ? defaults.bound : Choice<Bound>(MeanBound::Config{}))
        .also_known_as({"elbo", "iwae", "n_samples", "num_samples", "importance_weighted"});
  f("penalties", penalties, "weighted penalty terms added to the reconstruction loss")
      .also_known_as({"regularizer", "regularizers", "regularization", "penalty"});
  f(kCondition, condition,
    "what the encoder and the decoder are given besides: label: the class of each row, so that samples of a "
    "chosen class can be drawn")
      .also_known_as({"conditional", "class_conditional", "conditioning", "cond", "cvae"});
  if (!penalties) return;
  for (std::size_t i = 0; i < penalties->size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const auto& first = (*penalties)[j];
      const auto& second = (*penalties)[i];
      f.require(
          first.empty() || second.empty() || first.kind() != second.kind(),
          "penalties[" + std::to_string(i) + "]",
          "is of the same kind as penalties[" + std::to_string(j) + "]: give one of them the whole weight");
    }
}

Context::Context(const Split& split, std::int64_t model_seed)
    : input(split.train.shape()), seed(model_seed), classes(0), values(split.limits()) {
  for (const auto* part : {&split.train, &split.validation, &split.test})
    if (part->has_labels() && part->size() > 0)
      classes = std::max(classes, part->labels().max().item<std::int64_t>() + 1);
}

bool AutoencoderConfig::has_penalty(std::string_view kind) const {
  const auto is_kind = [&](const auto& penalty) { return !penalty.empty() && penalty.kind() == kind; };
  return penalties && std::any_of(penalties->begin(), penalties->end(), is_kind);
}

namespace {

bool lie_within(const Bounds& values, const Bounds& outer) {
  return values.least >= outer.least && values.most <= outer.most;
}

AutoencoderConfig complete(AutoencoderConfig config, const Context& context) {
  if (!config.corruption) config.corruption = NoCorruption::Config{};
  if (!config.bottleneck) config.bottleneck = DeterministicBottleneck::Config{};
  if (!config.likelihood && lie_within(context.values, between(0, 1)))
    config.likelihood = BernoulliLikelihood::Config{};
  if (!config.likelihood) config.likelihood = GaussianLikelihood::Config{};
  if (!config.bound) config.bound = MeanBound::Config{};
  if (!config.penalties) config.penalties.emplace();
  return config;
}

/// Throws a FieldError if the bound needs codes that the bottleneck does not draw.
void check_draws(const AutoencoderConfig& config, const Bound& bound, const Bottleneck& bottleneck) {
  const bool weighs = bound.divergence() != Divergence::expected;
  const auto samples =
      std::max(bound.samples(Step{.training = true}), bound.samples(Step{.training = false}));
  const auto refuse = [&](const std::string& needs, const std::string& otherwise) {
    throw FieldError(kBound, config.bound->kind() + " needs " + needs + ", but the bottleneck " +
                                 config.bottleneck->kind() +
                                 " has none: choose one that has, such as \"gaussian\", or " + otherwise);
  };
  if (samples > 1 && !bottleneck.samples_codes())
    refuse("several codes of each row, drawn at random", "leave \"bound\" out");
  if (weighs && !bottleneck.has_density()) refuse("codes with a density", "the bound \"mean\"");
}

/// The backbone has no default: the variant or the user chooses it.
std::shared_ptr<Backbone> make_backbone(const AutoencoderConfig& config, const Context& context,
                                        const Bottleneck& bottleneck, const Likelihood& likelihood) {
  if (!config.backbone) throw Error("is missing: choose one, such as {\"kind\": \"dense\"}");
  return config.backbone->make(
      BackboneContext{.input = context.input,
                      .output = likelihood.output_shape(context.input),
                      .code = config.code,
                      .default_code = config.default_code,
                      .pre_code = [&](const Shape& code) { return bottleneck.pre_code_shape(code); },
                      .condition = config.condition == Condition::label ? context.classes : 0,
                      .seed = context.seed,
                      .device = context.device});
}

std::string penalty_path(std::size_t i) { return "penalties[" + std::to_string(i) + "]"; }

/// Whether a path is of a part whose fields the recipe lists as its own, or of such a field.
bool is_own(const AutoencoderConfig& config, const std::string& path) {
  const auto part = path.substr(0, path.find('.'));
  return std::find(config.own.begin(), config.own.end(), part) != config.own.end();
}

/// Calls `work`; its errors about parts whose fields the recipe lists as its own become errors about the
/// recipe's fields.
template <class Work>
void in_recipe(const AutoencoderConfig& config, Work work) {
  with_renamed_fields(work, [&](Mistake mistake) {
    if (is_own(config, mistake.path))
      mistake.path.erase(0, std::min(mistake.path.find('.'), mistake.path.size() - 1) + 1);
    return mistake;
  });
}

}  // namespace

void AutoencoderConfig::set_own_backbone(Choice<Backbone> choice) {
  backbone = std::move(choice);
  own.emplace_back(kBackbone);
}

void AutoencoderConfig::set_own_bottleneck(Choice<Bottleneck> choice) {
  bottleneck = std::move(choice);
  own.emplace_back(kBottleneck);
}

void AutoencoderConfig::set_own_bound(Choice<Bound> choice) {
  bound = std::move(choice);
  own.emplace_back(kBound);
}

void AutoencoderConfig::add_own_penalty(Choice<Penalty> choice) {
  if (!penalties) penalties.emplace();
  own.push_back(penalty_path(penalties->size()));
  penalties->push_back(std::move(choice));
}

std::shared_ptr<Autoencoder> Autoencoder::make(const Choice<Autoencoder>& variant, const Context& context) {
  auto model = variant.make(context);
  model->variant_ = variant;
  return model;
}

Autoencoder::Autoencoder(const AutoencoderConfig& config, const Context& context)
    : config_(complete(config, context)), input_(context.input) {
  in_recipe(config_, [&] { make_parts(context); });
}

Autoencoder::Autoencoder(const AutoencoderConfig& config, const Context& context,
                         std::shared_ptr<Backbone> backbone, std::shared_ptr<Bottleneck> bottleneck)
    : config_(complete(config, context)),
      input_(context.input),
      backbone_(register_module("backbone", std::move(backbone))),
      bottleneck_(std::move(bottleneck)) {
  in_recipe(config_, [&] {
    likelihood_ = config_.likelihood->make();
    make_bound();
    make_other_parts();
  });
}

void Autoencoder::make_conditional(const Context& context) {
  if (config_.condition == Condition::none) return;
  if (context.classes == 0)
    throw FieldError(kCondition,
                     "needs the classes of the rows, which are not known here: give \"data\" "
                     "with labels, or leave it out");
  if (config_.backbone && !config_.backbone->can(capability::takes_condition))
    throw FieldError(kCondition, "the backbone " + config_.backbone->kind() +
                                     " takes none: choose another one, or leave it out");
  conditions_ = context.classes;
}

void Autoencoder::make_parts(const Context& context) {
  make_conditional(context);
  bottleneck_ = config_.bottleneck->make();
  likelihood_ = config_.likelihood->make();
  make_bound();
  in_field(kBackbone, [&] { backbone_ = make_backbone(config_, context, *bottleneck_, *likelihood_); });
  register_module("backbone", backbone_);
  if (auto completed = backbone_->completed()) config_.backbone = completed;
  if (config_.backbone->can(capability::takes_code) && !config_.code) config_.code = elements(code_shape());
  bottleneck_->connect(
      {.input = input_,
       .values = context.values,
       .is_conditional = conditions_ > 0,
       .encode = [backbone = backbone_.get()](const Tensor& x) { return backbone->encode(x, {}); }});
  in_field(kBottleneck, [&] {
    bottleneck_->build(code_shape(), context.seed);
    bottleneck_->check(*bound_);
  });
  register_module("bottleneck", bottleneck_);
  make_other_parts();
}

void Autoencoder::make_bound() {
  bound_ = config_.bound->make();
  check_draws(config_, *bound_, *bottleneck_);
}

void Autoencoder::make_other_parts() {
  corruption_ = register_module("corruption", config_.corruption->make());
  register_module("likelihood", likelihood_);
  register_module("bound", bound_);
  for (std::size_t i = 0; i < config_.penalties->size(); ++i)
    in_field(penalty_path(i), [&] { add_penalty((*config_.penalties)[i]); });
}

void Autoencoder::add_penalty(const Choice<Penalty>& config) {
  const auto penalty = register_module("penalty_" + config.kind(), config.make());
  penalty->build(code_shape());
  // What is about a part that the user cannot choose is about the penalty.
  with_renamed_fields(
      [&] { penalty->check(parts()); },
      [&](Mistake mistake) {
        constexpr std::string_view kOfOwner = "../";
        if (mistake.path.starts_with(kOfOwner) && is_own(config_, mistake.path.substr(kOfOwner.size())))
          mistake.path.clear();
        return mistake;
      });
  needs_input_gradient_ = needs_input_gradient_ || penalty->needs_input_gradient(parts());
  penalties_.emplace_back(config.kind(), penalty);
}

Tensor Autoencoder::condition(const Tensor& labels) const {
  if (conditions_ == 0) return {};
  if (!labels.defined()) throw Error("this model is conditional on the label, and these rows have no labels");
  const auto classes = at::arange(conditions_, labels.options());
  return (labels.unsqueeze(1) == classes).to(parameters().front().scalar_type());
}

Tensor Autoencoder::condition_in_turn(std::int64_t rows) const {
  if (conditions_ == 0) return {};
  const auto weights = parameters().front();
  return condition(
      at::arange(rows, at::TensorOptions(weights.device()).dtype(at::kLong)).remainder(conditions_));
}

Step Autoencoder::conditioned(const Tensor& labels, Step step) const {
  if (!step.condition.defined()) step.condition = condition(labels);
  return step;
}

Step Autoencoder::step_with(const Tensor& condition) const {
  if (conditions_ == 0) return {};
  if (!condition.defined()) throw Error("this model is conditional on the label: give it a condition");
  return {.condition = condition};
}

Tensor Autoencoder::encode(const Tensor& x, const Tensor& condition) const {
  const auto step = step_with(condition);
  return bottleneck_->read(backbone_->encode(x, step), step);
}

Tensor Autoencoder::decode(const Tensor& code, const Tensor& condition) const {
  return likelihood_->mean(backbone_->decode(code, step_with(condition)));
}

Terms Autoencoder::loss(const Batch& batch, const Step& of_batch, Pass& pass) const {
  const auto step = conditioned(batch.labels, of_batch);
  const at::AutoGradMode grad(at::GradMode::is_enabled() || needs_input_gradient_);
  encode_batch(batch, step, pass);
  Terms terms;
  add_bounded(pass, step, terms);
  add_penalties(pass, step, terms);
  if (!step.training && step.scope.empty())
    terms.add(kSquaredError, at::mse_loss(reconstruction(pass, step), pass.target), /*weight=*/0);
  if (!step.training && has_corruption()) {
    const auto code = bottleneck_->read(backbone_->encode(corrupt(pass.target, step), step), step);
    terms.add(kDenoising, likelihood_->negative_log(backbone_->decode(code, step), pass.target),
              /*weight=*/0);
  }
  return terms;
}

namespace {

/// Multiplies the gradient that reaches the codes by a factor each: [batch x samples, ...], [batch, samples].
void scale_gradient(const Tensor& codes, const Tensor& factors) {
  if (!codes.requires_grad()) return;
  at::DimVector shape(static_cast<std::size_t>(codes.dim()), 1);
  shape[0] = codes.size(0);
  codes.register_hook([each = factors.reshape(shape)](const Tensor& gradient) { return gradient * each; });
}

}  // namespace

void Autoencoder::add_bounded(Pass& pass, const Step& step, Terms& terms) const {
  const auto drawn = pass.code;
  if (pass.samples > 1) pass.code = drawn.view_as(drawn);  // whose gradients are those of the bound alone
  pass.output = backbone_->decode(pass.code, step);
  terms.add(kReconstruction, likelihood_->negative_log(pass.output, repeated(pass.target, pass.samples)),
            /*weight=*/1, row_additivity(), Role::within_bound);
  bottleneck_->add_terms(pass, step, terms);
  if (pass.samples == 1) return;
  const auto costs = terms.costs(pass.target.size(0));
  terms.set_bound(bound_->rows(costs));
  if (const auto factors = bound_->code_gradient_factors(costs); factors.defined())
    scale_gradient(pass.code, factors);
  pass.code = drawn;
}

Tensor Autoencoder::reconstruction(const Pass& pass, const Step& step) const {
  if (!bottleneck_->samples_codes()) return likelihood_->mean(pass.output);
  return likelihood_->mean(backbone_->decode(reading(pass, *bottleneck_, step), step));
}

void Autoencoder::encode_batch(const Batch& batch, const Step& of_batch, Pass& pass) const {
  const auto step = conditioned(batch.labels, of_batch);
  pass.target = batch.inputs;
  pass.input = step.training ? corrupt(pass.target, step) : pass.target;
  if (needs_input_gradient_) pass.input = pass.input.detach().requires_grad_();
  pass.pre_code = backbone_->encode(pass.input, step);
  pass.samples = bound_->samples(step);
  pass.divergence = bound_->divergence();
  bottleneck_->code(pass, step);
}

void Autoencoder::add_penalties(const Pass& pass, const Step& step, Terms& terms) const {
  for (const auto& [name, penalty] : penalties_)
    terms.add(name, penalty->value(pass, parts(), step), step.value(penalty->weight()),
              penalty->additivity());
}

void Autoencoder::after_step(std::span<const Pass> passes) const {
  backbone_->after_step();
  bottleneck_->after_step(passes);
  for (const auto& item : penalties_) item.second->after_step(passes);
}

Additivity Autoencoder::row_additivity() const {
  return backbone_->couples_rows() ? Additivity::batch : Additivity::rows;
}

std::vector<TermOutline> Autoencoder::terms() const {
  std::vector<TermOutline> terms = {{.name = kReconstruction, .additivity = row_additivity()}};
  for (auto& term : bottleneck_->terms()) terms.push_back(std::move(term));
  for (const auto& [name, penalty] : penalties_) terms.push_back({name, penalty->additivity()});
  terms.push_back({.name = kSquaredError, .in_training = false});
  if (has_corruption()) terms.push_back({.name = kDenoising, .in_training = false});
  return terms;
}

std::vector<std::string> Autoencoder::methods() const {
  std::vector<std::string> methods;
  for (const auto& [name, penalty] : penalties_)
    if (auto method = penalty->method(parts()); !method.empty()) methods.push_back(name + ": " + method);
  return methods;
}

Tensor Autoencoder::classify(const Tensor&) const { throw std::logic_error("a model without a classifier"); }

std::vector<Phase> Autoencoder::phases() {
  Update update{.name = std::string(kModelUpdate),
                .parameters = parameters_of(*this),
                .objective = [this](const Batch& batch, const Step& step,
                                    Pass& pass) { return loss(batch, step, pass); },
                .after_step = [this](std::span<const Pass> passes) { after_step(passes); },
                .terms = terms()};
  Phase phase{.name = "train", .updates = {std::move(update)}};
  if (const auto mean = backbone_->data_mean(); mean.defined())
    phase.begin = [mean](const Dataset& data) { mean.copy_(feature_moments(data).first.flatten()); };
  return {phase};
}

std::int64_t own_parameter_count(Autoencoder& model) {
  std::map<const void*, std::int64_t> helping;
  for (const auto& phase : model.phases())
    for (const auto& update : phase.updates)
      for (const auto& item : update.parameters)
        if (&update != &phase.main()) helping[item.second.unsafeGetTensorImpl()] = item.second.numel();
  auto count = parameter_count(model);
  for (const auto& item : helping) count -= item.second;
  return count;
}

NamedTensors parameters_of(const torch::nn::Module& module) {
  NamedTensors named;
  for (const auto& item : module.named_parameters()) named.emplace_back(item.key(), item.value());
  return named;
}

NamedTensors state_of(const torch::nn::Module& module) {
  auto named = parameters_of(module);
  for (const auto& item : module.named_buffers()) named.emplace_back(item.key(), item.value());
  return named;
}

}  // namespace aelab
