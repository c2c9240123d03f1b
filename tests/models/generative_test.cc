// The objectives of generative autoencoders, against sums by hand and closed forms.

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "aelab/core/config.h"
#include "aelab/models/adversarial.h"
#include "aelab/models/beta_tc.h"
#include "aelab/models/factor_vae.h"
#include "aelab/models/info_vae.h"
#include "aelab/models/iwae.h"
#include "aelab/models/rae.h"
#include "aelab/models/vae.h"
#include "aelab/models/wae.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/priors.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

constexpr std::int64_t kRows = 6;

Batch some_rows(std::int64_t rows = kRows) {
  auto random = fixed_generator(2);
  return {.inputs = at::empty({rows, 5}, at::kDouble).uniform_(0, 1, random),
          .labels = {},
          .rows = at::arange(rows)};
}

/// Where in training a batch is; `rows` of a set of 50.
Step in_training(std::int64_t rows = kRows) {
  return {.at = {.epoch = 1, .batch = 2},
          .seed = 4,
          .training = true,
          .in_phase = 10,
          .phase_steps = 100,
          .scope = {},
          .set_size = 50,
          .rows = at::arange(rows)};
}

template <class Model, class Config = typename Model::Config>
std::shared_ptr<Model> made(Config config) {
  config.base.code = 3;
  auto model = std::make_shared<Model>(config, Context(Shape{5}, /*model_seed=*/1));
  model->to(at::kDouble);
  shake(*model, 0.3);
  return model;
}

std::map<std::string, Terms::Term> terms_by_name(const Terms& terms) {
  std::map<std::string, Terms::Term> named;
  for (const auto& term : terms.all()) named.emplace(term.name, term);
  return named;
}

double number(const Tensor& value) { return value.item<double>(); }

TEST(Vae, HasTheNegativeLowerBoundAsItsObjective) {
  const auto model = made<Vae>({.latent = {.beta = 2}});
  Pass pass;
  const auto terms = model->loss(some_rows(), in_training(), pass);
  const auto mean = pass.pre_code.narrow(1, 0, 3), log_variance = pass.pre_code.narrow(1, 3, 3);
  double expected = 0;
  for (std::int64_t row = 0; row < kRows; ++row)
    for (std::int64_t d = 0; d < 3; ++d) {
      const double m = number(mean[row][d]), v = std::exp(number(log_variance[row][d]));
      expected += 2 * 0.5 * (m * m + v - 1 - std::log(v)) / kRows;
    }
  for (std::int64_t row = 0; row < kRows; ++row)
    for (std::int64_t i = 0; i < 5; ++i) {
      const double x = number(pass.target[row][i]), p = 1 / (1 + std::exp(-number(pass.output[row][i])));
      expected -= (x * std::log(p) + (1 - x) * std::log(1 - p)) / kRows;
    }
  EXPECT_NEAR(number(terms.total()), expected, 1e-9);
}

TEST(Vae, CountsADimensionsDivergenceFromItsFreeBitsOn) {
  Pass pass;
  made<Vae>({})->loss(some_rows(), in_training(), pass);
  const auto divergences = DiagonalGaussian::from(pass.pre_code).divergence_from_normal().mean(0);
  const double free = number(std::get<0>(divergences.sort())[1]) - 1e-6;  // one dimension is below, two above
  const auto model = made<Vae>({.latent = {.beta = 3, .free_bits = free}});
  const auto all = model->loss(some_rows(), in_training(), pass);
  auto terms = terms_by_name(all);
  const auto each = DiagonalGaussian::from(pass.pre_code).divergence_from_normal();
  double expected = 0;
  int at_the_limit = 0;
  for (std::int64_t d = 0; d < 3; ++d) {
    double mean = 0;
    for (std::int64_t row = 0; row < kRows; ++row) mean += number(each[row][d]) / kRows;
    expected += std::max(free, mean);
    at_the_limit += mean < free;
  }
  ASSERT_GT(at_the_limit, 0);
  ASSERT_LT(at_the_limit, 3);
  EXPECT_NEAR(number(terms.at("free_bits").value), expected, 1e-9);
  EXPECT_NEAR(number(terms.at("kl").value), number(each.sum(1).mean()), 1e-9);
  EXPECT_NEAR(number(all.total()), number(terms.at("reconstruction").value) + 3 * expected, 1e-9);
}

