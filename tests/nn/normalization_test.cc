#include "aelab/nn/normalization.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/nn/dense_backbone.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Normalization made(Normalize method, std::int64_t features) {
  return Normalization(method, features, Initializer(0));
}

Tensor values_of_size(at::IntArrayRef sizes, std::int64_t seed) {
  auto random = fixed_generator(seed);
  return at::empty(sizes).normal_(2, 3, random);
}

TEST(BatchNormalization, IsPyTorchsInTrainingAndAfterwards) {
  for (const std::vector<std::int64_t>& sizes : {std::vector<std::int64_t>{7, 3}, {5, 3, 4, 2}}) {
    auto normalization = made(Normalize::batch, 3);
    const auto mean = at::zeros({3}), variance = at::ones({3});  // PyTorch's running statistics
    for (const std::int64_t seed : {1, 2, 3}) {
      const auto x = values_of_size(sizes, seed);
      const auto expected = at::batch_norm(x, {}, {}, mean, variance, /*training=*/true, 0.1, 1e-5, false);
      EXPECT_TRUE(at::allclose(normalization.forward(x, /*training=*/true), expected, 1e-4, 1e-5));
      normalization.after_step();
    }
    const auto buffers = normalization.named_buffers();
    EXPECT_TRUE(at::allclose(buffers["mean"], mean, 1e-4, 1e-5));
    EXPECT_TRUE(at::allclose(buffers["variance"], variance, 1e-4, 1e-5));
    const auto x = values_of_size(sizes, 9);
    const auto later = at::batch_norm(x, {}, {}, mean, variance, /*training=*/false, 0.1, 1e-5, false);
    EXPECT_TRUE(at::allclose(normalization.forward(x, /*training=*/false), later, 1e-4, 1e-5));
  }
}

TEST(BatchNormalization, AdvancesItsStatisticsOnceAStepAndNotByASingleRow) {
  auto normalization = made(Normalize::batch, 2);
  const auto mean = [&] { return normalization.named_buffers()["mean"].clone(); };
  const auto x = values_of_size({6, 2}, 1);
  normalization.forward(x, /*training=*/true);
  EXPECT_TRUE(at::equal(mean(), at::zeros({2})));  // a step that fails leaves no trace
  normalization.after_step();
  EXPECT_TRUE(at::allclose(mean(), 0.1 * x.mean(0)));
  const auto before = mean();
  normalization.after_step();
  normalization.forward(x, /*training=*/false);
  normalization.after_step();
  EXPECT_TRUE(normalization.forward(x.slice(0, 0, 1), /*training=*/true).isfinite().all().item<bool>());
  normalization.after_step();
  EXPECT_TRUE(at::equal(mean(), before));
}

TEST(LayerNormalization, IsThatOfEachRow) {
  auto normalization = made(Normalize::layer, 3);
  for (const std::vector<std::int64_t>& sizes : {std::vector<std::int64_t>{4, 3}, {4, 3, 2, 5}}) {
    const auto x = values_of_size(sizes, 4), flat = x.flatten(1);
    const auto centered = flat - flat.mean(1, true);
    const auto expected = centered / (centered.square().mean(1, true) + 1e-5).sqrt();
    for (const bool training : {true, false})
      EXPECT_TRUE(at::allclose(normalization.forward(x, training).flatten(1), expected, 1e-4, 1e-5));
  }
}

TEST(Dropout, KeepsTheMeanAndIsAFunctionOfTheRow) {
  const auto x = at::full({400, 50}, 2.0F);
  const Step step{.seed = 5, .training = true};
  const auto y = dropout(x, 0.25, "encoder_0", step);
  const double dropped = (y == 0).to(at::kFloat).mean().item<double>();
  EXPECT_NEAR(dropped, 0.25, 5 * std::sqrt(0.25 * 0.75 / 20000));
  EXPECT_TRUE(at::allclose(y.masked_select(y != 0), at::tensor(2 / 0.75F)));
  EXPECT_TRUE(same_bits(dropout(x, 0.25, "encoder_0", Step{}), x));  // outside training
  EXPECT_FALSE(at::equal(dropout(x, 0.25, "decoder_0", step), y));
  const auto rows = at::tensor({7, 3}, at::kLong);
  const Step some{.seed = 5, .training = true, .rows = rows};
  EXPECT_TRUE(at::equal(dropout(x.slice(0, 0, 2), 0.25, "encoder_0", some), y.index_select(0, rows)));
}

TEST(DenseBackbone, NormalizesThenActivatesThenDropsOutItsHiddenLayers) {
  DenseBackbone backbone({.hidden = {6},
                          .activation = Activation::tanh,
                          .regularization = {.normalization = Normalize::batch, .dropout = 0.5}},
                         {.input = {4}, .code = 2, .seed = 3});
  const auto x = values_of_size({8, 4}, 6);
  const Step step{.seed = 2, .training = true};
  const auto parameters = backbone.named_parameters();
  const auto linear = at::linear(x, parameters["encoder_0.weight"], parameters["encoder_0.bias"]);
  const auto normal = (linear - linear.mean(0)) / (linear.var(0, /*unbiased=*/false) + 1e-5).sqrt();
  const auto hidden = dropout(at::tanh(normal), 0.5, "encoder_0", step);
  EXPECT_TRUE(at::allclose(backbone.encode(x, step),
                           at::linear(hidden, parameters["encoder_1.weight"], parameters["encoder_1.bias"]),
                           1e-4, 1e-5));
}

}  // namespace
}  // namespace aelab
