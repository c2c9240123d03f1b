// Limits of values, by which a likelihood that is left out is chosen; and the ranges that they come from.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/core/error.h"
#include "aelab/data/source.h"
#include "aelab/data/transforms.h"
#include "tests/support.h"

namespace aelab {
namespace {

Tensor within(double least, double most, std::int64_t rows = 40) {
  auto values = at::rand({rows, 3}) * (most - least) + least;
  values[0][0] = least;
  values[1][1] = most;
  return values;
}

Data own(double least, double most) {
  return {.name = "own", .train = Dataset::from_tensors(within(least, most))};
}

std::pair<double, double> pair_of(const Bounds& bounds) { return {bounds.least, bounds.most}; }

constexpr double kInfinite = std::numeric_limits<double>::infinity();
const std::pair<double, double> kUnlimited = {-kInfinite, kInfinite};

TEST(Values, OfASourceAreThoseOfTrainingAndTestRows) {
  auto data = own(0, 1);
  EXPECT_EQ(pair_of(data.values()), std::pair(0.0, 1.0));
  data.test = Dataset::from_tensors(at::full({2, 3}, 1.5));
  EXPECT_EQ(pair_of(data.values()), std::pair(0.0, 1.5));
  data.test = Dataset::from_tensors(at::full({2, 3}, std::nan("")));
  EXPECT_EQ(pair_of(data.values()), kUnlimited);
  data.test = Dataset::from_tensors(at::full({2, 3}, kInfinite));
  EXPECT_EQ(pair_of(data.values()), kUnlimited);
}

TEST(Values, AreWhatTheTransformsGuarantee) {
  using Scale = ScaleTransform::Config;
  using Transforms = std::vector<Choice<Transform>>;
  const auto limits = [](double least, double most, const Transforms& transforms) {
    return pair_of(SplitConfig{.transforms = transforms}.changed(between(least, most)));
  };
  EXPECT_EQ(limits(-2, 3, {}), std::pair(-2.0, 3.0));
  EXPECT_EQ(limits(-2, 3, {Scale{}}), kUnlimited);
  EXPECT_EQ(limits(-2, 3, {Scale{.clip = true}}), std::pair(0.0, 1.0));
  EXPECT_EQ(limits(0, 255, {Scale{.from = {{0, 255}}}}), std::pair(0.0, 1.0));
  EXPECT_EQ(limits(0, 510, {Scale{.from = {{0, 255}}, .to = {-1, 1}}}), std::pair(-1.0, 3.0));
  EXPECT_EQ(limits(0, 1, {StandardizeTransform::Config{}}), kUnlimited);
  EXPECT_EQ(limits(-9, 9, {BinarizeTransform::Config{}}), std::pair(0.0, 1.0));
  EXPECT_EQ(limits(0.5, 1, {CropTransform::Config{.height = 4, .width = 4, .padding = 1}}),
            std::pair(0.0, 1.0));
  EXPECT_EQ(limits(0.5, 1, {CropTransform::Config{.height = 4, .width = 4}}), std::pair(0.5, 1.0));
  EXPECT_EQ(limits(0, 1, {WhitenTransform::Config{}, Scale{.clip = true}}), std::pair(0.0, 1.0));
}

TEST(Values, OfASplitDependNeitherOnSeedNorOnTheSplit) {
  auto data = own(0, 1);
  for (std::int64_t seed = 0; seed < 3; ++seed)
    EXPECT_EQ(pair_of(data.split({.validation = 20, .train = 3, .test = 5}, seed).limits()),
              std::pair(0.0, 1.0));
  const Split by_hand{.train = own(0.2, 0.5).train, .validation = {}, .test = own(0, 0.4).train};
  EXPECT_EQ(pair_of(by_hand.limits()), std::pair(0.0, 0.5));
}

TEST(Values, AreLookedForOnce) {
  class Counting : public Storage {
   public:
    std::int64_t size() const override { return 10; }
    Shape shape() const override { return {2}; }
    bool has_labels() const override { return false; }
    Batch gather(const Tensor& rows, const Randomness&) const override {
      gathered += rows.size(0);
      return {at::ones({rows.size(0), 2}), {}, rows};
    }
    mutable std::int64_t gathered = 0;
  };
  const auto storage = std::make_shared<Counting>();
  const Dataset rows(storage);
  EXPECT_FALSE(rows.surely_within(0, 1));
  EXPECT_EQ(value_range(rows), std::pair(1.0, 1.0));
  EXPECT_EQ(value_range(rows), std::pair(1.0, 1.0));
  EXPECT_EQ(storage->gathered, 10);
  const auto some = rows.subset(at::arange(3));
  EXPECT_TRUE(some.surely_within(0, 1));
  EXPECT_FALSE(some.surely_within(0, 0.5));
}

}  // namespace
}  // namespace aelab
