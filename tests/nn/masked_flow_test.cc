// Masked networks and the flows that are made of them, against autograd's Jacobians and closed forms.

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "aelab/nn/flow_prior.h"
#include "aelab/nn/optimizers.h"
#include "aelab/nn/posteriors.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Tensor normal_doubles(at::IntArrayRef shape, std::int64_t seed = 0) {
  auto random = fixed_generator(seed);
  return at::empty(shape, at::kDouble).normal_(0, 1, random);
}

/// d y / d x of one row each, [outputs, inputs].
Tensor jacobian_of(const Tensor& y, const Tensor& x) {
  std::vector<Tensor> rows;
  const auto flat = y.flatten();
  for (std::int64_t i = 0; i < flat.numel(); ++i) {
    const auto row =
        torch::autograd::grad({flat[i]}, {x}, {}, /*retain_graph=*/true, false, /*allow_unused=*/true)
            .front();
    rows.push_back(row.defined() ? row.flatten() : at::zeros({x.numel()}, x.options()));
  }
  return at::stack(rows);
}

template <class Module>
void shake_doubles(Module& module, double deviation = 0.3) {
  module.to(at::kDouble);
  shake(module, deviation);
}

TEST(MaskedNetwork, HasOutputsThatDependOnTheFeaturesBeforeAlone) {
  constexpr std::int64_t kFeatures = 5, kOutputs = 2;
  for (const std::int64_t context : {0, 3})
    for (const auto& hidden : std::vector<std::vector<std::int64_t>>{{16}, {16, 13}, {2}, {}}) {
      Initializer initializer(1);
      MaskedNetwork network(
          {.features = kFeatures, .context = context, .hidden = hidden, .outputs = kOutputs},
          Activation::tanh, initializer);
      shake_doubles(network);
      const auto x = normal_doubles({1, kFeatures}).requires_grad_();
      const auto given = context ? normal_doubles({1, context}, 1).requires_grad_() : Tensor();
      const auto y = network.forward(x, given);
      ASSERT_EQ(y.sizes(), (at::IntArrayRef{1, kOutputs, kFeatures}));
      const auto before = at::ones({kFeatures, kFeatures}, at::kBool).tril(-1).repeat({kOutputs, 1});
      EXPECT_TRUE(at::equal(jacobian_of(y, x) != 0, before));
      EXPECT_TRUE(!context || (jacobian_of(y, given) != 0).all().item<bool>());
    }
}

TEST(MaskedNetwork, TakesFeaturesOfSeveralNumbers) {
  constexpr std::int64_t kFeatures = 4, kInputs = 3, kOutputs = 2;
  for (const std::int64_t context : {0, 2}) {
    Initializer initializer(1);
    MaskedNetwork network(
        {.features = kFeatures, .context = context, .hidden = {16}, .outputs = kOutputs, .inputs = kInputs},
        Activation::tanh, initializer);
    shake_doubles(network);
    const auto x = normal_doubles({1, kFeatures * kInputs}).requires_grad_();
    const auto y = network.forward(x, context ? normal_doubles({1, context}, 1) : Tensor());
    const auto before = at::ones({kFeatures, kFeatures}, at::kBool).tril(-1).repeat_interleave(kInputs, 1);
    EXPECT_TRUE(at::equal(jacobian_of(y, x) != 0, before.repeat({kOutputs, 1})));
  }
}

TEST(MaskedNetwork, LeadsThroughItsHiddenLayersToo) {
  // Where the direct weights are zero, wide layers lead from each feature to all after it.
  for (const std::int64_t context : {0, 2}) {
    Initializer initializer(1);
    MaskedNetwork network({.features = 4, .context = context, .hidden = {12, 9}}, Activation::tanh,
                          initializer);
    shake_doubles(network);
    const at::NoGradGuard no_grad;
    network.named_parameters()["direct.weight"].zero_();
    const at::AutoGradMode grad(true);
    const auto x = normal_doubles({1, 4}).requires_grad_();
    const auto given = context ? normal_doubles({1, context}, 1).requires_grad_() : Tensor();
    const auto y = network.forward(x, given);
    EXPECT_TRUE(at::equal(jacobian_of(y, x) != 0, at::ones({4, 4}, at::kBool).tril(-1)));
    EXPECT_TRUE(!context || (jacobian_of(y, given) != 0).all().item<bool>());
  }
}

TEST(MaskedNetwork, IsZeroUntilItIsTrained) {
  Initializer initializer(1);
  const MaskedNetwork network({.features = 3, .hidden = {5}}, Activation::relu, initializer);
  EXPECT_EQ(network.forward(at::ones({2, 3})).abs().max().item<float>(), 0);
}

std::shared_ptr<MaskedFlow> shaken_flow(std::int64_t features, std::int64_t context,
                                        std::int64_t layers = 3) {
  Initializer initializer(2);
  const auto flow = std::make_shared<MaskedFlow>(MaskedFlowConfig{.layers = layers, .hidden = {7}}, features,
                                                 context, initializer);
  shake_doubles(*flow);
  return flow;
}

