// The bounds of a linear Gaussian model, whose likelihood and lower bound are known in closed form.

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "aelab/models/autoencoder.h"
#include "aelab/nn/bounds.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/gaussian_bottleneck.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/penalties.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// Makes q(code | x) the Gaussian of the posterior's mean and variances, N(M^-1 W^T (x - b), diag(M^-1)) with
/// M = W^T W + I (Tipping & Bishop 1999), but for some noise in its weights.
void set_near_the_posterior(const Autoencoder& model, at::Generator random) {
  const auto parameters = model.named_parameters();
  const auto &w = parameters["backbone.decoder_0.weight"], &b = parameters["backbone.decoder_0.bias"];
  const auto inverse = (at::mm(w.t(), w) + at::eye(w.size(1), w.options())).inverse();
  const auto of_mean = at::mm(inverse, w.t());
  const auto noisy = [&](const Tensor& values) {
    return values + at::empty_like(values).normal_(0, 0.1, random);
  };
  parameters["backbone.encoder_0.weight"].copy_(noisy(at::cat({of_mean, at::zeros_like(of_mean)})));
  parameters["backbone.encoder_0.bias"].copy_(noisy(at::cat({-at::mv(of_mean, b), inverse.diag().log()})));
}

/// code ~ N(0, I), x ~ N(W code + b, I), and q(code | x) = N(A x + a, exp(B x + c)), with the same weights
/// whatever the bound.
std::shared_ptr<Autoencoder> linear_gaussian(const Choice<Bound>& bound, std::int64_t features = 4,
                                             std::int64_t code = 2,
                                             std::vector<Choice<Penalty>> penalties = {}) {
  const AutoencoderConfig parts{.code = code,
                                .backbone = DenseBackbone::Config{},
                                .bottleneck = GaussianBottleneck::Config{},
                                .likelihood = GaussianLikelihood::Config{},
                                .bound = bound,
                                .penalties = std::move(penalties)};
  auto model = std::make_shared<Autoencoder>(parts, Context({features}, /*model_seed=*/3));
  model->to(at::kDouble);
  const at::NoGradGuard no_grad;
  auto random = fixed_generator(5);
  for (auto& parameter : model->parameters())
    parameter.copy_(at::empty_like(parameter).normal_(0, 0.8, random));
  set_near_the_posterior(*model, random);
  return model;
}

Tensor weights_of(const Autoencoder& model, const std::string& name) {
  return model.named_parameters()["backbone." + name].detach();
}

Batch rows_of(std::int64_t count, std::int64_t features = 4) {
  auto random = fixed_generator(6);
  return {
      .inputs = at::empty({count, features}, at::kDouble).normal_(0, 1.5, random), .labels = {}, .rows = {}};
}

Step draw(std::int64_t number = 0) { return {.at = {.epoch = number}, .seed = 7, .training = true}; }

double loss_of(const Autoencoder& model, const Batch& batch, const Step& step = draw()) {
  const at::NoGradGuard no_grad;
  Pass pass;
  return model.loss(batch, step, pass).total().item<double>();
}

Choice<Bound> importance_weighted(std::int64_t samples, std::int64_t estimates = 1) {
  return ImportanceWeightedBound::Config{.samples = samples, .estimates = estimates};
}

Choice<Bound> doubly_reparameterized(std::int64_t samples, std::int64_t estimates = 1) {
  DoublyReparameterizedBound::Config config;
  config.samples = samples;
  config.estimates = estimates;
  return config;
}

/// -log p(x), averaged over rows and without the constant that the Gaussian likelihood leaves out: x has the
/// distribution N(b, W W^T + I) (Tipping & Bishop 1999).
double exact_cost(const Autoencoder& model, const Batch& batch) {
  const auto w = weights_of(model, "decoder_0.weight"), b = weights_of(model, "decoder_0.bias");
  const auto covariance = at::mm(w, w.t()) + at::eye(w.size(0), w.options());
  const auto centered = batch.inputs - b;
  const auto squared = (centered * at::mm(centered, covariance.inverse())).sum(1);
  return (0.5 * squared.mean() + 0.5 * covariance.logdet()).item<double>();
}