TEST(Vae, DrawsItsDivergenceToTheCapacityOfTheStep) {
  const auto model =
      made<Vae>({.latent = {.beta = 7, .capacity = LinearSchedule::Config{.from = 0, .to = 50}}});
  Pass pass;
  const auto all = model->loss(some_rows(), in_training(), pass);
  auto terms = terms_by_name(all);
  const double capacity = LinearSchedule(LinearSchedule::Config{.from = 0, .to = 50}).at(10, 100);
  EXPECT_NEAR(capacity, 5, 0.1);
  EXPECT_NEAR(
      number(all.total()),
      number(terms.at("reconstruction").value) + 7 * std::abs(number(terms.at("kl").value) - capacity), 1e-9);
}

TEST(Vae, EstimatesTheDivergenceFromOtherPriorsByItsCodes) {
  const auto model = made<Vae>({.latent = {.prior = VampPrior::Config{.components = 4}}});
  Pass pass;
  const auto terms = terms_by_name(model->loss(some_rows(), in_training(), pass));
  const auto parameters = model->named_parameters();
  const auto pseudo = parameters["bottleneck.prior.pseudo_inputs"].sigmoid();
  const auto components = DiagonalGaussian::from(model->parts().backbone.encode(pseudo, {}));
  for (std::int64_t row = 0; row < kRows; ++row) {
    double prior = 0;
    for (std::int64_t k = 0; k < 4; ++k) {
      const DiagonalGaussian one = {components.mean.slice(0, k, k + 1),
                                    components.log_variance.slice(0, k, k + 1)};
      prior += std::exp(number(one.log_density(pass.code.slice(0, row, row + 1), 1))) / 4;
    }
    const auto posterior = DiagonalGaussian::from(pass.pre_code.slice(0, row, row + 1));
    const auto expected =
        number(posterior.log_density(pass.code.slice(0, row, row + 1), 1)) - std::log(prior);
    EXPECT_NEAR(number(terms.at("kl").rows[row]), expected, 1e-9);
  }
  // The prior trains the encoder, too.
  const auto encoder = parameters["backbone.encoder_0.weight"];
  const auto score = model->parts().bottleneck.log_prior(pass.code.detach()).sum();
  EXPECT_GT(number(torch::autograd::grad({score}, {encoder}).front().abs().sum()), 1e-3);
}

TEST(Iwae, WithOneCodeIsTheLowerBound) {
  const auto model = made<Iwae>({.weighted = {.samples = 1}});
  Pass pass;
  const auto terms = model->loss(some_rows(), in_training(), pass);
  const auto cost = model->parts().likelihood.negative_log(pass.output, pass.target) +
                    model->parts().bottleneck.log_density(pass.code, pass.pre_code) -
                    model->parts().bottleneck.log_prior(pass.code);
  EXPECT_NEAR(number(terms.total()), number(cost.mean()), 1e-9);
}

TEST(Iwae, AveragesWeightsWithinEachEstimateAndMixesInTheLowerBound) {
  const auto model = made<Iwae>({.weighted = {.samples = 3, .estimates = 2, .elbo_share = 0.25}});
  Pass pass;
  const auto terms = model->loss(some_rows(), in_training(), pass);
  const auto log_weights = -(model->parts().likelihood.negative_log(pass.output, repeated(pass.target, 6)) +
                             model->parts().bottleneck.log_density(pass.code, pass.pre_code) -
                             model->parts().bottleneck.log_prior(pass.code))
                                .view({kRows, 2, 3});
  double bound = 0, elbo = 0;
  for (std::int64_t row = 0; row < kRows; ++row)
    for (std::int64_t m = 0; m < 2; ++m) {
      double sum = 0;
      for (std::int64_t k = 0; k < 3; ++k) {
        sum += std::exp(number(log_weights[row][m][k]));
        elbo += number(log_weights[row][m][k]) / (kRows * 6);
      }
      bound += std::log(sum / 3) / (kRows * 2);
    }
  EXPECT_NEAR(number(terms.total()), -(0.25 * elbo + 0.75 * bound), 1e-9);
}