TEST(MaskedFlow, HasTheLogDeterminantOfItsJacobian) {
  for (const std::int64_t features : {1, 2, 5})
    for (const std::int64_t context : {0, 3}) {
      const auto flow = shaken_flow(features, context);
      for (std::int64_t row = 0; row < 4; ++row) {
        const auto x = normal_doubles({1, features}, row).requires_grad_();
        const auto given = context ? normal_doubles({1, context}, 10 + row) : Tensor();
        const auto [y, log_determinant] = flow->forward(x, given);
        const auto expected = std::get<1>(at::linalg_slogdet(jacobian_of(y, x)));
        EXPECT_NEAR(log_determinant.item<double>(), expected.item<double>(), 1e-10);
      }
    }
}

TEST(MaskedFlow, IsInvertedFeatureByFeature) {
  for (const std::int64_t features : {1, 2, 6})
    for (const std::int64_t context : {0, 3}) {
      const auto flow = shaken_flow(features, context, /*layers=*/4);
      const auto x = normal_doubles({9, features}), given = context ? normal_doubles({9, context}, 1) : x;
      const auto context_or_none = context ? given : Tensor();
      const auto y = flow->forward(x, context_or_none).values;
      EXPECT_TRUE(at::allclose(flow->inverse(y, context_or_none), x, 1e-9, 1e-9));
      EXPECT_FALSE(at::allclose(y, x, 0.1, 0.1));
    }
}

TEST(MaskedFlow, TakesDimensionsInBothOrders) {
  // Of one layer the first feature is moved by nothing else, of two layers each by all.
  const auto dependence = [](std::int64_t layers) {
    const auto x = normal_doubles({1, 4}).requires_grad_();
    return (jacobian_of(shaken_flow(4, 0, layers)->forward(x).values, x) != 0).to(at::kLong).sum();
  };
  EXPECT_EQ(dependence(1).item<std::int64_t>(), 10);
  EXPECT_EQ(dependence(2).item<std::int64_t>(), 16);
}

TEST(MaskedFlow, IsTheIdentityUntilItIsTrained) {
  Initializer initializer(2);
  const MaskedFlow flow({}, 4, 2, initializer);
  const auto x = at::randn({3, 4});
  const auto [y, log_determinant] = flow.forward(x, at::randn({3, 2}));
  EXPECT_TRUE(at::equal(y, x));
  EXPECT_EQ(log_determinant.abs().max().item<float>(), 0);
}

// --- What they learn ---

constexpr double kCorrelation = 0.9;

/// Draws of a Gaussian of two dimensions with unit variances and this correlation, and the logarithm of its
/// density.
Tensor correlated(const Tensor& noise) {
  const double rest = std::sqrt(1 - kCorrelation * kCorrelation);
  const auto first = noise.select(1, 0);
  return at::stack({first, kCorrelation * first + rest * noise.select(1, 1)}, 1);
}

Tensor log_correlated(const Tensor& x) {
  const double rest = 1 - kCorrelation * kCorrelation;
  const auto a = x.select(1, 0), b = x.select(1, 1);
  return -(a.square() - 2 * kCorrelation * a * b + b.square()) / (2 * rest) - std::log(2 * M_PI) -
         0.5 * std::log(rest);
}

/// Minimizes the loss of a step.
void minimize(torch::nn::Module& module, std::int64_t steps,
              const std::function<Tensor(std::int64_t)>& loss) {
  NamedTensors named;
  for (const auto& item : module.named_parameters()) named.emplace_back(item.key(), item.value());
  const auto adam = Choice<Optimizer>(Adam::Config{.learning_rate = 0.01}).make(named);
  for (std::int64_t step = 0; step < steps; ++step)
    adam->step(
        [&] {
          const auto value = loss(step);
          auto gradients = torch::autograd::grad({value}, module.parameters(), {}, std::nullopt, false,
                                                 /*allow_unused=*/true);
          for (std::size_t i = 0; i < gradients.size(); ++i)
            if (!gradients[i].defined()) gradients[i] = at::zeros_like(named[i].second);
          return Evaluation{.loss = value.detach(), .gradients = gradients};
        },
        Step{.training = true, .in_phase = step, .phase_steps = steps});
}

TEST(FlowPrior, BeginsAsANormalDistributionAndLearnsACorrelatedOne) {
  FlowPrior prior({.flow = {.layers = 2, .hidden = {8}}});
  prior.build({2}, /*seed=*/1, {});
  const auto test = correlated(normal_doubles({20000, 2}, 99)).to(at::kFloat);
  EXPECT_TRUE(at::allclose(prior.log_density(test), log_standard_normal(test)));
  minimize(prior, 400, [&](std::int64_t step) {
    return -prior.log_density(correlated(normal_doubles({256, 2}, step)).to(at::kFloat)).mean();
  });
  // Whose KL divergence from N(0, I) is 0.83.
  const auto lost = (log_correlated(test) - prior.log_density(test)).mean().item<double>();
  EXPECT_GT(lost, -1e-3);
  EXPECT_LT(lost, 0.02);
  const auto drawn = prior.sample_like(at::empty({20000, 2}), Noise(5, 0));
  EXPECT_NEAR(at::corrcoef(drawn.t())[0][1].item<double>(), kCorrelation, 0.02);
}