/// The expectation of the cost over q in closed form: that of the squared error, and the divergence.
double exact_mean_cost(const Autoencoder& model, const Batch& batch) {
  const auto w = weights_of(model, "decoder_0.weight"), b = weights_of(model, "decoder_0.bias");
  const auto given =
      at::addmm(weights_of(model, "encoder_0.bias"), batch.inputs, weights_of(model, "encoder_0.weight").t());
  const auto mean = given.narrow(1, 0, w.size(1)), log_variance = given.narrow(1, w.size(1), w.size(1));
  const auto error = (at::addmm(b, mean, w.t()) - batch.inputs).square().sum(1) +
                     at::mv(log_variance.exp(), w.square().sum(0));
  const auto divergence = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1);
  return (0.5 * (error + divergence)).mean().item<double>();
}

TEST(Bounds, OfTheMeanIsTheLowerBoundInClosedForm) {
  const auto model = linear_gaussian(MeanBound::Config{.samples = 20000});
  const auto batch = rows_of(7);
  const double exact = exact_mean_cost(*model, batch);
  EXPECT_NEAR(loss_of(*model, batch), exact, 0.02);
  // With one code of each row and its own divergence, the same in expectation.
  EXPECT_NEAR(loss_of(*linear_gaussian(importance_weighted(1, 20000)), batch), exact, 0.03);
  EXPECT_GT(exact, exact_cost(*model, batch));
}

TEST(Bounds, OfOneCodeIsItsCostWithItsOwnDivergence) {
  const auto model = linear_gaussian(importance_weighted(1));
  const auto batch = rows_of(7);
  Pass pass, of_mean;
  const auto terms = model->loss(batch, draw(), pass);
  linear_gaussian(MeanBound::Config{})->loss(batch, draw(), of_mean);
  EXPECT_TRUE(same_bits(pass.code, of_mean.code));
  const auto& bottleneck = model->parts().bottleneck;
  const auto error = 0.5 * (pass.output - batch.inputs).square().sum(1);
  const auto divergence = bottleneck.log_density(pass.code, pass.pre_code) - bottleneck.log_prior(pass.code);
  EXPECT_NEAR(terms.total().item<double>(), (error + divergence).mean().item<double>(), 1e-12);
}

TEST(Bounds, RiseWithTheNumberOfCodesToTheLikelihood) {
  // Each bound groups the same codes, so that it is above the one before by Jensen's inequality, not by
  // chance.
  constexpr std::int64_t kCodes = 16384;
  const auto batch = rows_of(7);
  const double exact = exact_cost(*linear_gaussian(MeanBound::Config{}), batch);
  std::vector<double> above;
  for (const std::int64_t samples : {std::int64_t{1}, std::int64_t{4}, std::int64_t{64}, kCodes}) {
    above.push_back(loss_of(*linear_gaussian(importance_weighted(samples, kCodes / samples)), batch) - exact);
    std::printf("%5ld samples: %.4f above the cost of the likelihood\n", static_cast<long>(samples),
                above.back());
  }
  EXPECT_TRUE(std::ranges::is_sorted(above, std::ranges::greater{}));
  EXPECT_GT(above[0], 0.05);
  EXPECT_LT(above[1], 0.7 * above[0]);
  EXPECT_NEAR(above[3], 0, 0.01);
}

TEST(Bounds, LossIsNotTheSumOfItsTermsAndValidationDrawsAsMany) {
  const auto model = linear_gaussian(importance_weighted(4));
  const auto batch = rows_of(5);
  auto outside = draw();
  outside.training = false;
  for (const auto& step : {draw(), outside}) {
    Pass pass;
    const auto terms = model->loss(batch, step, pass);
    EXPECT_EQ(pass.samples, 4);
    ASSERT_EQ(terms.all()[0].rows.sizes(), at::IntArrayRef{20});
    const auto weights = (-terms.all()[0].rows - terms.all()[1].rows).view({5, 4}).exp();
    EXPECT_NEAR(terms.total().item<double>(), -weights.mean(1).log().mean().item<double>(), 1e-10);
    EXPECT_LT(terms.total().item<double>(),
              (terms.all()[0].value + terms.all()[1].value).item<double>() - 1e-3);
  }
}

