#include "aelab/models/autoencoder.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "aelab/core/problems.h"
#include "aelab/data/series.h"
#include "aelab/models/complete_parts.h"
#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/bounds.h"
#include "aelab/nn/silence.h"

namespace aelab {

Context::Context(const Split& split, std::int64_t model_seed)
    : input(split.train.shape()),
      seed(model_seed),
      classes(0),
      blocks(split.blocks),
      features(split.features),
      values(split.limits()) {
  const auto series = split.train.series();
  may_lack_cells = features.empty() && ((series && !series->channels.empty()) || split.train.has_missing());
  for (const auto* part : {&split.train, &split.validation, &split.test})
    if (part->has_labels() && part->size() > 0)
      classes = std::max(classes, part->labels().max().item<std::int64_t>() + 1);
}

namespace {

/// Throws a FieldError if the bound needs codes that the bottleneck does not draw.
void check_draws(const AutoencoderConfig& config, const Bound& bound, const Bottleneck& bottleneck) {
  const bool weighs = bound.divergence() != Divergence::expected;
  const auto samples =
      std::max(bound.samples(Step{.training = true}), bound.samples(Step{.training = false}));
  const auto refuse = [&](const std::string& needs, const std::string& otherwise) {
    throw FieldError(AutoencoderConfig::kBound,
                     config.bound->kind() + " needs " + needs + ", but the bottleneck " +
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
                      .output = [&](const Shape& target) { return likelihood.output_shape(target); },
                      .code = config.code,
                      .default_code = config.default_code,
                      .pre_code = [&](const Shape& code) { return bottleneck.pre_code_shape(code); },
                      .condition = config.condition == Condition::label ? context.classes : 0,
                      .blocks = context.blocks,
                      .seed = context.seed,
                      .device = context.device});
}

/// Calls `work`; its errors about parts whose fields the recipe lists as its own become errors about the
/// recipe's fields.
template <class Work>
void in_recipe(const AutoencoderConfig& config, Work work) {
  with_renamed_fields(work, [&](Mistake mistake) {
    if (config.is_own(mistake.path))
      mistake.path.erase(0, std::min(mistake.path.find('.'), mistake.path.size() - 1) + 1);
    return mistake;
  });
}

}  // namespace

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
    throw FieldError(AutoencoderConfig::kCondition,
                     "needs the classes of the rows, which are not known here: give \"data\" "
                     "with labels, or leave it out");
  if (config_.backbone && !config_.backbone->can(capability::takes_condition))
    throw FieldError(AutoencoderConfig::kCondition, "the backbone " + config_.backbone->kind() +
                                                        " takes none: choose another one, or leave it out");
  conditions_ = context.classes;
}

