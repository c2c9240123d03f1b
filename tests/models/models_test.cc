#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/data/principal_components.h"
#include "aelab/models/convolutional.h"
#include "aelab/models/dense.h"
#include "aelab/models/sparse.h"
#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/penalties.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

TEST(Dense, ExpandsToADenseBackboneAndTheUsersParts) {
  const auto parts = Dense::expand({.base = {.code = 7, .likelihood = GaussianLikelihood::Config{}},
                                    .backbone = {.hidden = {9}, .tied = true}});
  EXPECT_EQ(parts.code, 7);
  const auto* backbone = parts.backbone->get_if<DenseBackbone::Config>();
  ASSERT_NE(backbone, nullptr);
  EXPECT_EQ(backbone->hidden, std::vector<std::int64_t>{9});
  EXPECT_TRUE(backbone->tied);
  EXPECT_EQ(parts.likelihood->kind(), "gaussian");
  EXPECT_FALSE(parts.corruption || parts.bottleneck || parts.penalties);  // left to the base
}

TEST(Convolutional, IsTheLecturesNetByDefault) {
  const Convolutional model({}, Shape{1, 28, 28});
  std::int64_t count = 0;
  for (const auto& parameter : model.parameters()) count += parameter.numel();
  EXPECT_EQ(count, 4641);
  EXPECT_EQ(model.code_shape(), (Shape{8, 4, 4}));
}

TEST(Sparse, TakesAConvolutionalBackboneWithoutACode) {
  for (const auto sparsity : {Sparsity::kl, Sparsity::l1, Sparsity::k_sparse}) {
    Sparse::Config config;
    config.base.backbone = ConvolutionalBackbone::Config{};
    config.sparsity = sparsity;
    EXPECT_EQ(Sparse(config, Shape{1, 28, 28}).code_shape(), (Shape{8, 4, 4}));
    config.base.backbone = {};
    EXPECT_EQ(Sparse(config, Shape{1, 28, 28}).code_shape(), Shape{64});
    config.base.code = 12;
    EXPECT_EQ(Sparse(config, Shape{1, 28, 28}).code_shape(), Shape{12});
  }
}

TEST(Autoencoder, FillsInEveryPart) {
  AutoencoderConfig parts;
  parts.code = 3;
  parts.backbone = DenseBackbone::Config{};
  const auto config = Autoencoder(parts, Shape{6}).config();
  EXPECT_EQ(config.corruption->kind(), "none");
  EXPECT_EQ(config.bottleneck->kind(), "deterministic");
  EXPECT_EQ(config.likelihood->kind(), "bernoulli");
  EXPECT_TRUE(config.penalties && config.penalties->empty());
}

TEST(Autoencoder, RefusesToBeWithoutABackbone) {
  EXPECT_SAYS(message_of<Error>([] { Autoencoder({.code = 3}, Shape{6}); }), "backbone: is missing");
}

TEST(Autoencoder, RefusesTwoPenaltiesOfOneKind) {
  const auto refusal = [](const std::string& penalties) {
    Dense::Config config;
    return message_of<Error>(
        [&] { read_config(nlohmann::json::parse("{\"penalties\":" + penalties + "}"), config, "file"); });
  };
  EXPECT_SAYS(refusal(R"(["l1", "weight-decay", {"kind": "l1", "weight": 2}])"),
              "penalties[2]: is of the same kind as penalties[0]");
  EXPECT_EQ(refusal(R"(["l1", "weight-decay"])"), "nothing was thrown");
  const Dense::Config in_cpp{.base = {.penalties = {{L1Penalty::Config{}, L1Penalty::Config{}}}}};
  EXPECT_SAYS(message_of<Error>([&] { check_config(in_cpp, "Dense"); }), "penalties[1]");
}

TEST(Autoencoder, LossIsTheLikelihoodAndThePenalties) {
  const Dense model(
      {.base = {.code = 3,
                .bottleneck = DeterministicBottleneck::Config{.activation = Activation::sigmoid},
                .likelihood = GaussianLikelihood::Config{},
                .penalties = {{L1Penalty::Config{.weight = 0.1},
                               WeightDecayPenalty::Config{.weight = 0.01}}}}},
      Context({6}, 2));
  const auto x = at::rand({5, 6});
  Pass pass;
  const auto terms = model.loss({.inputs = x, .labels = {}, .rows = {}}, {}, pass);
  ASSERT_EQ(terms.all().size(), 4u);
  EXPECT_EQ(terms.all()[0].name, "reconstruction");
  EXPECT_EQ(terms.all()[1].name, "l1");
  EXPECT_EQ(terms.all()[2].name, "weight-decay");
  EXPECT_TRUE(at::allclose(terms.all()[0].value, 0.5 * (model.reconstruct(x) - x).square().sum(1).mean()));
  EXPECT_TRUE(at::allclose(terms.all()[1].value, model.encode(x).abs().sum(1).mean()));
  EXPECT_EQ(terms.all()[3].name, "mse");
  EXPECT_TRUE(at::allclose(terms.all()[3].value, (model.reconstruct(x) - x).square().mean()));
  const auto sum = terms.all()[0].value + 0.1 * terms.all()[1].value + 0.01 * terms.all()[2].value;
  EXPECT_TRUE(at::allclose(terms.total(), sum));
  EXPECT_TRUE(same_bits(pass.code, model.encode(x)) && same_bits(pass.code, at::sigmoid(pass.pre_code)));
}

