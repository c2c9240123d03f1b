#include "aelab/nn/jacobian.h"

#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/penalties.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// Calls `test` with every activation.
template <class Test>
void for_each_activation(Test test) {
  const auto all = names(Activation{});
  for (std::size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(std::string(all[i]));
    test(static_cast<Activation>(i));
  }
}

TEST(Slope, OfEveryActivationIsAutogradsAndSoIsItsSlope) {
  // Far out, where softplus turns linear, and both sides of zero, where most have their kink.
  const auto places = at::cat({at::linspace(-25, 25, 101), at::tensor({-1e-3, 1e-3})});
  for_each_activation([&](Activation activation) {
    const auto x = places.to(at::kDouble).requires_grad_();
    const auto y = activate(activation, x);
    const auto expected = torch::autograd::grad({y.sum()}, {x}, {}, true, true, true).front();
    const auto given = slope(activation, x, y);
    EXPECT_TRUE(at::allclose(given, expected, 0, 1e-8));
    const auto second = [&](const Tensor& first) {
      if (!first.requires_grad()) return at::zeros_like(x);
      const auto found = torch::autograd::grad({first.sum()}, {x}, {}, true, false, true).front();
      return found.defined() ? found : at::zeros_like(x);
    };
    const auto within = (x.abs() < 19) * (x != 0);  // softplus: PyTorch's is linear beyond 20; elu: the kink
    EXPECT_TRUE(at::allclose(second(given) * within, second(expected) * within, 0, 1e-8));
    const auto coarse = x.detach().to(at::kFloat);
    EXPECT_TRUE(at::allclose(slope(activation, coarse, activate(activation, coarse)),
                             expected.detach().to(at::kFloat), 1e-5, 1e-6));
  });
}

/// An encoder with random weights and biases.
struct Encoder {
  std::shared_ptr<Backbone> backbone;
  std::shared_ptr<Bottleneck> bottleneck;
  BernoulliLikelihood likelihood{{}};

  Encoder(const Choice<Backbone>& backbone_config, const Choice<Bottleneck>& bottleneck_config,
          const BackboneContext& context, at::ScalarType type)
      : backbone(backbone_config.make(context)), bottleneck(bottleneck_config.make()) {
    bottleneck->build(backbone->code_shape(), /*seed=*/0);
    shake(*backbone, 0.3);
    backbone->to(type);
  }

  Parts parts() const { return {*backbone, *bottleneck, likelihood}; }
  Pass pass(const Tensor& x) const {
    Pass pass;
    pass.input = x.detach().clone().requires_grad_();
    pass.pre_code = backbone->encode(pass.input, {});
    pass.code = bottleneck->read(pass.pre_code, {});
    return pass;
  }
};

/// Calls `test` with encoders of one, two and three dense layers and a convolutional one, each with every
/// activation, whole codes and k-sparse ones; and two batches of inputs for it.
template <class Test>
void for_each_encoder(at::ScalarType type, Test test) {
  const auto call = [&](const Choice<Backbone>& backbone, const Choice<Bottleneck>& bottleneck,
                        const BackboneContext& context) {
    SCOPED_TRACE(backbone.kind() + ", " + bottleneck.kind());
    auto sizes = context.input;
    sizes.insert(sizes.begin(), 3);
    auto random = fixed_generator();
    const auto x = at::empty(sizes).normal_(0, 1, random), y = at::empty(sizes).normal_(0, 1, random);
    test(Encoder(backbone, bottleneck, context, type), x.to(type), y.to(type));
  };
  for_each_activation([&](Activation activation) {
    const Choice<Bottleneck> bottlenecks[] = {DeterministicBottleneck::Config{.activation = activation},
                                              KSparseBottleneck::Config{.k = 2, .activation = activation}};
    for (const auto& bottleneck : bottlenecks) {
      for (const auto& hidden : std::vector<std::vector<std::int64_t>>{{}, {7}, {7, 6}})
        call(DenseBackbone::Config{.hidden = hidden, .activation = activation}, bottleneck,
             {.input = {5}, .code = 4, .seed = 3});
      call(ConvolutionalBackbone::Config{.encoder = {{.conv = 2, .activation = activation},
                                                     {.pool = Pooling::max},
                                                     {.conv = 2, .kernel = 2, .padding = Padding::valid}},
                                         .decoder = {{.upsample = 4}, {.conv = 1}}},
           bottleneck, {.input = {1, 4, 4}, .code = {}, .seed = 3});
    }
  });
}

