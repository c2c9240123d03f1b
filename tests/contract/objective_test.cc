// What every registered part promises that makes an objective of the terms: bounds and penalties.

#include <gtest/gtest.h>

#include "tests/contract/contract.h"

namespace aelab {
namespace {

/// Costs as they may be for a bound, [rows, samples].
Tensor some_costs(const Bound& bound, std::int64_t rows = 5) {
  return 3 * normal({rows, bound.samples(some_step())});
}

TEST(EveryBound, TreatsRowsAloneAndMovesWithTheirCosts) {
  for_each_example<Bound>([](const Choice<Bound>& example) {
    const auto bound = example.make();
    EXPECT_GE(bound->samples(Step{}), 1);
    const auto costs = some_costs(*bound);
    const auto rows = bound->rows(costs);
    ASSERT_EQ(rows.sizes(), at::IntArrayRef{5});
    EXPECT_TRUE(at::allclose(bound->rows(costs.slice(0, 2, 4)), rows.slice(0, 2, 4)));
    // Likelihoods leave out constants.
    const auto shift = 1000 * normal({5, 1}, 1);
    EXPECT_TRUE(at::allclose(bound->rows(costs + shift), rows + shift.flatten(), 0, 1e-9));
    // Codes of one cost are as one code.
    EXPECT_TRUE(at::allclose(bound->rows(shift.expand(costs.sizes()).contiguous()), shift.flatten()));
  });
}

TEST(EveryBound, StaysFiniteAndHasTheGradientsOfItsValues) {
  for_each_example<Bound>([](const Choice<Bound>& example) {
    const auto bound = example.make();
    const auto costs = some_costs(*bound).requires_grad_();
    EXPECT_LT(gradient_error([&] { return bound->rows(costs).square().sum(); }, {costs}, 20),
              kGradientTolerance);
    const auto extreme = (1e4 * costs.detach()).to(at::kFloat);
    EXPECT_TRUE(bound->rows(extreme).isfinite().all().item<bool>());
    const auto factors = bound->code_gradient_factors(costs);
    if (!factors.defined()) return;
    EXPECT_EQ(factors.sizes(), costs.sizes());
    EXPECT_FALSE(factors.requires_grad());
    EXPECT_TRUE(bound->code_gradient_factors(extreme).isfinite().all().item<bool>());
  });
}

TEST(EveryBound, CombinesTheCostsOfTheBottlenecksThatSuitIt) {
  for_each_example<Bound>([](const Choice<Bound>& example) {
    int suited = 0;
    for_each_example<Bottleneck>([&](const Choice<Bottleneck>& bottleneck) {
      AutoencoderConfig parts;
      parts.backbone = any<Backbone>();
      parts.bottleneck = bottleneck;
      parts.bound = example;
      const bool expected = suits(*example.make(), *bottleneck.make());
      const auto model = made_or_refused(!expected, [&] { return make_autoencoder(parts); });
      EXPECT_EQ(model != nullptr, expected);
      if (!model) return;
      ++suited;
      model->to(at::kDouble);
      for (const auto& step : {some_step(), Step{}}) {
        Pass pass;
        const auto x = values_within(between(0, 1), batch_of(4, kImage));
        const auto terms = model->loss({.inputs = x, .labels = {}, .rows = {}}, step, pass);
        EXPECT_EQ(pass.samples, example.make()->samples(step));
        EXPECT_EQ(pass.code.size(0), 4 * pass.samples);
        auto beside = at::zeros({}, at::kDouble);
        for (const auto& term : terms.all())
          if (term.role == Role::beside_bound) beside = beside + term.weight * term.value;
        const auto costs = terms.costs(4).expand({4, pass.samples}).contiguous();
        const auto within = pass.samples > 1 ? example.make()->rows(costs) : costs;
        EXPECT_NEAR(terms.total().item<double>(), (within.mean() + beside).item<double>(), 1e-9);
      }
    });
    EXPECT_GT(suited, 0) << "suits no bottleneck";
  });
}

/// The penalty's unweighted term in the loss of a whole autoencoder.
Tensor penalty_of(const Autoencoder& model, const Tensor& x, const std::string& name) {
  Pass pass;
  const auto terms = model.loss({.inputs = x, .labels = {}, .rows = {}}, some_step(), pass);
  for (const auto& term : terms.all())
    if (term.name == name) return term.value;
  throw std::logic_error("the loss has no term " + name);
}

/// Whether the parts lack what the penalty's kind declares that it needs.
bool lacks(const Choice<Penalty>& penalty, const Parts& parts) {
  const auto range = parts.bottleneck.range();
  return (penalty.can(capability::needs_jacobian) &&
          (!parts.bottleneck.is_differentiable() || parts.backbone.couples_rows())) ||
         (penalty.can(capability::needs_gaussian) && !parts.bottleneck.is_gaussian()) ||
         (penalty.can(capability::needs_factorized) &&
          !(parts.bottleneck.prior() && parts.bottleneck.prior()->is_factorized())) ||
         (penalty.can(capability::needs_probabilities) && (range.least < 0 || range.most > 1));
}

/// Whether it declares a need that this suite does not know.
bool needs_more(const Choice<Penalty>& penalty) {
  const auto& declared = penalty.kinds().at(penalty.kind()).capabilities;
  return std::ranges::any_of(declared, [](const std::string& name) {
    return name.starts_with("needs") && name != capability::needs_jacobian &&
           name != capability::needs_probabilities && name != capability::needs_gaussian &&
           name != capability::needs_factorized;
  });
}

/// Whether these two may not fit: the bottleneck needs more of the encoder than the code has, or alone
/// refuses such a code.
bool may_not_fit(const Choice<Backbone>& backbone, const Choice<Bottleneck>& bottleneck) {
  const auto code = make_backbone(backbone)->code_shape();
  const auto made = bottleneck.make();
  Problems refused;
  refused.attempt([&] { made->build(code, /*seed=*/0); });
  return !refused.all().empty() || made->pre_code_shape(code) != code;
}

/// An autoencoder of these parts; nothing if they are refused.
std::shared_ptr<Autoencoder> made_of(const Choice<Backbone>& backbone, const Choice<Bottleneck>& bottleneck,
                                     std::vector<Choice<Penalty>> penalties, bool refusable) {
  AutoencoderConfig parts;
  parts.backbone = backbone;
  parts.bottleneck = bottleneck;
  parts.penalties = std::move(penalties);
  return made_or_refused(refusable, [&] { return make_autoencoder(parts); });
}

/// With a penalty; nothing if it lacks something, and only then.
std::shared_ptr<Autoencoder> made_with(const Choice<Penalty>& penalty, const Choice<Backbone>& backbone,
                                       const Choice<Bottleneck>& bottleneck) {
  const auto without = made_of(backbone, bottleneck, {}, may_not_fit(backbone, bottleneck));
  if (!without) return nullptr;
  const bool refused = lacks(penalty, without->parts());
  auto model = made_of(backbone, bottleneck, {penalty}, refused || needs_more(penalty));
  EXPECT_FALSE(model && refused) << "is accepted without what it needs";
  return model;
}

/// That the penalty keeps its promises with these parts, unless it is refused.
void check_penalty(const Choice<Penalty>& penalty, const Choice<Backbone>& backbone,
                   const Choice<Bottleneck>& bottleneck) {
  const auto model = made_with(penalty, backbone, bottleneck);
  if (!model) return;
  model->to(at::kDouble);
  shake(*model);
  const auto x = values_within(between(0, 1), batch_of(4, input_of(backbone)));
  const auto range = penalty.make()->range();
  const auto value = [&] { return penalty_of(*model, x, penalty.kind()); };
  EXPECT_EQ(value().dim(), 0);
  EXPECT_TRUE(range.allow(value().item<double>()));
  const at::NoGradGuard as_in_validation;
  EXPECT_TRUE(range.allow(value().item<double>()));
  const at::AutoGradMode as_in_training(true);
  if (!model->parts().bottleneck.has_exact_gradients()) return;
  const auto parameters = model->parameters();
  const std::int64_t each = parameters.size() > 20 ? 1 : 4;  // elements of a tensor: deep networks take long
  EXPECT_LT(gradient_error(value, parameters, each), kGradientTolerance);
}

/// The first parts that the penalty fits.
std::optional<std::pair<Choice<Backbone>, Choice<Bottleneck>>> first_fitting(const Choice<Penalty>& penalty) {
  std::optional<std::pair<Choice<Backbone>, Choice<Bottleneck>>> found;
  for_each_example<Backbone>([&](const Choice<Backbone>& backbone) {
    for_each_example<Bottleneck>([&](const Choice<Bottleneck>& bottleneck) {
      if (!found && are_tried_together(backbone, bottleneck) && made_with(penalty, backbone, bottleneck))
        found = {backbone, bottleneck};
    });
  });
  return found;
}

TEST(EveryPenalty, IsInItsRangeAndHasTheGradientsOfItsValues) {
  for_each_example<Penalty>([](const Choice<Penalty>& penalty) {
    const auto fitting = first_fitting(penalty);
    ASSERT_TRUE(fitting) << "fits no backbone and bottleneck";
    for_each_example<Backbone>(
        [&](const Choice<Backbone>& other) { check_penalty(penalty, other, fitting->second); });
    for_each_example<Bottleneck>(
        [&](const Choice<Bottleneck>& other) { check_penalty(penalty, fitting->first, other); });
  });
}

TEST(EveryPenalty, WeighsItsTermByItsSchedule) {
  for_each_example<Penalty>([](const Choice<Penalty>& penalty) {
    int had = 0;
    for_each_example<Bottleneck>([&](const Choice<Bottleneck>& bottleneck) {
      const auto model = made_with(penalty, any<Backbone>(), bottleneck);
      if (!model) return;
      ++had;
      Pass pass;
      const auto step = some_step();
      const auto terms =
          model->loss({.inputs = at::rand(batch_of(4, kImage)), .labels = {}, .rows = {}}, step, pass);
      ASSERT_EQ(terms.all().back().name, penalty.kind());
      EXPECT_EQ(terms.all().back().weight, step.value(penalty.make()->weight()));
    });
    EXPECT_GT(had, 0) << "fits no bottleneck";
  });
}

}  // namespace
}  // namespace aelab