TEST(BetaTc, AddsWhatTheWeightsOfThePartsAreMoreThanOne) {
  const auto model = made<BetaTc>({.alpha = 2, .beta = 5, .gamma = 1});
  Pass pass;
  const auto all = model->loss(some_rows(), in_training(), pass);
  const auto terms = terms_by_name(all);
  const auto found =
      code_densities(DiagonalGaussian::from(pass.pre_code), pass.code, 50, AggregateEstimate::stratified);
  const double correlation = number((found.aggregate - found.marginals).mean()),
               information = number((found.conditional - found.aggregate).mean());
  EXPECT_NEAR(number(all.total()),
              number(terms.at("reconstruction").value) + number(terms.at("kl").value) + 1 * information +
                  4 * correlation,
              1e-9);
  EXPECT_FALSE(terms.contains("dimension-wise-kl"));
}

TEST(InfoVae, WeighsDivergenceAndDiscrepancyByAlphaAndLambda) {
  const auto model = made<InfoVae>({.alpha = -0.5, .lambda = 4});
  Pass pass;
  const auto all = model->loss(some_rows(), in_training(), pass);
  auto terms = terms_by_name(all);
  EXPECT_NEAR(number(all.total()),
              number(terms.at("reconstruction").value) + 1.5 * number(terms.at("kl").value) +
                  2.5 * number(terms.at("mmd").value),
              1e-9);
}

TEST(Wae, ComparesItsCodesWithDrawsOfTheNormalDistribution) {
  const auto model = made<Wae>({.mmd = {.weight = 3, .deviation = 2}});
  Pass pass;
  const auto all = model->loss(some_rows(), in_training(), pass);
  const auto drawn = 2 * in_training().noise().normal_like("mmd", pass.code.detach());
  const auto expected =
      squared_mmd(MmdKernel::inverse_multiquadratic, pass.code, drawn, 2, MmdPenalty::Config().scales);
  EXPECT_NEAR(number(all.total()),
              number(terms_by_name(all).at("reconstruction").value) + 3 * number(expected), 1e-9);
}

TEST(Rae, PenalizesCodesAndTheDecodersWeightsAlone) {
  const auto model = made<Rae>({.code_weight = 0.5, .decoder_weight = 0.25});
  Pass pass;
  const auto all = model->loss(some_rows(), in_training(), pass);
  double weights = 0;
  for (const auto& item : model->named_parameters())
    if (item.key().find("decoder_") != std::string::npos && item.value().dim() > 1)
      weights += number(item.value().square().sum());
  EXPECT_GT(weights, 0);
  EXPECT_NEAR(number(all.total()),
              number(terms_by_name(all).at("reconstruction").value) +
                  0.5 * 0.5 * number(pass.code.square().sum()) / kRows + 0.25 * 0.5 * weights,
              1e-9);
}

TEST(DecoderJacobian, IsTheSquaredNormOfALinearDecodersWeights) {
  // Unlike the gradient of the summed reconstruction, whose norm would be that of the columns' sums.
  const AutoencoderConfig parts{.code = 3,
                                .backbone = DenseBackbone::Config{},
                                .likelihood = GaussianLikelihood::Config{},
                                .penalties = {{DecoderJacobianPenalty::Config{.directions = 4000}}}};
  Autoencoder model(parts, Shape{5});
  model.to(at::kDouble);
  Pass pass;
  const auto terms = terms_by_name(model.loss(some_rows(), in_training(), pass));
  const double expected = number(model.named_parameters()["backbone.decoder_0.weight"].square().sum());
  EXPECT_NEAR(number(terms.at("decoder-jacobian").value), expected, 0.03 * expected);
}