/// J by autograd, one number of the code after the other: [batch, code, input].
Tensor full_jacobian(const Encoder& encoder, const Tensor& x) {
  const auto pass = encoder.pass(x);
  std::vector<Tensor> rows;
  for (const auto& number : pass.code.flatten(1).unbind(1))
    rows.push_back(torch::autograd::grad({number.sum()}, {pass.input}, {}, true).front().flatten(1));
  return at::stack(rows, 1);
}

constexpr std::pair<at::ScalarType, double> kPrecisions[] = {{at::kDouble, 1e-10}, {at::kFloat, 1e-5}};

/// The largest difference, relative to the largest number expected.
double relative_error(const Tensor& given, const Tensor& expected) {
  const auto scale = expected.abs().max().clamp_min(1e-3);
  return ((given - expected).abs().max() / scale).item<double>();
}

TEST(Jacobian, IsAutogradsForEveryEncoder) {
  for (const auto& [type, tolerance] : kPrecisions)
    for_each_encoder(type, [&](const Encoder& encoder, const Tensor& x, const Tensor&) {
      const auto j = jacobian(encoder.parts(), x);
      EXPECT_FALSE(j.requires_grad());
      ASSERT_EQ(j.sizes(), (at::IntArrayRef{3, elements(encoder.backbone->code_shape()), x[0].numel()}));
      EXPECT_LT(relative_error(j, full_jacobian(encoder, x)), tolerance);
    });
}

TEST(Jacobian, IsTheSameInInferenceMode) {
  for_each_encoder(at::kFloat, [&](const Encoder& encoder, const Tensor& x, const Tensor&) {
    const auto outside = jacobian(encoder.parts(), x);
    const c10::InferenceMode inference;
    EXPECT_TRUE(same_bits(jacobian(encoder.parts(), x * 1), outside));
    EXPECT_FALSE(at::GradMode::is_enabled());
  });
}

TEST(Jacobian, SquaredNormAndDistanceAreThoseOfTheFullMatrix) {
  for (const auto& [type, tolerance] : kPrecisions)
    for_each_encoder(type, [&](const Encoder& encoder, const Tensor& x, const Tensor& y) {
      const auto at_x = full_jacobian(encoder, x), at_y = full_jacobian(encoder, y);
      const auto norm = squared_jacobian_norm(encoder.pass(x), encoder.parts());
      EXPECT_LT(relative_error(norm, at_x.square().sum({1, 2})), tolerance);
      const auto distance = squared_jacobian_distance(encoder.pass(x), encoder.pass(y), encoder.parts());
      const auto expected = (at_x - at_y).square().sum({1, 2});
      EXPECT_LT(relative_error(distance, expected), tolerance);
    });
}

TEST(Jacobian, GradientsAreThoseOfFiniteDifferences) {
  for_each_encoder(at::kDouble, [](const Encoder& encoder, const Tensor& x, const Tensor& y) {
    const auto norm = [&] { return squared_jacobian_norm(encoder.pass(x), encoder.parts()).sum(); };
    const auto distance = [&] {
      return squared_jacobian_distance(encoder.pass(x), encoder.pass(y), encoder.parts()).sum();
    };
    EXPECT_LT(gradient_error(norm, encoder.backbone->parameters()), 1e-6);
    EXPECT_LT(gradient_error(distance, encoder.backbone->parameters()), 1e-6);
  });
}

TEST(Jacobian, ClosedFormIsTheOneOfThePaper) {
  // One sigmoid layer, code (.5, .5) at zero weights' input: slopes .25, sum_j .0625 |W_j|^2.
  Encoder encoder(DenseBackbone::Config{.bias = false},
                  DeterministicBottleneck::Config{.activation = Activation::sigmoid},
                  {.input = {3}, .code = 2, .seed = 0}, at::kDouble);
  {
    const at::NoGradGuard no_grad;
    encoder.backbone->named_parameters()["encoder_0.weight"].copy_(
        at::tensor({1.0, 2.0, 2.0, 0.0, 3.0, 4.0}).view({2, 3}));
  }
  const auto norm = squared_jacobian_norm(encoder.pass(at::zeros({1, 3}, at::kDouble)), encoder.parts());
  EXPECT_NEAR(norm.item<double>(), 0.0625 * (9 + 25), 1e-12);
}

