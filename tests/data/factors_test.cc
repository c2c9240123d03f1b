// Factors of variation belong to rows, whatever is made of the set.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

#include "aelab/core/error.h"
#include "aelab/data/batches.h"
#include "aelab/data/source.h"
#include "aelab/data/sources.h"
#include "aelab/data/transforms.h"
#include "tests/support.h"

namespace aelab {
namespace {

const std::vector<Factor> kTens = {{"tens", 3}, {"ones", 10}};

/// Row i holds i, and its factors are its decimal digits.
Dataset decimals(std::int64_t rows) {
  const auto i = at::arange(rows, at::kLong);
  return Dataset::from_tensors(i.unsqueeze(1), i % 2)
      .with_factors(kTens, at::stack({i.floor_divide(10), i.remainder(10)}, 1));
}

void expect_decimals(const Batch& batch) {
  ASSERT_TRUE(batch.factors.defined());
  const auto values = batch.factors.select(1, 0) * 10 + batch.factors.select(1, 1);
  EXPECT_TRUE(at::equal(values.to(at::kFloat), batch.inputs.flatten())) << batch.factors;
}

TEST(Factors, BelongToTheirRows) {
  const auto set = decimals(30);
  EXPECT_EQ(set.factors(), kTens);
  expect_decimals(set.range(0, 30));
  expect_decimals(set.subset(at::tensor({29, 3, 3, 17}, at::kLong)).gather(at::tensor({2, 0}, at::kLong)));
  const auto subset = set.subset(at::tensor({29, 3, 3, 17}, at::kLong));
  const auto again = subset.with_factors({{"place", 4}}, at::arange(4, at::kLong).unsqueeze(1));
  const auto batch = again.gather(at::tensor({3, 1}, at::kLong));
  EXPECT_TRUE(at::equal(batch.factors.flatten(), at::tensor({3, 1}, at::kLong)));
  EXPECT_TRUE(at::equal(batch.inputs.flatten(), at::tensor({17.F, 3.F})));
  EXPECT_TRUE(at::equal(batch.labels, at::tensor({1, 1}, at::kLong)));
}

TEST(Factors, AreAbsentElsewhere) {
  EXPECT_TRUE(Dataset().factors().empty());
  const auto plain = Dataset::from_tensors(at::zeros({4, 1}));
  EXPECT_TRUE(plain.factors().empty());
  EXPECT_FALSE(plain.range(0, 4).factors.defined());
}

TEST(Factors, MustFitTheRows) {
  const auto set = Dataset::from_tensors(at::zeros({4, 1}));
  const auto refusal = [&](const std::vector<Factor>& factors, const Tensor& values) {
    return message_of<Error>([&] { (void)set.with_factors(factors, values); });
  };
  const auto values = at::tensor({0, 1, 2, 1}, at::kLong).unsqueeze(1);
  EXPECT_EQ(refusal({{"a", 3}}, values), "nothing was thrown");
  EXPECT_SAYS(refusal({{"a", 2}}, values), "values of \"a\" must be numbers from 0 to 1");
  EXPECT_SAYS(refusal({{"a", 3}}, values - 1), "values of \"a\" must be numbers from 0 to 2");
  EXPECT_SAYS(refusal({{"a", 3}}, values.slice(0, 1)), "int64 [rows, factors]");
  EXPECT_SAYS(refusal({{"a", 3}}, values.to(at::kInt)), "int64 [rows, factors]");
  EXPECT_SAYS(refusal({{"a", 3}, {"b", 3}}, values), "int64 [rows, factors]");
  EXPECT_SAYS(refusal({{"a", 3}}, {}), "int64 [rows, factors]");
}

TEST(Factors, StayThroughSplitsTransformsAndInspections) {
  const Data data{.name = "decimals", .train = decimals(30), .test = {}};
  const auto split = data.split({.validation = 5, .transforms = {FlattenTransform::Config{}}}, 3);
  for (const auto* part : {&split.train, &split.validation, &split.test}) {
    EXPECT_EQ(part->factors(), kTens);
    expect_decimals(part->range(0, part->size()));
  }
  int inspected = 0;
  const auto seen = decimals(30).inspected([&](const Batch& batch, const Where&) {
    expect_decimals(batch);
    ++inspected;
  });
  expect_decimals(seen.range(3, 9));
  EXPECT_EQ(inspected, 1);
  EXPECT_EQ(value_range(seen), (Range{0, 29}));
}

TEST(Factors, OfJoinedSetsAreKeptWhereTheyAreTheSame) {
  const auto both = joined({decimals(30), decimals(12)});
  EXPECT_EQ(both.factors(), kTens);
  expect_decimals(both.gather(at::tensor({41, 2, 29, 30}, at::kLong)));
  const auto plain = Dataset::from_tensors(at::zeros({4, 1}));
  for (const auto& other :
       {plain, plain.with_factors({{"tens", 3}, {"ones", 9}}, at::zeros({4, 2}, at::kLong))})
    for (const auto& sets : {std::vector<Dataset>{decimals(30), other}, {other, decimals(30)}}) {
      EXPECT_TRUE(joined(sets).factors().empty());
      EXPECT_FALSE(joined(sets).range(0, 34).factors.defined());
    }
}

TEST(Factors, OfJoinedSourcesStayWhenTheyAreRelabeled) {
  const Sprites::Config small{.size = 8, .scales = 1, .angles = 2, .positions = 2};
  const auto data = open_dataset(JoinedSources::Config{.sources = {small, small}, .label_by_source = true});
  EXPECT_EQ(data.train.factors(), open_dataset(small).train.factors());
  const auto batch = data.train.range(0, 48);
  EXPECT_TRUE(at::equal(batch.factors.slice(0, 0, 24), batch.factors.slice(0, 24)));
  EXPECT_TRUE(at::equal(batch.labels, at::arange(48, at::kLong).floor_divide(24)));
}

}  // namespace
}  // namespace aelab