TEST(Autoencoder, ReportsTheSquaredErrorOfTheMeanBesideAnyLikelihood) {
  const Dense model({.base = {.code = 3, .likelihood = BernoulliLikelihood::Config{}}}, Context({6}, 2));
  const auto x = at::rand({5, 6});
  Pass pass;
  const Batch batch{.inputs = x, .labels = {}, .rows = {}};
  const auto terms = model.loss(batch, {.training = false}, pass);
  const auto outside = terms.all().back();
  EXPECT_EQ(outside.name, "mse");
  EXPECT_EQ(outside.weight, 0);
  EXPECT_NEAR(outside.value.item<double>(), (at::sigmoid(pass.output) - x).square().mean().item<double>(),
              1e-7);
  const auto in_training = model.loss(batch, {.training = true}, pass);
  EXPECT_EQ(in_training.all().back().name, "reconstruction");
}

TEST(PrincipalComponents, OfATinyCaseByHand) {
  // Points (1, 2) + t (3, 4) / 5 + s (-4, 3) / 5 with t = +-3 and s = +-1: variances 4 * 9 / 3 and 4 * 1 / 3.
  std::vector<float> points;
  for (const float t : {-3.f, 3.f})
    for (const float s : {-1.f, 1.f}) {
      points.push_back(1 + t * 0.6f - s * 0.8f);
      points.push_back(2 + t * 0.8f + s * 0.6f);
    }
  const auto pca = principal_components(Dataset::from_tensors(at::tensor(points).view({4, 2})), 2);
  EXPECT_TRUE(at::allclose(pca.mean, at::tensor({1.f, 2.f})));
  EXPECT_TRUE(at::allclose(pca.variances, at::tensor({12.f, 4.f / 3})));
  // Each component's largest entry is positive.
  EXPECT_TRUE(at::allclose(pca.components, at::tensor({0.6f, 0.8f, 0.8f, -0.6f}).view({2, 2}), 1e-5, 1e-6));
}

TEST(PrincipalComponents, AreOrthonormalAndBestAmongLinearCodes) {
  const auto data = few_digits(200).train;
  const auto x = data.range(0, 200).inputs.flatten(1);
  for (const std::int64_t k : {1, 5, 64, 100}) {  // there are 64 features
    const auto pca = principal_components(data, k);
    const auto kept = std::min<std::int64_t>(k, 64);
    ASSERT_EQ(pca.components.sizes(), (at::IntArrayRef{kept, 64}));
    const auto within_rank = at::diag((pca.variances > 0).to(at::kFloat));  // some pixels are always black
    EXPECT_TRUE(at::allclose(at::mm(pca.components, pca.components.t()), within_rank, 1e-4, 1e-5));
    EXPECT_TRUE((pca.variances.slice(0, 0, -1) >= pca.variances.slice(0, 1)).all().item<bool>());
    EXPECT_TRUE(at::allclose(pca.encode(x).var(0), pca.variances, 1e-3, 1e-5));
    // Eckart and Young: what is left is the sum of the smaller squared singular values.
    const double error = (pca.decode(pca.encode(x)) - x).square().sum().item<double>();
    const auto singular = at::linalg_svdvals((x - x.mean(0)).to(at::kDouble));
    EXPECT_NEAR(pca.total_variance * 199, singular.square().sum().item<double>(), 0.1);
    EXPECT_NEAR(error, singular.slice(0, kept).square().sum().item<double>(), 1e-3 * error + 1e-3);
  }
}

TEST(PrincipalComponents, KeepTheirDigitsFarFromZero) {
  auto random = fixed_generator();
  const auto x = at::empty({3000, 3}, at::kDouble).normal_(0, 1, random) * at::tensor({2.0, 1.0, 0.5}) + 1000;
  const auto pca = principal_components(Dataset::from_tensors(x), 3);
  EXPECT_TRUE(at::allclose(pca.variances, at::tensor({4.f, 1.f, 0.25f}), 0.15, 0));
}

}  // namespace
}  // namespace aelab