/// The gradients of the loss for the encoder's parameters and for the decoder's, flat.
std::pair<Tensor, Tensor> gradients_of(const Autoencoder& model, const Batch& batch, const Step& step) {
  Pass pass;
  const auto total = model.loss(batch, step, pass).total();
  std::vector<Tensor> flat;
  for (const std::string network : {"encoder", "decoder"}) {
    std::vector<Tensor> parameters;
    for (const auto& [name, parameter] : parameters_of(model))
      if (name.starts_with("backbone." + network)) parameters.push_back(parameter);
    std::vector<Tensor> parts;
    for (const auto& gradient : torch::autograd::grad({total}, parameters, {}, /*retain_graph=*/true))
      parts.push_back(gradient.flatten());
    flat.push_back(at::cat(parts));
  }
  return {flat[0], flat[1]};
}

TEST(DoublyReparameterized, HasTheGradientOfTheBoundInExpectationAndLessNoise) {
  constexpr std::int64_t kDraws = 1000;
  for (const std::int64_t estimates : {1, 2}) {
    const auto plain = linear_gaussian(importance_weighted(4, estimates)),
               doubly = linear_gaussian(doubly_reparameterized(4, estimates));
    const auto batch = rows_of(3);
    std::vector<Tensor> of_plain, of_doubly;
    for (std::int64_t i = 0; i < kDraws; ++i) {
      const auto [encoder, decoder] = gradients_of(*plain, batch, draw(i));
      const auto [other_encoder, other_decoder] = gradients_of(*doubly, batch, draw(i));
      ASSERT_TRUE(at::allclose(decoder, other_decoder, 1e-9, 1e-12));
      of_plain.push_back(encoder);
      of_doubly.push_back(other_encoder);
    }
    EXPECT_EQ(loss_of(*plain, batch), loss_of(*doubly, batch));
    const auto difference = at::stack(of_doubly) - at::stack(of_plain);
    const auto errors = difference.mean(0) / (difference.std(0) / std::sqrt(static_cast<double>(kDraws)));
    EXPECT_LT(errors.abs().max().item<double>(), 4.5);
    const auto noise = [](const std::vector<Tensor>& gradients) {
      return at::stack(gradients).var(0).sum().item<double>();
    };
    std::printf("variance of the encoder's gradient: %.4f, doubly reparameterized %.4f\n", noise(of_plain),
                noise(of_doubly));
    EXPECT_LT(noise(of_doubly), noise(of_plain));
  }
}

TEST(DoublyReparameterized, IsTheSumOfSquaredWeightsTimesTheDerivativesByTheCodes) {
  constexpr std::int64_t kRows = 2, kSamples = 3;
  const auto model = linear_gaussian(doubly_reparameterized(kSamples), /*features=*/1, /*code=*/1);
  const auto batch = rows_of(kRows, 1);
  Pass pass;
  const auto terms = model->loss(batch, draw(), pass);
  const auto gradient =
      torch::autograd::grad({terms.total()}, {model->named_parameters()["backbone.encoder_0.bias"]}).front();
  const double a = weights_of(*model, "decoder_0.weight").item<double>(),
               b = weights_of(*model, "decoder_0.bias").item<double>();
  double of_mean = 0, of_log_variance = 0;
  for (std::int64_t i = 0; i < kRows; ++i) {
    const double x = batch.inputs[i].item<double>(), mean = pass.pre_code[i][0].item<double>(),
                 variance = std::exp(pass.pre_code[i][1].item<double>());
    double codes[kSamples], weights[kSamples], sum = 0;
    for (std::int64_t k = 0; k < kSamples; ++k) {
      const double z = codes[k] = pass.code[i * kSamples + k].item<double>();
      weights[k] = std::exp(-(x - a * z - b) * (x - a * z - b) / 2 - z * z / 2) /
                   (std::exp(-(z - mean) * (z - mean) / (2 * variance)) / std::sqrt(variance));
      sum += weights[k];
    }
    for (std::int64_t k = 0; k < kSamples; ++k) {
      const double z = codes[k], squared = (weights[k] / sum) * (weights[k] / sum);
      const double by_code = a * (x - a * z - b) - z + (z - mean) / variance;  // of the log weight
      of_mean -= squared * by_code / kRows;
      of_log_variance -= squared * by_code * (z - mean) / 2 / kRows;
    }
  }
  EXPECT_NEAR(gradient[0].item<double>(), of_mean, 1e-10);
  EXPECT_NEAR(gradient[1].item<double>(), of_log_variance, 1e-10);
}