TEST(Jacobian, EstimateIsUnbiased) {
  constexpr std::int64_t kDirections = 3000;
  const DenseBackbone::Config dense{.hidden = {7}, .activation = Activation::tanh};
  const Encoder encoder(dense, DeterministicBottleneck::Config{.activation = Activation::sigmoid},
                        {.input = {5}, .code = 4, .seed = 3}, at::kDouble);
  auto random = fixed_generator();
  const auto x = at::empty({3, 5}, at::kDouble).normal_(0, 1, random);
  const auto j = full_jacobian(encoder, x);
  const auto gram = at::matmul(j, j.transpose(1, 2));
  // v^T G v of random signs v has the mean tr G and the variance 2 sum_{i != k} G_ik^2.
  const auto variance = 2 * (gram.square().sum({1, 2}) - gram.diagonal(0, 1, 2).square().sum(1));
  const auto estimate =
      estimated_jacobian_norm(encoder.pass(x), kDirections, encoder.parts(), Step{.seed = 1});
  const auto error = (estimate - j.square().sum({1, 2})).abs();
  EXPECT_TRUE((error < 4 * (variance / kDirections).sqrt()).all().item<bool>());
  EXPECT_TRUE(same_bits(estimated_jacobian_norm(encoder.pass(x), 5, encoder.parts(), Step{.seed = 1}),
                        estimated_jacobian_norm(encoder.pass(x), 5, encoder.parts(), Step{.seed = 1})));
  const auto norm = [&] {
    return estimated_jacobian_norm(encoder.pass(x), 2, encoder.parts(), Step{.seed = 1}).sum();
  };
  EXPECT_LT(gradient_error(norm, encoder.backbone->parameters()), 1e-6);
}

TEST(Jacobian, MethodFollowsTheBackbone) {
  const BackboneContext context{.input = {1, 4, 4}, .default_code = 2, .seed = 0};
  const auto method = [&](const Choice<Backbone>& backbone) {
    const Encoder encoder(backbone, DeterministicBottleneck::Config{}, context, at::kFloat);
    return exact_jacobian_method(encoder.parts());
  };
  EXPECT_EQ(method(DenseBackbone::Config{}), JacobianMethod::closed_form);
  EXPECT_EQ(method(DenseBackbone::Config{.hidden = {3}}), JacobianMethod::propagation);
  EXPECT_EQ(method(ConvolutionalBackbone::Config{.encoder = {{.conv = 1}}, .decoder = {{.conv = 1}}}),
            JacobianMethod::autograd);
}

TEST(ContractiveHessian, IsTheMeanOverItsNoiseOfTheJacobiansChange) {
  // The Jacobian of relu(2 x) is 2 at x = .3, and 0 where noise of deviation .5 leads below zero: with the
  // probability of a normal number below -.6, .274253. Four standard deviations of the mean are allowed.
  const Encoder encoder(DenseBackbone::Config{},
                        DeterministicBottleneck::Config{.activation = Activation::relu},
                        {.input = {1}, .code = 1, .seed = 0}, at::kFloat);
  {
    const at::NoGradGuard no_grad;
    encoder.backbone->named_parameters()["encoder_0.weight"].fill_(2);
    encoder.backbone->named_parameters()["encoder_0.bias"].zero_();
  }
  constexpr std::int64_t kRows = 20'000;
  const auto pass = encoder.pass(at::full({kRows, 1}, 0.3));
  constexpr double p = 0.274253;
  for (const std::int64_t samples : {1, 3}) {
    const ContractiveHessianPenalty penalty({.level = 0.5, .samples = samples});
    const auto value = penalty.value(pass, encoder.parts(), Step{.seed = 1, .training = true});
    ASSERT_EQ(value.sizes(), (at::IntArrayRef{kRows}));
    EXPECT_NEAR(value.mean().item<double>(), 4 * p,
                4 * 4 * std::sqrt(p * (1 - p) / static_cast<double>(kRows * samples)));
  }
}

}  // namespace
}  // namespace aelab
