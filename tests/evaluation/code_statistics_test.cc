#include "aelab/evaluation/metrics/code_statistics.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/models/dense.h"
#include "aelab/nn/bottlenecks.h"

namespace aelab {
namespace {

enum { kMean, kL0, kDead, kRank, kSaturated };

using CodeValues = std::vector<std::optional<double>>;

CodeValues measured_code(const std::vector<Tensor>& batches) {
  CodeStatistics metric({});
  for (const auto& code : batches) metric.add({.target = {}, .code = code, .reconstruction = {}});
  return metric.values();
}

TEST(CodeStatistics, AreThoseComputedByHand) {
  // Around their mean (3, 0, 0) the codes are (3, 0, 0), (-3, 0, 0), (0, 1, 0), (0, -1, 0): singular values
  // sqrt(18) and sqrt(2), shares 3/4 and 1/4, entropy -(3/4 ln 3/4 + 1/4 ln 1/4) = 0.5623351446,
  // whose exp is 4 / 3^(3/4) = 1.7547653506.
  const auto first = at::tensor({6., 0., 0., 0., 0., 0.}).view({2, 3}),
             second = at::tensor({3., 1., 0., 3., -1., 0.}).view({2, 3});
  const auto values = measured_code({first, second});
  EXPECT_DOUBLE_EQ(*values[kMean], (6. + 0 + 3 + 1 + 3 - 1) / (4 * 3));
  EXPECT_DOUBLE_EQ(*values[kL0], (1. + 0 + 2 + 2) / 4);
  EXPECT_DOUBLE_EQ(*values[kDead], 1);  // the third unit
  EXPECT_NEAR(*values[kRank], 4 / std::pow(3, 0.75), 1e-12);
  EXPECT_FALSE(values[kSaturated]);  // 6 is outside [0, 1]
}

TEST(CodeStatistics, CountSaturatedValuesWithoutTheLimits) {
  const auto code = at::tensor({0.F, 0.04F, 0.05F, 0.5F, 0.95F, 0.96F, 1.F, 0.2F}).view({2, 4});
  EXPECT_DOUBLE_EQ(*measured_code({code})[kSaturated], 4. / 8);  // 0, 0.04, 0.96, 1
}

TEST(CodeStatistics, CallActiveWhatIsAbove1e8) {
  const auto code = at::tensor({1e-9F, -1e-7F, 1e-9F, 0.F}).view({2, 2});
  const auto values = measured_code({code});
  EXPECT_DOUBLE_EQ(*values[kL0], 0.5);
  EXPECT_DOUBLE_EQ(*values[kDead], 1);
}

TEST(CodeStatistics, GiveEqualDirectionsFullRank) {
  // 2d codes +e_i and -e_i: d equal singular values. The same, far from the origin and in float32.
  const auto plain = at::cat({at::eye(5), -at::eye(5)});
  EXPECT_NEAR(*measured_code({plain})[kRank], 5, 1e-9);
  EXPECT_NEAR(*measured_code({plain + 1000, plain + 1000})[kRank], 5, 1e-9);
  EXPECT_NEAR(*measured_code({at::cat({plain, plain}, 1)})[kRank], 5,
              1e-9);  // ten units, but five directions
}

TEST(CodeStatistics, HaveNoRankWhereNothingVaries) {
  const auto values = measured_code({at::ones({7, 3})});
  EXPECT_FALSE(values[kRank]);
  EXPECT_DOUBLE_EQ(*values[kSaturated], 1);
  EXPECT_FALSE(measured_code({at::full({7, 3}, std::nan(""))})[kRank]);
  EXPECT_FALSE(measured_code({at::rand({2, 4097})})[kRank]);  // too many units
}

TEST(CodeStatistics, HaveNoRankWhereRowsDifferByRounding) {
  // Equal rows whose codes were computed in blocks of different sizes: neighbors in float32.
  for (const float value : {0.3F, 300.F}) {
    auto code = at::full({6, 4}, value);
    code[1][2] = std::nextafter(value, 1e9F);
    code[4][0] = std::nextafter(value, 0.F);
    EXPECT_FALSE(measured_code({code})[kRank]) << value;
  }
  // Small codes that do vary have one.
  EXPECT_NEAR(*measured_code({at::cat({at::eye(3), -at::eye(3)}) * 1e-9})[kRank], 3, 1e-6);
}

CodeValues measured_with(const Choice<Bottleneck>& bottleneck) {
  const Dense model({.base = {.code = 4, .bottleneck = bottleneck}}, Context({6}, 1));
  const auto data = Dataset::from_tensors(at::rand({20, 6}));
  CodeValues values;
  for (const auto& [measure, value] : evaluate(model, data, {data, {}, {}}, {CodeStatistics::Config{}}))
    values.push_back(value);
  return values;
}

TEST(CodeStatistics, CountActiveUnitsOnlyWhereCodesCanBeZero) {
  for (const auto activation : {Activation::linear, Activation::relu, Activation::tanh, Activation::elu}) {
    const auto values = measured_with(DeterministicBottleneck::Config{.activation = activation});
    EXPECT_TRUE(values[kL0] && values[kDead]) << name_of(activation);
  }
  for (const auto activation : {Activation::sigmoid, Activation::softplus}) {
    const auto values = measured_with(DeterministicBottleneck::Config{.activation = activation});
    EXPECT_FALSE(values[kL0] || values[kDead]) << name_of(activation);
    EXPECT_TRUE(values[kMean]);
  }
  // Of a k-sparse code, sigmoid or not, all but k are zero.
  for (const auto activation : {Activation::linear, Activation::sigmoid})
    EXPECT_EQ(measured_with(KSparseBottleneck::Config{.k = 1, .activation = activation})[kL0], 1.)
        << name_of(activation);
}

TEST(CodeStatistics, AgreeWithSingularValuesOfAllCodes) {
  at::manual_seed(1);
  const auto codes = at::randn({300, 2, 3, 4}).relu() * at::rand({2, 3, 4});
  const auto flat = codes.flatten(1).to(at::kDouble);
  const auto singular = at::linalg_svdvals(flat - flat.mean(0));
  const auto shares = singular / singular.sum();
  const auto values = measured_code({codes.slice(0, 0, 7), codes.slice(0, 7, 250), codes.slice(0, 250)});
  EXPECT_NEAR(*values[kRank], (-(shares * shares.log()).sum()).exp().item<double>(), 1e-9);
  EXPECT_NEAR(*values[kMean], flat.mean().item<double>(), 1e-9);
  EXPECT_NEAR(*values[kL0], (flat != 0).sum(1).to(at::kDouble).mean().item<double>(), 1e-9);
}

}  // namespace
}  // namespace aelab