void Autoencoder::make_parts(const Context& context) {
  make_conditional(context);
  bottleneck_ = config_.bottleneck->make();
  likelihood_ = config_.likelihood->make();
  make_bound();
  in_field(AutoencoderConfig::kBackbone,
           [&] { backbone_ = make_backbone(config_, context, *bottleneck_, *likelihood_); });
  register_module("backbone", backbone_);
  if (auto completed = backbone_->completed()) config_.backbone = completed;
  if (config_.backbone->can(capability::takes_code) && !config_.code) config_.code = elements(code_shape());
  bottleneck_->connect(
      {.input = input_,
       .values = context.values,
       .is_conditional = conditions_ > 0,
       .encode = [backbone = backbone_.get()](const Tensor& x) { return backbone->encode(x, {}); },
       .dictionary = [backbone = backbone_.get()] { return backbone->dictionary(); },
       .takes_sparse_gradients = backbone_->takes_sparse_gradients(),
       .encodes_by_dictionary = backbone_->encodes_by_dictionary()});
  in_field(AutoencoderConfig::kBottleneck, [&] {
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
    in_field(AutoencoderConfig::penalty_path(i), [&] { add_penalty((*config_.penalties)[i]); });
  make_sparsity_scale();
  takes_missing_ = config_.likelihood->can(capability::takes_missing) && reconstructs_input() &&
                   !backbone_->has_skip() && !backbone_->data_mean().defined() &&
                   backbone_->rows_to_begin() == 0;
}

Tensor Autoencoder::filled(const Tensor& x) const { return takes_missing_ ? x.masked_fill(x.ne(x), 0) : x; }

void Autoencoder::make_sparsity_scale() {
  for (const auto& term : terms())
    if (term.sparsifies) sparsifying_.push_back(term.name);
  if (!sparsifying_.empty()) sparsity_scale_ = register_buffer("sparsity_scale", at::ones({}));
}

void Autoencoder::add_penalty(const Choice<Penalty>& config) {
  const auto penalty = register_module("penalty_" + config.kind(), config.make());
  penalty->build(code_shape());
  if (const auto limit = penalty->dead_after(); limit && !dead_after_) {
    silent_rows_ = register_buffer("silent_rows", at::zeros({elements(code_shape())}, at::kLong));
    dead_after_ = limit;
  }
  // What is about a part that the user cannot choose is about the penalty.
  with_renamed_fields([&] { penalty->check(parts()); },
                      [&](Mistake mistake) {
                        const auto path = path_in_owner(mistake.path);
                        if (path && config_.is_own(*path)) mistake.path.clear();
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

Tensor Autoencoder::condition(const Tensor& x, const Tensor& labels) const {
  return backbone_->has_skip() ? backbone_->skip_input(x) : condition(labels);
}

Step Autoencoder::conditioned(const Tensor& x, const Tensor& labels, Step step) const {
  if (!step.condition.defined()) step.condition = condition(x, labels);
  return step;
}

Step Autoencoder::step_with(const Tensor& condition) const {
  if (conditions_ > 0 && !condition.defined())
    throw Error("this model is conditional on the label: give it a condition");
  if (conditions_ == 0 && !backbone_->has_skip()) return {};
  return {.condition = condition};
}

Tensor Autoencoder::encode(const Tensor& x, const Tensor& condition) const {
  const auto step = step_with(condition);
  return bottleneck_->read(backbone_->encode(filled(x), step), step);
}

Tensor Autoencoder::decode(const Tensor& code, const Tensor& condition) const {
  if (backbone_->has_skip() && !condition.defined())
    throw Error(
        "this model's decoder has a skip connection from the encoder's input, so that codes alone cannot be "
        "decoded: give it the rows' condition, or reconstruct the rows");
  return likelihood_->mean(backbone_->decode(code, step_with(condition)));
}

Tensor Autoencoder::reconstruct(const Tensor& x, const Tensor& condition) const {
  const auto given = condition.defined() || !backbone_->has_skip() ? condition : backbone_->skip_input(x);
  return decode(encode(x, given), given);
}

Tensor Autoencoder::draw(const Tensor& code, const Step& step) const {
  return likelihood_->draw(backbone_->decode(code, step), step);
}

Terms Autoencoder::loss(const Batch& batch, const Step& of_batch, Pass& pass) const {
  const at::AutoGradMode grad(at::GradMode::is_enabled() || needs_input_gradient_);
  encode_batch(batch, of_batch, pass);
  const auto step = conditioned(pass.input, batch.labels, of_batch);
  Terms terms;
  add_bounded(pass, step, terms);
  add_penalties(pass, step, terms);
  for (const auto& name : sparsifying_) terms.scale(name, sparsity_scale_);
  if (!step.training && step.scope.empty())
    terms.add(kSquaredError, mean_squared_error(reconstruction(pass, step), pass.target, takes_missing_),
              /*weight=*/0);
  if (!step.training && has_corruption()) add_denoising(batch, of_batch, pass, terms);
  return terms;
}

void Autoencoder::add_denoising(const Batch& batch, const Step& of_batch, const Pass& pass,
                                Terms& terms) const {
  const auto noisy = corrupt(filled(batch.inputs), of_batch);
  const auto step = conditioned(noisy, batch.labels, of_batch);
  const auto code = bottleneck_->read(backbone_->encode(noisy, step), step);
  terms.add(kDenoising, likelihood_->negative_log(backbone_->decode(code, step), pass.target), /*weight=*/0);
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
  pass.output = pass.active.defined() ? backbone_->decode_active(pass.active, step)
                                      : backbone_->decode(pass.code, step);
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
  const auto step = conditioned(batch.inputs, batch.labels, of_batch);
  pass.target = backbone_->target(batch.inputs);
  const auto inputs = filled(batch.inputs);
  pass.input = step.training ? corrupt(inputs, step) : inputs;
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

namespace {

/// Up to `count` rows that are spread evenly over the set.
Batch some_rows(const Dataset& data, std::int64_t count) {
  const auto rows = std::min(count, data.size());
  return data.gather((at::arange(rows) * data.size()).floor_divide(rows));
}

}  // namespace

void Autoencoder::after_step(std::span<const Pass> passes) const {
  backbone_->after_step();
  bottleneck_->after_step(passes);
  for (const auto& item : penalties_) item.second->after_step(passes);
  if (!silent_rows_.defined()) return;
  const at::NoGradGuard no_grad;
  for (const auto& pass : passes) count_silence(silent_rows_, pass);
}

Additivity Autoencoder::row_additivity() const {
  return backbone_->couples_rows() || bottleneck_->couples_rows() ? Additivity::batch : Additivity::rows;
}

std::vector<TermOutline> Autoencoder::terms() const {
  std::vector<TermOutline> terms = {{.name = kReconstruction, .additivity = row_additivity()}};
  for (auto& term : bottleneck_->terms()) terms.push_back(std::move(term));
  for (const auto& [name, penalty] : penalties_)
    terms.push_back({.name = name, .additivity = penalty->additivity(), .sparsifies = penalty->sparsifies()});
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
  if (const auto rows = backbone_->rows_to_begin(); rows > 0)
    phase.begin = [backbone = backbone_, rows](const Dataset& data) {
      backbone->begin(some_rows(data, rows).to(backbone->parameters().front().device()).inputs);
    };
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
