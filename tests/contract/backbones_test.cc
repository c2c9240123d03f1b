// What every registered backbone promises.

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "tests/contract/contract.h"

namespace aelab {
namespace {

TEST(EveryBackbone, MapsInputsToCodesAndBack) {
  for_each_example<Backbone>([](const Choice<Backbone>& example) {
    const auto backbone = make_backbone(example);
    const auto x = at::rand(batch_of(3, input_of(example)));
    const auto code = backbone->encode(x, {});
    EXPECT_EQ(code.sizes(), batch_of(3, backbone->code_shape()));
    EXPECT_EQ(backbone->decode(code, {}).sizes(), batch_of(3, target_of(*backbone, example)));
    EXPECT_EQ(backbone->target(x).sizes(), batch_of(3, target_of(*backbone, example)));
    EXPECT_EQ(backbone->has_skip(), backbone->skip_input(x).defined());
    EXPECT_EQ(backbone->has_skip(), backbone->skipped(step_of(*backbone, x)).defined());
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
    EXPECT_EQ(layers.back().output, target_of(*backbone, example));
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
    EXPECT_EQ(backbone->decode(at::rand(batch_of(3, backbone->code_shape())), {}).sizes(),
              batch_of(3, target_of(*backbone, example)));
    std::int64_t parameters = 0;
    for (const auto& layer : backbone->layers()) parameters += layer.parameters;
    EXPECT_EQ(parameters, parameter_count(*backbone));
  });
}

TEST(EveryBackbone, GivesWhatEveryLikelihoodNeedsOrSaysWhyNot) {
  for_each_example<Likelihood>([](const Choice<Likelihood>& of) {
    int made = 0;
    for_each_example<Backbone>([&](const Choice<Backbone>& example) {
      const auto input = input_of(AutoencoderConfig{.backbone = example, .likelihood = of});
      const bool is_others = input != input_of(example);  // that few backbones take
      if (is_others && !example.can(capability::takes_any_rank)) return;
      const auto needed = [likelihood = of.make()](const Shape& target) {
        return likelihood->output_shape(target);
      };
      const auto backbone = made_or_refused(is_others || needed(input) != input, [&] {
        return example.make(BackboneContext{.input = input, .output = needed, .default_code = 6});
      });
      if (!backbone) return;
      ++made;
      const auto output = needed(is_others ? input : target_of(*backbone, example));
      const auto code = backbone->encode(at::rand(batch_of(3, input)), {});
      EXPECT_EQ(backbone->decode(code, {}).sizes(), batch_of(3, output));
      const auto layers = backbone->layers();
      EXPECT_TRUE(layers.empty() || layers.back().output == output);
    });
    EXPECT_GT(made, 0) << "no backbone gives what it needs";
  });
}

TEST(EveryBackbone, IsGivenTheConditionOfTheStepIfItDeclaresThat) {
  constexpr std::int64_t kFeatures = 3;
  int made = 0;
  for_each_example<Backbone>([&](const Choice<Backbone>& example) {
    if (!example.can(capability::takes_condition)) return;
    const auto backbone = made_or_refused(/*expected=*/true, [&] {
      return example.make(
          BackboneContext{.input = input_of(example), .default_code = 6, .condition = kFeatures});
    });
    if (!backbone) return;
    ++made;
    backbone->to(at::kDouble);
    shake(*backbone);
    const auto x = normal(batch_of(1, input_of(example))).repeat_interleave(kFeatures, 0);
    const Step step{.condition = at::eye(kFeatures, at::kDouble)};
    const auto code = backbone->encode(x, step);
    EXPECT_EQ(code.sizes(), batch_of(kFeatures, backbone->code_shape()));
    EXPECT_FALSE(at::allclose(code[0], code[1])) << "the encoder does not see it";
    const auto same = code.slice(0, 0, 1).repeat_interleave(2 * kFeatures, 0);  // two codes of each row
    const auto output = backbone->decode(same, step);
    EXPECT_EQ(output.sizes(), batch_of(2 * kFeatures, input_of(example)));
    EXPECT_TRUE(at::allclose(output[2], output[3]));
    EXPECT_FALSE(at::allclose(output[1], output[2])) << "the decoder does not see it";
    if (const auto filters = backbone->filters(); filters.defined()) {
      EXPECT_EQ(filters.sizes(), make_backbone(example)->filters().sizes());
    }
    std::int64_t parameters = 0;
    for (const auto& layer : backbone->layers()) parameters += layer.parameters;
    EXPECT_EQ(parameters, parameter_count(*backbone));
  });
  EXPECT_GT(made, 0);
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
    const auto one = x.slice(0, 2, 3);
    const auto together = backbone->decode(backbone->encode(x, {}), step_of(*backbone, x));
    const auto alone = backbone->decode(backbone->encode(one, {}), step_of(*backbone, one));
    EXPECT_TRUE(at::allclose(together.slice(0, 2, 3), alone));
    auto step = some_step();  // in training they may be coupled, if it says so
    step.rows = at::arange(5);
    const auto trained = backbone->encode(x, step).slice(0, 2, 3);
    step.rows = step.rows.slice(0, 2, 3);
    EXPECT_NE(at::allclose(backbone->encode(x.slice(0, 2, 3), step), trained), backbone->couples_rows());
  });
}

TEST(EveryBackbone, HasTheGradientsOfItsValues) {
  for_each_example<Backbone>([](const Choice<Backbone>& example) {
    const auto backbone = make_backbone(example);
    backbone->to(at::kDouble);
    shake(*backbone);
    const auto x = normal(batch_of(2, input_of(example))).requires_grad_();
    const auto weights = normal(batch_of(2, target_of(*backbone, example)), 1);
    auto leaves = backbone->parameters();
    leaves.push_back(x);
    const auto value = [&] {
      return (backbone->decode(backbone->encode(x, {}), step_of(*backbone, x)) * weights).sum();
    };
    EXPECT_LT(gradient_error(value, leaves), kGradientTolerance);
  });
}

TEST(EveryBackbone, TakesInputsOfAnotherRankIfItDeclaresThatAndRefusesThemOtherwise) {
  for_each_example<Backbone>([](const Choice<Backbone>& example) {
    for (const Shape& input : {Shape{10}, Shape{2, 12}, Shape{1, 8, 8}, Shape{1, 4, 4, 4}}) {
      if (input.size() == input_of(example).size()) continue;
      SCOPED_TRACE(to_string(input));
      const BackboneContext context{.input = input, .default_code = 3, .seed = 0};
      if (!example.can(capability::takes_any_rank)) {
        EXPECT_SAYS(message_of<Error>([&] { example.make(context); }),
                    "the data have shape [" + in_list(input) + "]");
        continue;
      }
      const auto backbone = example.make(context);
      const auto code = backbone->encode(at::rand(batch_of(2, input)), {});
      EXPECT_EQ(backbone->decode(code, {}).sizes(), batch_of(2, input));
    }
  });
}

}  // namespace
}  // namespace aelab
