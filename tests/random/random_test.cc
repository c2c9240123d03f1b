#include "aelab/core/random.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

namespace aelab {
namespace {

at::Tensor drawn(std::int64_t seed, std::string_view stream, Position at = {}, std::int64_t count = 8) {
  auto random = random_generator(seed, stream, at);
  return at::rand({count}, random);
}

TEST(RandomGenerator, IsAPureFunctionOfItsArguments) {
  const auto first = drawn(1, "corruption", {.epoch = 2, .batch = 3});
  drawn(5, "another");
  at::manual_seed(7);
  EXPECT_TRUE(at::equal(drawn(1, "corruption", {.epoch = 2, .batch = 3}), first));
  EXPECT_TRUE(at::equal(drawn(1, "corruption"), drawn(1, "corruption", {.epoch = 0, .batch = 0})));
}

TEST(RandomGenerator, LeavesTheGlobalGeneratorAlone) {
  at::manual_seed(7);
  const auto before = at::rand({4});
  at::manual_seed(7);
  drawn(1, "corruption");
  EXPECT_TRUE(at::equal(at::rand({4}), before));
}

TEST(RandomGenerator, DiffersInEveryArgument) {
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  const at::Tensor all[] = {drawn(0, ""),
                            drawn(1, ""),
                            drawn(-1, ""),
                            drawn(std::int64_t{1} << 32, ""),
                            drawn(kLargest, ""),
                            drawn(0, "a"),
                            drawn(0, "b"),
                            drawn(0, "ab"),
                            drawn(0, "ba"),
                            drawn(0, "", {1, 0}),
                            drawn(0, "", {0, 1}),
                            drawn(0, "", {1, 1}),
                            drawn(1, "", {0, 0}).flip(0),
                            drawn(0, "", {kLargest, 0}),
                            drawn(0, "", {0, kLargest})};
  for (std::size_t i = 0; i < std::size(all); ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(at::equal(all[i], all[j])) << i << " " << j;
}

TEST(RandomGenerator, NeighboringPositionsAreUncorrelatedAndUniform) {
  // 400 positions of a run and one number each: as good as 400 numbers of one generator.
  std::vector<double> firsts;
  for (std::int64_t epoch = 0; epoch < 20; ++epoch)
    for (std::int64_t batch = 0; batch < 20; ++batch)
      firsts.push_back(drawn(0, "corruption", {epoch, batch}, 1).item<double>());
  const auto x = at::tensor(firsts);
  const double n = static_cast<double>(firsts.size());
  EXPECT_NEAR(x.mean().item<double>(), 0.5, 4 * std::sqrt(1 / 12.0 / n));  // 4 standard errors
  EXPECT_NEAR(x.var().item<double>(), 1 / 12.0, 4 * std::sqrt(1 / 180.0 / n));
  const auto centerd = x - x.mean();
  const double covariance = (centerd.slice(0, 1) * centerd.slice(0, 0, -1)).mean().item<double>();
  EXPECT_LT(std::abs(covariance * 12), 4 / std::sqrt(n));
  EXPECT_EQ(std::set<double>(firsts.begin(), firsts.end()).size(), firsts.size());
}

}  // namespace
}  // namespace aelab