/// The gradient of an update's objective by each parameter of the whole model, whether it trains it or not.
std::map<std::string, double> gradient_norms(Autoencoder& model, const std::string& update) {
  const auto phases = model.phases();
  const auto found = std::find_if(phases[0].updates.begin(), phases[0].updates.end(),
                                  [&](const auto& one) { return one.name == update; });
  Pass pass;
  const auto total = found->objective(some_rows(), in_training(), pass).total();
  std::map<std::string, double> norms;
  for (const auto& [name, parameter] : parameters_of(model)) {
    const auto gradient =
        torch::autograd::grad({total}, {parameter}, {}, true, false, /*allow_unused=*/true).front();
    norms[name] = gradient.defined() ? number(gradient.norm()) : 0;
  }
  return norms;
}

template <class Model>
void expect_apart(Model& model) {
  const auto phases = model.phases();
  ASSERT_EQ(phases.size(), 1U);
  ASSERT_EQ(phases[0].updates.size(), 2U);
  EXPECT_EQ(phases[0].main().name, kModelUpdate);
  for (const auto& [name, norm] : gradient_norms(model, "discriminator"))
    EXPECT_EQ(norm > 0, name.starts_with("discriminator.")) << name;
  for (const auto& update : phases[0].updates)
    for (const auto& item : update.parameters)
      EXPECT_EQ(item.first.starts_with("discriminator."), update.name == "discriminator") << item.first;
  std::size_t parameters = 0;
  for (const auto& update : phases[0].updates) parameters += update.parameters.size();
  EXPECT_EQ(parameters, parameters_of(model).size());
}

TEST(FactorVae, KeepsTheDiscriminatorsCostFromTheEncoder) { expect_apart(*made<FactorVae>({})); }
TEST(Adversarial, KeepsTheDiscriminatorsCostFromTheEncoder) { expect_apart(*made<Adversarial>({})); }

TEST(FactorVae, PermutesEachDimensionByItself) {
  auto random = fixed_generator(7);
  const auto x = at::arange(12, at::kDouble).view({4, 3});
  const auto uniform = at::empty({4, 3}).uniform_(0, 1, random);
  const auto permuted = permuted_dimensions(x, uniform);
  EXPECT_TRUE(at::equal(std::get<0>(permuted.sort(0)), x));
  const auto rows = permuted.floor_divide(3);  // where each value comes from
  EXPECT_FALSE(at::equal(rows.select(1, 0), rows.select(1, 1)) &&
               at::equal(rows.select(1, 1), rows.select(1, 2)));
}

TEST(FactorVae, LearnsFromOneHalfAndThePermutedOther) {
  for (const std::int64_t rows : {6, 5, 1}) {  // the middle row of an odd batch is in neither half
    const auto model = made<FactorVae>({.gamma = 3});
    Pass pass;
    const auto phase = model->phases().front();
    const auto step = in_training(rows);
    const auto terms = terms_by_name(phase.updates[1].objective(some_rows(rows), step, pass));
    const auto half = std::max<std::int64_t>(rows / 2, 1);
    const auto uniform = step.noise().uniform_like("permutation", pass.code);
    const auto& network = *model->named_children()["discriminator"]->template as<Discriminator>();
    const auto first = network.forward(pass.code.slice(0, 0, half)),
               second = network.forward(
                   permuted_dimensions(pass.code.slice(0, rows - half), uniform.slice(0, rows - half)));
    const double expected =
        -0.5 * (number(first.sigmoid().log().mean()) + number((1 - second.sigmoid()).log().mean()));
    EXPECT_NEAR(number(terms.at("classification").value), expected, 1e-9);
    Pass own;
    const auto model_terms = terms_by_name(phase.updates[0].objective(some_rows(rows), step, own));
    EXPECT_NEAR(number(model_terms.at("total-correlation").value), number(network.forward(own.code).mean()),
                1e-9);
    EXPECT_EQ(model_terms.at("total-correlation").weight, 3);
  }
}

