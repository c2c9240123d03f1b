#include "aelab/evaluation/metrics/clustering.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support.h"

namespace aelab {
namespace {

enum { kNmi, kAri, kMatched };

Observation observed(const Tensor& code, const Tensor& labels) {
  return {.target = {}, .code = code, .reconstruction = {}, .labels = labels};
}

TEST(Clustering, FindsGroupsOverAllBatches) {
  const auto codes = at::tensor({0., 0.1, 0.2, 9., 9.1, 9.2}).view({6, 1, 1});
  const auto labels = at::tensor({4, 4, 4, 1, 1, 1}, at::kLong);
  Clustering metric({});
  for (std::int64_t i = 0; i < 6; i += 2)
    metric.add(observed(codes.slice(0, i, i + 2), labels.slice(0, i, i + 2)));
  for (const auto& value : metric.values()) EXPECT_NEAR(*value, 1, 1e-12);
}

TEST(Clustering, TakesOtherNumbersOfClusters) {
  const auto codes = at::tensor({0., 0., 1., 9., 10.}).unsqueeze(1),
             labels = at::tensor({0, 0, 0, 1, 1}, at::kLong);
  Clustering four({.clusters = 4}), one({.clusters = 1});
  for (auto* metric : {&four, &one}) metric->add(observed(codes, labels));
  EXPECT_DOUBLE_EQ(*four.values()[kMatched],
                   0.6);  // a cluster stands for one class, and holds two rows or one
  EXPECT_DOUBLE_EQ(*one.values()[kMatched], 0.6);
  EXPECT_NEAR(*one.values()[kNmi], 0, 1e-12);
  EXPECT_NEAR(*one.values()[kAri], 0, 1e-12);
}

TEST(Clustering, NeedsMoreRowsThanClustersAndClasses) {
  // Partitions into single rows agree, whatever the codes: all scores would be 1.
  const auto values = [](std::vector<std::int64_t> labels, std::optional<std::int64_t> clusters = {}) {
    Clustering metric({.clusters = clusters});
    const auto rows = static_cast<std::int64_t>(labels.size());
    metric.add(observed(at::arange(rows, at::kFloat).unsqueeze(1), at::tensor(labels, at::kLong)));
    return metric.values();
  };
  for (const auto& none : {values({0, 1, 2}), values({5, 3}), values({0, 1, 2}, 2), values({0, 0, 1, 1}, 4),
                           values({0, 0, 1, 1}, 5)})
    for (const auto& value : none) EXPECT_FALSE(value);
  for (const auto& some : {values({0, 1, 2, 2}), values({0, 0, 1}), values({0, 0, 1, 1}, 3)})
    for (const auto& value : some) EXPECT_TRUE(value);
}

TEST(Clustering, OfOneClassIsNotApplicable) {
  for (const std::int64_t label : {0, 3}) {
    Clustering metric({}), two({.clusters = 2});
    for (auto* one : {&metric, &two})
      one->add(observed(at::tensor({0., 1., 9.}).unsqueeze(1), at::full({3}, label, at::kLong)));
    for (const auto& value : metric.values()) EXPECT_FALSE(value);
    for (const auto& value : two.values()) EXPECT_FALSE(value);
  }
}

TEST(Clustering, NeedsLabels) {
  Clustering metric({});
  metric.add(observed(at::zeros({4, 2}), {}));
  for (const auto& value : metric.values()) EXPECT_FALSE(value);
  const auto bare = Dataset::from_tensors(at::zeros({4, 2}));
  EXPECT_SAYS(message_of<Error>([&] { metric.check({bare, {}, {}}); }), "\"clustering\" needs labels");
  const auto labeled = Dataset::from_tensors(at::zeros({4, 2}), at::zeros({4}, at::kLong));
  EXPECT_NO_THROW(metric.check({labeled, {}, {}}));
}

}  // namespace
}  // namespace aelab
