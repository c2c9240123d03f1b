#include "aelab/evaluation/metrics/codebook_use.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/models/dense.h"
#include "aelab/nn/vector_quantized_bottleneck.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// Each of a row's two values becomes the nearest of -5, 0, 1, 2 and 9.
std::shared_ptr<Autoencoder> nearest_of_five() {
  auto model = std::make_shared<Dense>(
      Dense::Config{
          .base = {.code = 2, .bottleneck = VectorQuantizedBottleneck::Config{.codes = 5, .dimension = 1}}},
      Context({2}));
  const at::NoGradGuard no_grad;
  const auto parameters = model->named_parameters();
  parameters["backbone.encoder_0.weight"].copy_(at::eye(2));
  parameters["backbone.encoder_0.bias"].zero_();
  parameters["bottleneck.codebook"].copy_(at::tensor({-5.F, 0.F, 1.F, 2.F, 9.F}).unsqueeze(1));
  return model;
}

std::vector<std::optional<double>> measured_codebook(const Autoencoder& model, const Tensor& x,
                                                     const std::vector<std::int64_t>& batches) {
  const at::NoGradGuard no_grad;
  CodebookUse metric({});
  metric.begin(model, {});
  for (const auto& batch : x.split_with_sizes(batches))
    metric.add({.target = batch, .code = {}, .reconstruction = {}});
  return metric.values();
}

TEST(CodebookUse, IsThatCountedByHand) {
  // 0.5 is as near to 0 as to 1 and counts once; of ten values 0 is the nearest to five, 1 to three, 2 to
  // two.
  const auto x = at::tensor({0.5F, 0.1F, 0.9F, 1.1F, 0.F, -0.2F, 2.F, 1.8F, 0.3F, 1.2F}).view({5, 2});
  const double entropy = -(0.5 * std::log(0.5) + 0.3 * std::log(0.3) + 0.2 * std::log(0.2));
  for (const auto& batches : {std::vector<std::int64_t>{5}, {1, 3, 1}}) {
    const auto values = measured_codebook(*nearest_of_five(), x, batches);
    EXPECT_NEAR(*values[0], std::exp(entropy), 1e-12);
    EXPECT_DOUBLE_EQ(*values[1], 3. / 5);
  }
}

TEST(CodebookUse, IsTheNumberOfCodesWhereAllAreUsedEquallyOften) {
  const auto x = at::tensor({-5.F, 0.F, 1.F, 2.F, 9.F, -5.F, 0.F, 1.F, 2.F, 9.F}).view({5, 2});
  const auto values = measured_codebook(*nearest_of_five(), x, {2, 3});
  EXPECT_NEAR(*values[0], 5, 1e-12);
  EXPECT_DOUBLE_EQ(*values[1], 1);
  const auto one = measured_codebook(*nearest_of_five(), at::zeros({3, 2}), {3});
  EXPECT_NEAR(*one[0], 1, 1e-12);
  EXPECT_DOUBLE_EQ(*one[1], 1. / 5);
}

TEST(CodebookUse, IsAbsentWithoutACodebook) {
  const auto values = measured_codebook(Dense({.base = {.code = 2}}, Context({2})), at::rand({5, 2}), {5});
  ASSERT_EQ(values.size(), 2U);
  EXPECT_FALSE(values[0] || values[1]);
}

}  // namespace
}  // namespace aelab