TEST(FlowPrior, TakesCodesOfAnyShape) {
  FlowPrior prior({.flow = {.layers = 2, .hidden = {8}}});
  prior.build({2, 2, 3}, /*seed=*/1, {});
  shake(prior);
  const auto drawn = prior.sample_like(at::empty({4, 2, 2, 3}), Noise(5, 0));
  ASSERT_EQ(drawn.sizes(), (at::IntArrayRef{4, 2, 2, 3}));
  EXPECT_EQ(prior.log_density(drawn).sizes(), at::IntArrayRef{4});
}

Pass drawn_by(const Posterior& posterior, const Tensor& pre_code, std::int64_t samples, std::int64_t seed) {
  Pass pass;
  pass.pre_code = pre_code;
  pass.samples = samples;
  posterior.draw(pass, Noise(seed, 0));
  return pass;
}

TEST(InverseAutoregressive, KnowsTheDensityOfItsDrawsInOnePass) {
  for (const Shape& code : {Shape{5}, Shape{1}, Shape{2, 2, 3}}) {
    InverseAutoregressivePosterior posterior({.flow = {.layers = 3, .hidden = {8}}});
    posterior.build(code, /*seed=*/1);
    shake_doubles(posterior);
    at::DimVector shape = {3};
    shape.append(code.begin(), code.end());
    shape[1] *= posterior.outputs();
    const auto pre_code = normal_doubles(shape);
    const auto pass = drawn_by(posterior, pre_code, /*samples=*/4, /*seed=*/2);
    const auto again = posterior.log_density(pass.code, pre_code);
    ASSERT_EQ(again.sizes(), at::IntArrayRef{12});
    EXPECT_TRUE(at::allclose(pass.extras.at("log_density"), again, 1e-8, 1e-8));
    // The context counts: another one has another density for the same codes.
    auto other = pre_code.clone();
    other.narrow(1, 2 * code.front(), code.front()).add_(1);
    EXPECT_FALSE(at::allclose(posterior.log_density(pass.code, other), again, 0.01, 0.01));
  }
}

TEST(InverseAutoregressive, BeginsAsTheDiagonalGaussian) {
  InverseAutoregressivePosterior flow({.flow = {.layers = 2, .hidden = {8}}});
  flow.build({3}, /*seed=*/1);
  const DiagonalPosterior diagonal({});
  const auto pre_code = normal_doubles({4, 9}).to(at::kFloat);
  const auto by_flow = drawn_by(flow, pre_code, 2, 1),
             by_diagonal = drawn_by(diagonal, pre_code.narrow(1, 0, 6), 2, 1);
  EXPECT_TRUE(at::equal(by_flow.code, by_diagonal.code));
  EXPECT_TRUE(at::equal(flow.read(pre_code), diagonal.read(pre_code.narrow(1, 0, 6))));
  EXPECT_TRUE(at::allclose(by_flow.extras.at("log_density"),
                           diagonal.log_density(by_diagonal.code, pre_code.narrow(1, 0, 6)), 1e-4, 1e-4));
}

TEST(InverseAutoregressive, ReachesACorrelatedGaussianWhereADiagonalOneCannot) {
  // The best diagonal one has a divergence of -log(1 - correlation^2) / 2 = 0.83 nats.
  class Learned : public torch::nn::Module {
   public:
    explicit Learned(std::shared_ptr<Posterior> of) : posterior(std::move(of)) {
      posterior->build({2}, /*seed=*/1);
      register_module("posterior", posterior);
      pre_code = register_parameter("pre_code", at::zeros({1, 2 * posterior->outputs()}));
    }
    Tensor divergence(std::int64_t samples, std::int64_t seed) const {
      const auto pass = drawn_by(*posterior, pre_code, samples, seed);
      return (posterior->log_density(pass.code, pre_code) - log_correlated(pass.code)).mean();
    }
    std::shared_ptr<Posterior> posterior;
    Tensor pre_code;
  };
  const auto reached = [](Choice<Posterior> posterior) {
    Learned learned(posterior.make());
    minimize(learned, 400, [&](std::int64_t step) { return learned.divergence(256, step); });
    const at::NoGradGuard no_grad;
    return learned.divergence(20000, 1000).item<double>();
  };
  EXPECT_NEAR(reached(DiagonalPosterior::Config{}), -0.5 * std::log(1 - kCorrelation * kCorrelation), 0.03);
  EXPECT_LT(reached(InverseAutoregressivePosterior::Config{.flow = {.layers = 2, .hidden = {8}}}), 0.02);
}

}  // namespace
}  // namespace aelab
