// A linear variational autoencoder, trained to its optimum, reaches probabilistic principal component
// analysis (Lucas, Tucker, Grosse & Norouzi 2019, "Don't blame the ELBO! A linear VAE perspective on
// posterior collapse").

#include <ATen/ATen.h>

#include <cmath>

#include "aelab/models/vae.h"
#include "aelab/nn/dense_backbone.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

constexpr std::int64_t kPcaFeatures = 5, kPcaCodes = 2, kPcaRows = 300;

/// Two directions of variance 4.25 and 1.25, and noise of variance .25 in all, turned at random.
Tensor spread_rows() {
  auto random = fixed_generator(4);
  const auto normal = [&](at::IntArrayRef shape) {
    return at::empty(shape, at::kDouble).normal_(0, 1, random);
  };
  const auto turned = std::get<0>(at::linalg_qr(normal({kPcaFeatures, kPcaFeatures})));
  const auto deviations = at::tensor({4.25, 1.25, 0.25, 0.25, 0.25}, at::kDouble).sqrt();
  return (at::mm(normal({kPcaRows, kPcaFeatures}) * deviations, turned) + 0.5).to(at::kFloat);
}

/// The largest mean log-likelihood of probabilistic PCA (Tipping & Bishop 1999, equations 7 and 8): that of
/// the sample covariance's largest eigenvalues, and of the mean of the others as the noise's variance.
double most_likely(const Tensor& x) {
  const auto centered = x.to(at::kDouble) - x.to(at::kDouble).mean(0);
  const auto values = at::linalg_eigvalsh(at::mm(centered.t(), centered) / static_cast<double>(x.size(0)));
  const auto rest = kPcaFeatures - kPcaCodes;
  const double noise = values.slice(0, 0, rest).mean().item<double>();
  const double log_determinant =
      values.slice(0, rest).log().sum().item<double>() + static_cast<double>(rest) * std::log(noise);
  return -0.5 * (static_cast<double>(kPcaFeatures) * (std::log(2 * M_PI) + 1) + log_determinant);
}

/// The evidence lower bound in closed form, from the model's weights.
double exact_bound(const Autoencoder& model, const Tensor& rows) {
  const auto parameters = model.named_parameters();
  const auto value = [&](const std::string& name) { return parameters[name].detach().to(at::kDouble); };
  const auto x = rows.to(at::kDouble), w = value("backbone.decoder_0.weight");
  const auto given = at::addmm(value("backbone.encoder_0.bias"), x, value("backbone.encoder_0.weight").t());
  const auto mean = given.narrow(1, 0, kPcaCodes), variance = given.narrow(1, kPcaCodes, kPcaCodes).exp();
  const double log_deviation = value("likelihood.log_deviation").item<double>();
  const auto error = (at::addmm(value("backbone.decoder_0.bias"), mean, w.t()) - x).square().sum(1) +
                     at::mv(variance, w.square().sum(0));
  const auto divergence = 0.5 * (mean.square() + variance - 1 - variance.log()).sum(1);
  return -(0.5 * error * std::exp(-2 * log_deviation) + divergence).mean().item<double>() -
         static_cast<double>(kPcaFeatures) * (log_deviation + 0.5 * std::log(2 * M_PI));
}

TEST(LinearVae, ReachesTheLikelihoodOfProbabilisticPca) {
  const auto x = spread_rows();
  const auto rows = Dataset::from_tensors(x);
  const auto model =
      std::make_shared<Vae>(Vae::Config{.base = {.code = kPcaCodes,
                                                 .backbone = DenseBackbone::Config{},
                                                 .likelihood = GaussianLikelihood::Config{.learned = true}}},
                            Context({kPcaFeatures}, /*model_seed=*/2));
  const double before = exact_bound(*model, x);
  Trainer({.epochs = 2500,
           .batch_size = kPcaRows,
           .optimizer = Adam::Config{.learning_rate = CosineSchedule::Config{.from = 0.02}},
           .device = Device::cpu,
           .threads = 1},
          {without("progress")}, 3)
      .fit(*model, {.train = rows, .validation = {}, .test = {}});
  const double bound = exact_bound(*model, x), best = most_likely(x);
  std::printf("lower bound %.5f before, %.5f after training; probabilistic PCA %.5f\n", before, bound, best);
  EXPECT_LT(before, best - 1);
  EXPECT_LE(bound, best + 1e-5);  // of any model of this kind
  EXPECT_NEAR(bound, best, 5e-3);
}

}  // namespace
}  // namespace aelab
