#include "aelab/evaluation/metrics/sparse_probe.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>

#include "aelab/models/linear.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// Of a model whose codes are the rows themselves.
std::map<std::string, std::optional<double>> sparse_probe(const Tensor& train, const Tensor& train_labels,
                                                          const Tensor& test, const Tensor& test_labels) {
  const Linear model({.code = train.size(1)}, Context({train.size(1)}));
  {
    const at::NoGradGuard no_grad;
    model.named_parameters()["backbone.encoder_0.weight"].copy_(at::eye(train.size(1)));
    model.parts().backbone.data_mean().zero_();
  }
  const Split data = {.train = Dataset::from_tensors(train, train_labels), .validation = {}, .test = {}};
  std::map<std::string, std::optional<double>> values;
  for (const auto& [measure, value] :
       evaluate(model, Dataset::from_tensors(test, test_labels), data, {SparseProbe::Config{}}))
    values[measure.name] = value;
  return values;
}

TEST(SparseProbe, IsRightWhereOneDimensionIsEachClass) {
  // Dimension k of six is 3 in rows of class k < 3, of unequal shares; the others are noise.
  auto random = fixed_generator();
  const auto labels = at::randint(0, 5, {600}, random, at::kLong).clamp_max(2);
  auto rows = at::randn({600, 6}, random) * 0.1;
  rows.scatter_add_(1, labels.unsqueeze(1), at::full({600, 1}, 3.));
  const auto values =
      sparse_probe(rows.slice(0, 0, 400), labels.slice(0, 0, 400), rows.slice(0, 400), labels.slice(0, 400));
  for (const auto* name : {"sparse_probe/top_1", "sparse_probe/top_2", "sparse_probe/top_5"})
    EXPECT_EQ(values.at(name), 1) << name;
}

TEST(SparseProbe, NeedsAsManyDimensionsAsAClassHas) {
  // Class 1 is where the sum of two equal dimensions is positive: one of them alone is right in 3 of 4 rows,
  // as sign(a + b) = sign(a) for 3/4 of normal pairs; both are right nearly always. A third is larger, and
  // the same in both classes.
  auto random = fixed_generator();
  auto rows = at::randn({8000, 3}, random);
  const auto labels = (rows.select(1, 0) + rows.select(1, 1) > 0).to(at::kLong);
  rows.select(1, 2).mul_(100);
  const auto values = sparse_probe(rows.slice(0, 0, 4000), labels.slice(0, 0, 4000), rows.slice(0, 4000),
                                   labels.slice(0, 4000));
  // The third one's means differ most by chance: it is chosen first, and tells nothing.
  const double chance = *values.at("sparse_probe/top_1");
  EXPECT_TRUE(std::abs(chance - 0.5) < 0.03 || std::abs(chance - 0.75) < 0.03) << chance;
  EXPECT_GT(*values.at("sparse_probe/top_5"), 0.98);
  rows.select(1, 2).mul_(1e-3);
  const auto small = sparse_probe(rows.slice(0, 0, 4000), labels.slice(0, 0, 4000), rows.slice(0, 4000),
                                  labels.slice(0, 4000));
  EXPECT_NEAR(*small.at("sparse_probe/top_1"), 0.75, 0.03);
  EXPECT_GT(*small.at("sparse_probe/top_2"), 0.98);
}

TEST(SparseProbe, OfCodesThatSayNothingIsAGuessWhateverTheShares) {
  auto random = fixed_generator();
  const auto labels = (at::rand({3000}, random) < 0.05).to(at::kLong);
  const auto rows = at::randn({3000, 8}, random);
  const auto values = sparse_probe(rows.slice(0, 0, 2000), labels.slice(0, 0, 2000), rows.slice(0, 2000),
                                   labels.slice(0, 2000));
  for (const auto& [name, value] : values) EXPECT_NEAR(*value, 0.5, 0.1) << name;
}

TEST(SparseProbe, IsAbsentForOneClassAndNeedsLabels) {
  const auto rows = at::randn({20, 3}), one = at::zeros({20}, at::kLong);
  for (const auto& [name, value] : sparse_probe(rows, one, rows, one)) EXPECT_FALSE(value) << name;
  const Split data = {.train = Dataset::from_tensors(rows), .validation = {}, .test = {}};
  EXPECT_THROW(SparseProbe({}).check(data), Error);
}

}  // namespace
}  // namespace aelab
