// What every registered part of an autoencoder promises.

#include <gtest/gtest.h>

#include "tests/contract/contract.h"

namespace aelab {
namespace {

constexpr double kTolerance = 1e-5;  // of gradients, relative to max(1, |gradient|)

TEST(EveryBackbone, MapsInputsToCodesAndBack) {
  for_each_example<Backbone>([](const Choice<Backbone>& example) {
    const auto backbone = make_backbone(example);
    const auto code = backbone->encode(at::rand(batch_of(3, input_of(example))), {});
    EXPECT_EQ(code.sizes(), batch_of(3, backbone->code_shape()));
    EXPECT_EQ(backbone->decode(code, {}).sizes(), batch_of(3, input_of(example)));
    EXPECT_FALSE(backbone->parameters().empty());
    if (const auto filters = backbone->filters(); filters.defined()) {
      EXPECT_EQ(filters.dim(), 4);
      EXPECT_FALSE(filters.requires_grad());
    }
  });
}

TEST(EveryBackbone, DescribesItsLayersWithTheirShapesAndParameters) {
  for_each_example<Backbone>([](const Choice<Backbone>& example) {
    const auto backbone = make_backbone(example);
    const auto layers = backbone->layers();
    ASSERT_FALSE(layers.empty());
    std::int64_t parameters = 0;
    Shape last_of_encoder;
    for (const auto& layer : layers) {
      EXPECT_FALSE(layer.what.empty());
      EXPECT_TRUE(layer.network == "encoder" || layer.network == "decoder") << layer.network;
      parameters += layer.parameters;
      if (layer.network == "encoder") last_of_encoder = layer.output;
    }
    EXPECT_EQ(parameters, parameter_count(*backbone));
    EXPECT_EQ(last_of_encoder, backbone->code_shape());
    EXPECT_EQ(layers.back().output, input_of(example));
  });
}

TEST(EveryBackbone, GivesTheBottleneckWhatItNeeds) {
  for_each_example<Backbone>([](const Choice<Backbone>& example) {
    const auto wider = [](const Shape& code) {
      auto shape = code;
      shape[0] *= 2;
      return shape;
    };
    const BackboneContext context{
        .input = input_of(example), .default_code = 6, .pre_code = wider, .seed = 0};
    std::shared_ptr<Backbone> backbone;
    try {
      backbone = example.make(context);
    } catch (const Error& error) {  // says why not, as for tied weights
      EXPECT_SAYS(std::string(error.what()), "the bottleneck needs");
      return;
    }
    const auto x = at::rand(batch_of(3, input_of(example)));
    EXPECT_EQ(backbone->encode(x, {}).sizes(), batch_of(3, wider(backbone->code_shape())));
    EXPECT_EQ(backbone->decode(at::rand(batch_of(3, backbone->code_shape())), {}).sizes(), x.sizes());
    std::int64_t parameters = 0;
    for (const auto& layer : backbone->layers()) parameters += layer.parameters;
    EXPECT_EQ(parameters, parameter_count(*backbone));
  });
}

TEST(EveryBackbone, StartsFromItsSeedAlone) {
  for_each_example<Backbone>([](const Choice<Backbone>& example) {
    const auto one = make_backbone(example, 1), again = make_backbone(example, 1),
               other = make_backbone(example, 2);
    bool differs = false;
    for (std::size_t i = 0; i < one->parameters().size(); ++i) {
      EXPECT_TRUE(same_bits(one->parameters()[i], again->parameters()[i]));
      differs = differs || !same_bits(one->parameters()[i], other->parameters()[i]);
    }
    EXPECT_TRUE(differs);
  });
}

TEST(EveryBackbone, TreatsRowsAlone) {
  for_each_example<Backbone>([](const Choice<Backbone>& example) {
    const auto backbone = make_backbone(example);
    backbone->to(at::kDouble);
    const auto x = normal(batch_of(5, input_of(example)));
    const auto together = backbone->decode(backbone->encode(x, {}), {});
    const auto alone = backbone->decode(backbone->encode(x.slice(0, 2, 3), {}), {});
    EXPECT_TRUE(at::allclose(together.slice(0, 2, 3), alone));
  });
}

TEST(EveryBackbone, HasTheGradientsOfItsValues) {
  for_each_example<Backbone>([](const Choice<Backbone>& example) {
    const auto backbone = make_backbone(example);
    backbone->to(at::kDouble);
    shake(*backbone);
    const auto x = normal(batch_of(2, input_of(example))).requires_grad_();
    const auto weights = normal(batch_of(2, input_of(example)), 1);
    auto leaves = backbone->parameters();
    leaves.push_back(x);
    EXPECT_LT(gradient_error([&] { return (backbone->decode(backbone->encode(x, {}), {}) * weights).sum(); },
                             leaves),
              kTolerance);
  });
}

TEST(EveryBackbone, RefusesInputsOfAnotherRank) {
  for_each_example<Backbone>([](const Choice<Backbone>& example) {
    try {  // either it fits, or an Error says why not
      const auto backbone = example.make(BackboneContext{.input = {10}, .code = 3, .seed = 0});
      EXPECT_EQ(backbone->decode(backbone->encode(at::rand({2, 10}), {}), {}).sizes(),
                (at::IntArrayRef{2, 10}));
    } catch (const Error& error) {
      EXPECT_SAYS(std::string(error.what()), "model.backbone");
    }
  });
}

TEST(EveryBottleneck, IsOfAKindThatDeclaresItsTerms) {
  for_each_example<Bottleneck>([](const Choice<Bottleneck>& example) {
    std::vector<std::string> names;
    for (const auto& term : example.make()->terms()) names.push_back(term.name);
    EXPECT_EQ(names, Bottleneck::registry().at(example.kind()).terms);
  });
}

/// Calls `test` with every bottleneck, built for a vector and for an image, and a pre-code for it.
template <class Test>
void for_each_bottleneck(Test test) {
  for_each_example<Bottleneck>([&](const Choice<Bottleneck>& example) {
    for (const Shape& code : {Shape{6}, Shape{2, 3, 4}}) {
      const auto bottleneck = example.make();
      const auto pre_code = normal(batch_of(3, bottleneck->pre_code_shape(code)));
      bottleneck->build(code, /*seed=*/1);
      bottleneck->to(at::kDouble);
      test(*bottleneck, code, pre_code);
    }
  });
}

Pass coded(const Bottleneck& bottleneck, const Tensor& pre_code, const Step& step) {
  Pass pass;
  pass.pre_code = pre_code;
  bottleneck.code(pass, step);
  return pass;
}

TEST(EveryBottleneck, MakesCodesOfItsShapeAndRangeAsTheStepSays) {
  for_each_bottleneck([](const Bottleneck& bottleneck, const Shape& code, const Tensor& pre_code) {
    for (const auto& step : {some_step(), Step{}}) {
      const auto pass = coded(bottleneck, pre_code, step);
      EXPECT_EQ(pass.code.sizes(), batch_of(3 * pass.samples, code));
      EXPECT_TRUE(same_bits(pass.code, coded(bottleneck, pre_code, step).code));
      const auto read = bottleneck.read(pre_code, step);
      EXPECT_EQ(read.sizes(), batch_of(3, code));
      EXPECT_TRUE(bottleneck.samples_codes() || same_bits(read, pass.code));
      for (const auto& made : {pass.code, read}) {
        EXPECT_TRUE(made.isfinite().all().item<bool>());
        EXPECT_TRUE(bottleneck.range().allow(made.min().item<double>()));
        EXPECT_TRUE(bottleneck.range().allow(made.max().item<double>()));
      }
      EXPECT_FALSE(bottleneck.samples_codes() && step.training && same_bits(read, pass.code));
    }
  });
}

TEST(EveryBottleneck, HasTheDerivativesThatItClaims) {
  for_each_bottleneck([](Bottleneck& bottleneck, const Shape& code, const Tensor& values) {
    if (!bottleneck.is_differentiable()) {
      EXPECT_FALSE(bottleneck.has_slope());
      return;
    }
    const auto pre_code = values.detach().requires_grad_();
    const auto step = some_step();
    const auto weights = normal(batch_of(3, code), 1);
    auto leaves = bottleneck.has_exact_gradients() ? bottleneck.parameters() : std::vector<Tensor>();
    leaves.push_back(pre_code);
    const auto weighted = [&] { return (bottleneck.read(pre_code, step) * weights).sum(); };
    EXPECT_LT(gradient_error(weighted, leaves), kTolerance);
    if (!bottleneck.has_slope()) return;
    const auto read = bottleneck.read(pre_code, step);
    const auto by_autograd = torch::autograd::grad({read.sum()}, {pre_code}).front().flatten(1);
    const auto used = by_autograd.narrow(1, 0, elements(code)), unused = by_autograd.slice(1, elements(code));
    EXPECT_TRUE(at::allclose(bottleneck.slope(pre_code, read, step).flatten(1), used));
    EXPECT_TRUE((unused == 0).all().item<bool>());
  });
}

TEST(EveryBottleneck, AddsTheTermsThatItDeclaresWithTheirGradients) {
  for_each_bottleneck([](Bottleneck& bottleneck, const Shape&, const Tensor& values) {
    const auto pre_code = values.detach().requires_grad_();
    for (const auto& step : {some_step(), Step{}}) {
      Terms added;
      bottleneck.add_terms(coded(bottleneck, pre_code, step), step, added);
      std::size_t expected = 0;
      for (const auto& declared : bottleneck.terms()) {
        if (step.training && !declared.in_training) continue;
        ASSERT_LT(expected, added.all().size()) << declared.name;
        EXPECT_EQ(added.all()[expected].name, declared.name);
        EXPECT_EQ(added.all()[expected].additivity, declared.additivity);
        ++expected;
      }
      EXPECT_EQ(added.all().size(), expected);
      if (added.all().empty() || !bottleneck.has_exact_gradients()) continue;
      const auto total = [&] {
        Terms terms_again;
        bottleneck.add_terms(coded(bottleneck, pre_code, step), step, terms_again);
        return terms_again.total();
      };
      EXPECT_LT(gradient_error(total, {pre_code}), kTolerance);
    }
  });
}

TEST(EveryLikelihood, ScoresEachRowAlone) {
  for_each_example<Likelihood>([](const Choice<Likelihood>& example) {
    const auto likelihood = example.make();
    const auto target = values_within(likelihood->support(), batch_of(5, kImage));
    const auto output = normal(batch_of(5, kImage));
    const auto scores = likelihood->negative_log(output, target);
    ASSERT_EQ(scores.sizes(), at::IntArrayRef{5});
    EXPECT_TRUE(at::allclose(scores.slice(0, 2, 3),
                             likelihood->negative_log(output.slice(0, 2, 3), target.slice(0, 2, 3))));
    EXPECT_EQ(likelihood->mean(output).sizes(), output.sizes());
  });
}

TEST(EveryLikelihood, IsBestWhereTheMeanIsTheTarget) {
  for_each_example<Likelihood>([](const Choice<Likelihood>& example) {
    const auto likelihood = example.make();
    const auto output = normal(batch_of(50, kImage));
    const auto target = likelihood->mean(output);
    const auto best = likelihood->negative_log(output, target);
    for (const double far : {1e-2, 1.0, 30.0}) {
      const auto moved = output + far * normal(batch_of(50, kImage), 1);
      EXPECT_TRUE((likelihood->negative_log(moved, target) > best).all().item<bool>()) << far;
    }
  });
}

TEST(EveryLikelihood, HasAMeanWithinItsSupport) {
  for_each_example<Likelihood>([](const Choice<Likelihood>& example) {
    const auto likelihood = example.make();
    for (const double size : {0.0, 1.0, 100.0}) {
      const auto mean = likelihood->mean((size * normal(batch_of(20, kImage))).to(at::kFloat));
      EXPECT_TRUE(likelihood->support().allow(mean.min().item<double>())) << size;
      EXPECT_TRUE(likelihood->support().allow(mean.max().item<double>())) << size;
    }
  });
}

TEST(EveryLikelihood, StaysFiniteAndHasTheGradientsOfItsValues) {
  for_each_example<Likelihood>([](const Choice<Likelihood>& example) {
    const auto likelihood = example.make();
    const auto target = values_within(likelihood->support(), batch_of(2, kImage));
    const auto output = normal(batch_of(2, kImage)).requires_grad_();
    const auto score = [&] { return likelihood->negative_log(output, target).sum(); };
    EXPECT_LT(gradient_error(score, {output}, 30), kTolerance);
    const auto extreme =
        likelihood->negative_log(1000 * output.detach().to(at::kFloat), target.to(at::kFloat));
    EXPECT_TRUE(extreme.isfinite().all().item<bool>());
  });
}

TEST(EveryCorruption, LeavesItsInputAndDependsOnThePositionAlone) {
  for_each_example<Corruption>([](const Choice<Corruption>& example) {
    const auto corruption = example.make();
    const auto x = values_within(between(0, 1), batch_of(6, kImage)).to(at::kFloat);
    const auto before = x.clone();
    const auto step = some_step();
    const auto noisy = corruption->corrupt(x, step).clone();
    EXPECT_TRUE(same_bits(x, before));
    EXPECT_EQ(noisy.sizes(), x.sizes());
    EXPECT_EQ(noisy.scalar_type(), x.scalar_type());
    EXPECT_TRUE(noisy.isfinite().all().item<bool>());
    at::rand({10});  // the global generator plays no part
    EXPECT_TRUE(same_bits(corruption->corrupt(x, step), noisy));
    EXPECT_TRUE(same_bits(example.make()->corrupt(x, step), noisy));
    auto elsewhere = step;  // in another batch of the same pass
    ++elsewhere.at.batch;
    EXPECT_TRUE(same_bits(corruption->corrupt(x, elsewhere), noisy));
    elsewhere.rows = at::tensor({4, 1}, at::kLong);
    const auto some = x.index_select(0, elsewhere.rows);
    EXPECT_TRUE(same_bits(corruption->corrupt(some, elsewhere), noisy.index_select(0, elsewhere.rows)));
    auto later = step;
    ++later.at.epoch;
    EXPECT_EQ(same_bits(noisy, x), !corruption->changes_input());
    EXPECT_EQ(same_bits(corruption->corrupt(x, later), noisy), !corruption->changes_input());
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

/// Whether the penalty can be had with these parts, and then that it keeps its promises.
bool check_penalty(const Choice<Penalty>& penalty, const Choice<Backbone>& backbone,
                   const Choice<Bottleneck>& bottleneck) {
  std::shared_ptr<Autoencoder> model;
  const auto x = values_within(between(0, 1), batch_of(4, input_of(backbone)));
  try {
    AutoencoderConfig parts;
    parts.backbone = backbone;
    parts.bottleneck = bottleneck;
    parts.penalties = {penalty};
    model = make_autoencoder(parts);
    model->to(at::kDouble);
    shake(*model);
    penalty_of(*model, x, penalty.kind());
  } catch (const Error&) {
    return false;
  }
  const auto value = [&] { return penalty_of(*model, x, penalty.kind()); };
  EXPECT_EQ(value().dim(), 0);
  EXPECT_GE(value().item<double>(), 0);
  const at::NoGradGuard as_in_validation;
  EXPECT_GE(value().item<double>(), 0);
  const at::AutoGradMode as_in_training(true);
  if (!model->parts().bottleneck.has_exact_gradients()) return true;
  const auto parameters = model->parameters();
  const std::int64_t each = parameters.size() > 20 ? 1 : 4;  // elements of a tensor: deep networks take long
  EXPECT_LT(gradient_error(value, parameters, each), kTolerance);
  return true;
}

TEST(EveryPenalty, IsNotNegativeAndHasTheGradientsOfItsValues) {
  for_each_example<Penalty>([](const Choice<Penalty>& penalty) {
    int had = 0;
    for_each_example<Backbone>([&](const Choice<Backbone>& backbone) {
      for_each_example<Bottleneck>(
          [&](const Choice<Bottleneck>& bottleneck) { had += check_penalty(penalty, backbone, bottleneck); });
    });
    EXPECT_GT(had, 0) << "fits no backbone and bottleneck";
  });
}

/// An autoencoder that the penalty accepts.
std::shared_ptr<Autoencoder> any_with(const Choice<Penalty>& penalty) {
  std::shared_ptr<Autoencoder> model;
  for_each_example<Bottleneck>([&](const Choice<Bottleneck>& bottleneck) {
    AutoencoderConfig parts;
    parts.backbone = any<Backbone>();
    parts.bottleneck = bottleneck;
    parts.penalties = {penalty};
    try {
      if (!model) model = make_autoencoder(parts);
    } catch (const Error&) {
    }
  });
  return model;
}

TEST(EveryPenalty, WeighsItsTermByItsSchedule) {
  for_each_example<Penalty>([](const Choice<Penalty>& penalty) {
    const auto model = any_with(penalty);
    ASSERT_NE(model, nullptr);
    Pass pass;
    const auto step = some_step();
    const auto terms =
        model->loss({.inputs = at::rand(batch_of(4, kImage)), .labels = {}, .rows = {}}, step, pass);
    ASSERT_EQ(terms.all().back().name, penalty.kind());
    EXPECT_EQ(terms.all().back().weight, step.value(penalty.make()->weight()));
  });
}

}  // namespace
}  // namespace aelab
