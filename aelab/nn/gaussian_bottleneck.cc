#include "aelab/nn/gaussian_bottleneck.h"

#include <ATen/ATen.h>

#include "aelab/core/problems.h"
#include "aelab/nn/posteriors.h"
#include "aelab/nn/priors.h"

namespace aelab {
namespace {

constexpr auto kDivergence = "kl", kFreeBits = "free_bits", kCapacity = "capacity", kPosterior = "posterior";

}  // namespace

void posterior_field(Fields& f, std::optional<Choice<Posterior>>& posterior) {
  f(kPosterior, posterior, "distribution that the codes of an input are drawn from",
    posterior ? posterior : std::optional(Choice<Posterior>(DiagonalPosterior::Config{})))
      .also_known_as({"variational_posterior", "encoder_distribution", "posterior_type"});
}

void GaussianBottleneck::Config::fields(Fields& f) {
  f.formerly({"weight"});
  schedule_field(f, "beta", beta, "weight of the KL divergence in the objective", at_least(0))
      .also_known_as({"kl_weight", "kld_weight", "lambda", "gamma"});
  f(kFreeBits, free_bits,
    "nats of each dimension's KL divergence, averaged over the batch, that cost nothing", at_least(0))
      .also_known_as({"kl_min", "free_nats", "lambda_free_bits"});
  schedule_field(f, kCapacity, capacity, "nats that the KL divergence is drawn to, in place of 0",
                 at_least(0))
      .also_known_as({"C", "max_capacity", "controlled_capacity"});
  f("prior", prior, "distribution of the codes before an input is seen",
    prior ? prior : std::optional(Choice<Prior>(StandardPrior::Config{})))
      .also_known_as({"prior_type", "latent_prior"});
  posterior_field(f, posterior);
  f.require(!capacity || free_bits == 0, kCapacity, "and \"free_bits\" exclude each other");
}

std::vector<GaussianBottleneck::Config> GaussianBottleneck::Config::examples() {
  return {{},
          {.beta = 0.5, .prior = MixturePrior::Config{.components = 3}},
          {.free_bits = 0.2},
          {.beta = 2, .capacity = LinearSchedule::Config{.from = 0, .to = 3}},
          {.posterior = InverseAutoregressivePosterior::Config::examples().front()}};
}

GaussianBottleneck::GaussianBottleneck(const Config& config)
    : config_(config),
      prior_(register_module("prior", (config.prior ? *config.prior : StandardPrior::Config{}).make())),
      posterior_(register_module(
          kPosterior, (config.posterior ? *config.posterior : DiagonalPosterior::Config{}).make())) {}

void GaussianBottleneck::build(const Shape& code, std::int64_t seed) {
  in_field("prior", [&] { prior_->build(code, seed, is_gaussian() ? encoder_ : EncoderAccess{}); });
  posterior_->build(code, seed);
  const auto one = at::zeros({1, 1});
  if (config_.free_bits > 0 && !(is_gaussian() && prior_->divergence({one, one}).defined()))
    throw FieldError(kFreeBits,
                     "needs the KL divergence of each dimension in closed form, which the prior \"standard\" "
                     "has with the posterior \"diagonal\": choose these");
}

void GaussianBottleneck::check(const Bound& bound) const {
  if (bound.divergence() == Divergence::pathwise && !has_pathwise_density())
    throw FieldError(kPosterior,
                     config_.posterior->kind() +
                         " has a density whose gradient by the codes alone is not at hand, and this bound "
                         "needs it: choose the bound \"importance-weighted\", or \"diagonal\" here");
  if (bound.divergence() == Divergence::expected || *substitute() == 0) return;
  throw FieldError(substitute(),
                   "changes the KL divergence of a batch, and this bound weighs each code by its own: choose "
                   "the bound \"mean\"");
}

Shape GaussianBottleneck::pre_code_shape(const Shape& code) const {
  auto shape = code;
  shape.front() *= posterior_->outputs();
  return shape;
}

Tensor GaussianBottleneck::read(const Tensor& pre_code, const Step&) const {
  return posterior_->read(pre_code);
}

void GaussianBottleneck::code(Pass& pass, const Step& step) const { posterior_->draw(pass, step.noise()); }

const char* GaussianBottleneck::substitute() const {
  return config_.capacity ? kCapacity : config_.free_bits > 0 ? kFreeBits : "";
}

std::vector<TermOutline> GaussianBottleneck::terms() const {
  std::vector<TermOutline> terms = {{.name = kDivergence}};
  if (*substitute()) terms.push_back({.name = substitute(), .additivity = Additivity::batch});
  return terms;
}

void GaussianBottleneck::add_terms(const Pass& pass, const Step& step, Terms& terms) const {
  Tensor each;  // of each dimension, where it has a closed form
  if (is_gaussian()) each = prior_->divergence({pass.extras.at("mean"), pass.extras.at("log_variance")});
  const bool closed = pass.divergence == Divergence::expected && each.defined();
  const auto divergence = closed ? each.flatten(1).sum(1) : drawn_divergence(pass, *this);
  const auto beta = step.value(config_.beta);
  const std::string_view other = substitute();
  terms.add(kDivergence, divergence, other.empty() ? beta : 0, Additivity::rows, Role::within_bound);
  if (other == kFreeBits)
    terms.add(kFreeBits, each.flatten(1).mean(0).clamp_min(config_.free_bits).sum(), beta, Additivity::batch);
  if (other == kCapacity)
    terms.add(kCapacity, (divergence.mean() - step.value(*config_.capacity)).abs(), beta, Additivity::batch);
}

Tensor GaussianBottleneck::slope(const Tensor&, const Tensor& code, const Step&) const {
  return at::ones_like(code);
}

}  // namespace aelab