TEST(DoublyReparameterized, LeavesTheGradientsOfPenaltiesAlone) {
  const auto batch = rows_of(3);
  const auto bound = doubly_reparameterized(4);
  const auto without = gradients_of(*linear_gaussian(bound), batch, draw()).first;
  const auto model = linear_gaussian(bound, 4, 2, {L1Penalty::Config{.weight = 0.3}});
  const auto with = gradients_of(*model, batch, draw()).first;
  Pass pass;  // the same codes under a bound that leaves gradients alone
  const auto plain = linear_gaussian(MeanBound::Config{.samples = 4});
  plain->loss(batch, draw(), pass);
  const auto l1 = pass.code.abs().sum(1).mean();
  std::vector<Tensor> encoder = {plain->named_parameters()["backbone.encoder_0.weight"],
                                 plain->named_parameters()["backbone.encoder_0.bias"]};
  const auto alone = torch::autograd::grad({l1}, encoder);
  EXPECT_TRUE(
      at::allclose(with - without, 0.3 * at::cat({alone[0].flatten(), alone[1].flatten()}), 1e-9, 1e-12));
}

TEST(Bounds, AreRefusedWithABottleneckThatLacksWhatTheyNeed) {
  const auto refusal = [](const Choice<Bound>& bound) {
    return message_of<Error>(
        [&] { Autoencoder({.code = 2, .backbone = DenseBackbone::Config{}, .bound = bound}, Shape{4}); });
  };
  EXPECT_SAYS(refusal(importance_weighted(5)),
              "bound: importance-weighted needs several codes of each row, drawn at random, but the "
              "bottleneck deterministic has none: choose one that has, such as \"gaussian\"");
  EXPECT_SAYS(refusal(MeanBound::Config{.samples = 2}), "bound: mean needs several codes of each row");
  EXPECT_SAYS(refusal(importance_weighted(1)), "bound: importance-weighted needs codes with a density");
  EXPECT_EQ(refusal(MeanBound::Config{}), "nothing was thrown");
}

TEST(Autoencoder, GivesALikelihoodTheOutputsThatItNeeds) {
  const AutoencoderConfig parts{.code = 2,
                                .backbone = DenseBackbone::Config{.hidden = {5}},
                                .likelihood = HeteroscedasticLikelihood::Config{}};
  const Autoencoder model(parts, Shape{4});
  const auto x = at::rand({3, 4});
  Pass pass;
  model.loss({.inputs = x, .labels = {}, .rows = {}}, draw(), pass);
  EXPECT_EQ(pass.output.sizes(), (at::IntArrayRef{3, 8}));
  EXPECT_EQ(model.reconstruct(x).sizes(), x.sizes());
  EXPECT_EQ(model.parts().backbone.layers().back().output, Shape{8});
  auto tied = parts;
  tied.backbone = DenseBackbone::Config{.tied = true};
  EXPECT_SAYS(message_of<Error>([&] { Autoencoder(tied, Shape{4}); }),
              "backbone.tied: the likelihood needs outputs of shape");
}

}  // namespace
}  // namespace aelab