TEST(Adversarial, PlaysAgainstDrawsOfTheNormalDistribution) {
  const auto model = made<Adversarial>({.weight = 2, .deviation = 1.5});
  const auto phase = model->phases().front();
  Pass pass, own;
  const auto terms = terms_by_name(phase.updates[1].objective(some_rows(), in_training(), pass));
  const auto drawn = 1.5 * in_training().noise().normal_like("prior", pass.code);
  const auto& network = *model->named_children()["discriminator"]->as<Discriminator>();
  const auto of_drawn = network.forward(drawn).sigmoid(), of_codes = network.forward(pass.code).sigmoid();
  EXPECT_NEAR(number(terms.at("classification").value),
              -number(of_drawn.log().mean()) - number((1 - of_codes).log().mean()), 1e-9);
  const auto model_terms = terms_by_name(phase.updates[0].objective(some_rows(), in_training(), own));
  EXPECT_NEAR(number(model_terms.at("adversary").value), -number(of_codes.log().mean()), 1e-9);
  EXPECT_EQ(model_terms.at("adversary").weight, 2);
}

TEST(GaussianLikelihood, HasTheLogDensityOfItsDeviation) {
  auto random = fixed_generator(3);
  const auto output = at::empty({4, 5}, at::kDouble).normal_(0, 1, random),
             target = at::empty({4, 5}, at::kDouble).normal_(0, 1, random);
  for (const bool learned : {false, true}) {
    const GaussianLikelihood likelihood({.deviation = 0.5, .learned = learned});
    const auto found = likelihood.negative_log(output, target) + likelihood.constant({5});
    for (std::int64_t row = 0; row < 4; ++row) {
      double expected = 0;
      for (std::int64_t i = 0; i < 5; ++i) {
        const double error = number(target[row][i] - output[row][i]);
        expected -= std::log(std::exp(-error * error / (2 * 0.25)) / (0.5 * std::sqrt(2 * M_PI)));
      }
      EXPECT_NEAR(number(found[row]), expected, 1e-6);
    }
  }
}

TEST(GaussianLikelihood, LearnsTheRootOfTheMeanSquaredError) {
  // Where the gradient by the logarithm of the deviation vanishes.
  const GaussianLikelihood likelihood({.deviation = 0.3, .learned = true});
  const auto log_deviation = likelihood.named_parameters()["log_deviation"];
  const auto output = at::zeros({2, 3}),
             target = at::tensor({1.0F, 2.0F, 2.0F, 0.0F, 1.0F, 2.0F}).view({2, 3});
  const auto gradient = [&] {
    return number(
        torch::autograd::grad({likelihood.negative_log(output, target).sum()}, {log_deviation}).front());
  };
  EXPECT_LT(gradient(), 0);
  const at::NoGradGuard no_grad;
  log_deviation.fill_(0.5 * std::log(14.0 / 6));
  const at::AutoGradMode grad(true);
  EXPECT_NEAR(gradient(), 0, 1e-5);
}

TEST(GenerativeVariants, RefuseWhatMakesNoSense) {
  const auto refusal = [](auto config) { return message_of<FieldError>([&] { made<Vae>(config); }); };
  EXPECT_SAYS(refusal(Vae::Config{.latent = {.free_bits = 1, .prior = MixturePrior::Config{}}}),
              "free_bits: needs the KL divergence of each dimension");
  Vae::Config weighted{.latent = {.free_bits = 1}};
  weighted.base.bound = ImportanceWeightedBound::Config{.samples = 2};
  EXPECT_SAYS(refusal(weighted), "free_bits: changes the KL divergence of a batch");
  Vae::Config tied;
  tied.base.backbone = DenseBackbone::Config{.tied = true};
  EXPECT_SAYS(refusal(tied), "backbone.tied: the bottleneck needs 6 outputs");
  const auto problem = [](auto config) { return message_of<Error>([&] { check_config(config, "config"); }); };
  EXPECT_SAYS(problem(Vae::Config{.latent = {.capacity = -1}}), "capacity: must stay at least 0, is -1");
  EXPECT_SAYS(problem(Vae::Config{.latent = {.free_bits = 1, .capacity = 2}}), "exclude each other");
  EXPECT_SAYS(problem(Iwae::Config{.weighted = {.elbo_share = 0.5}, .doubly_reparameterized = true}),
              "doubly_reparameterized: is for the importance-weighted bound alone");
  EXPECT_SAYS(problem(InfoVae::Config{.alpha = 0.5, .lambda = 0.2}), "lambda: must be at least 1 - alpha");
}

}  // namespace
}  // namespace aelab
