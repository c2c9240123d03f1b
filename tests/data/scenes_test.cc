// Pictures of known factors: which rows there are, and that each shows what its factors say.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "aelab/core/error.h"
#include "aelab/data/batches.h"
#include "aelab/data/source.h"
#include "aelab/data/sources.h"
#include "tests/support.h"

namespace aelab {
namespace {

Batch all_of(const Dataset& set) { return set.range(0, set.size()); }

std::multiset<std::vector<std::int64_t>> combinations_of(const Dataset& set) {
  const auto factors = all_of(set).factors;
  std::multiset<std::vector<std::int64_t>> combinations;
  for (std::int64_t i = 0; i < factors.size(0); ++i) {
    const auto* row = factors[i].const_data_ptr<std::int64_t>();
    combinations.insert({row, row + factors.size(1)});
  }
  return combinations;
}

/// The picture [channels, height, width] of these values.
Tensor picture_of(const Dataset& set, const std::vector<std::int64_t>& values) {
  const auto all = all_of(set);
  const auto places = (all.factors == at::tensor(values, at::kLong)).all(1).nonzero().flatten();
  EXPECT_EQ(places.size(0), 1) << "one row for each combination";
  return all.inputs[places[0].item<std::int64_t>()];
}

const Sprites::Config kFewSprites = {.size = 16, .scales = 2, .angles = 4, .positions = 3};

TEST(Scenes, HaveEveryCombinationOnce) {
  auto config = kFewSprites;
  const auto whole = combinations_of(open_dataset(config).train);
  EXPECT_EQ(whole.size(), 3U * 2 * 4 * 3 * 3);
  EXPECT_EQ(std::set(whole.begin(), whole.end()).size(), whole.size());
  EXPECT_TRUE(whole.contains({0, 0, 0, 0, 0}) && whole.contains({2, 1, 3, 2, 2}));
  config.combinations.test_rows = 50;
  const auto data = open_dataset(config);
  auto parts = combinations_of(data.train);
  EXPECT_EQ(data.test->size(), 50);
  parts.merge(combinations_of(*data.test));
  EXPECT_EQ(parts, whole);
}

TEST(Scenes, AreSampledBySeed) {
  const auto opened = [](std::int64_t rows, std::int64_t seed) {
    auto config = kFewSprites;
    config.combinations = {.rows = rows, .test_rows = 20, .seed = seed};
    return open_dataset(config);
  };
  const auto few = opened(30, 0), many = opened(100, 0), other = opened(30, 1);
  EXPECT_EQ(few.train.size(), 30);
  EXPECT_EQ(combinations_of(*few.test), combinations_of(*many.test)) << "more training rows, the same test";
  EXPECT_TRUE(at::equal(all_of(few.train).factors, many.train.range(0, 30).factors));
  EXPECT_NE(combinations_of(few.train), combinations_of(other.train));
  for (std::int64_t k = 0; k < 5; ++k)  // of all factors all values
    EXPECT_EQ(all_of(many.train).factors.select(1, k).max().item<std::int64_t>() + 1,
              many.train.factors()[static_cast<std::size_t>(k)].values);
}

TEST(Scenes, AreTheSameHoweverTheyAreGathered) {
  const auto set = open_dataset(kFewSprites).train;
  const auto whole = all_of(set);
  const Batches batches(set, 25);  // ahead, in another thread
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    const auto batch = batches[i];
    EXPECT_TRUE(at::equal(batch.inputs, whole.inputs.slice(0, 25 * i, 25 * i + 25)));
    EXPECT_TRUE(at::equal(batch.factors, whole.factors.slice(0, 25 * i, 25 * i + 25)));
  }
  EXPECT_TRUE(at::equal(set.labels(), whole.factors.select(1, 0)));
  EXPECT_TRUE(at::equal(whole.labels, whole.factors.select(1, 0)));
}

TEST(Scenes, RefuseMoreRowsThanThereAre) {
  const auto refusal = [](const CombinationsConfig& combinations) {
    auto config = kFewSprites;
    config.combinations = combinations;
    return message_of<Error>([&] { open_dataset(config); });
  };
  EXPECT_SAYS(
      refusal({.rows = 200, .test_rows = 17}),
      "rows: there are 216 combinations of the factors' values, too few for 200 training rows and 17");
  EXPECT_SAYS(refusal({.test_rows = 216}), "test_rows: there are 216 combinations");
  EXPECT_EQ(refusal({.rows = 200, .test_rows = 16}), "nothing was thrown");
  EXPECT_SAYS(message_of<Error>([] { open_dataset(XySquares::Config{.spacing = 1}); }),
              "rows: at most 100000000 of the 34296447249 combinations");
  EXPECT_EQ(open_dataset(XySquares::Config{.spacing = 1, .combinations = {.rows = 5}}).train.size(), 5);
}

TEST(Scenes, NameTheirClasses) {
  const auto data = open_dataset(kFewSprites);
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"square", "ellipse", "heart"}));
  EXPECT_EQ(data.label, "shape");
  EXPECT_EQ(data.classes(), 3);
  EXPECT_FALSE(open_dataset(XyObject::Config{.combinations = {.rows = 5}}).train.has_labels());
}

// ---- sprites

/// Area, farthest distance and centroid of the heart as it is defined, a square of side 1 on its corner with
/// half discs on its upper sides, from a fine grid.
struct Measured {
  double area = 0, reach = 0, height = 0;
};
Measured heart_measured() {
  constexpr int kSteps = 2000;
  constexpr double kSpan = 1.6, kStep = 2 * kSpan / kSteps;
  const auto inside = [](double x, double y) {
    const double s = std::sqrt(0.5);
    if (std::abs(x) + std::abs(y) < s) return true;  // the corners are s away from the middle
    const auto in_disc = [&](double middle) { return std::hypot(x - middle, y - s / 2) < 0.5; };
    return in_disc(s / 2) || in_disc(-s / 2);
  };
  std::vector<std::pair<double, double>> points;
  Measured heart;
  for (int i = 0; i < kSteps; ++i)
    for (int j = 0; j < kSteps; ++j) {
      const double x = -kSpan + (i + 0.5) * kStep, y = -kSpan + (j + 0.5) * kStep;
      if (!inside(x, y)) continue;
      points.emplace_back(x, y);
      heart.height += y;
    }
  heart.area = static_cast<double>(points.size()) * kStep * kStep;
  heart.height /= static_cast<double>(points.size());
  for (const auto& [x, y] : points) heart.reach = std::max(heart.reach, std::hypot(x, y - heart.height));
  return heart;
}

TEST(SpritesSource, HasTheAreasAndCentroidsThatItsFactorsSay) {
  const Sprites::Config config{.size = 64, .scales = 3, .angles = 5, .positions = 4};
  const auto all = all_of(open_dataset(config).train);
  const auto heart = heart_measured();
  const auto places = at::arange(64, at::kDouble) + 0.5;
  const auto pictures = all.inputs.squeeze(1).to(at::kDouble);
  const auto area = pictures.sum({1, 2});
  const auto x = (pictures.sum(1) * places).sum(1) / area, y = (pictures.sum(2) * places).sum(1) / area;
  const double unit_areas[] = {2, M_PI / 2, heart.area / (heart.reach * heart.reach)};  // farthest point at 1
  for (std::int64_t i = 0; i < area.size(0); ++i) {
    const auto* values = all.factors[i].const_data_ptr<std::int64_t>();
    const double reach = 16 * (0.5 + 0.25 * static_cast<double>(values[1]));
    const double expected = unit_areas[values[0]] * reach * reach;
    EXPECT_NEAR(area[i].item<double>() / expected, 1, 0.015) << all.factors[i];
    EXPECT_NEAR(x[i].item<double>(), 16 + 32 * static_cast<double>(values[3]) / 3, 0.05) << all.factors[i];
    EXPECT_NEAR(y[i].item<double>(), 16 + 32 * static_cast<double>(values[4]) / 3, 0.05) << all.factors[i];
  }
}

TEST(SpritesSource, DrawsTheSquareThatIsComputedByHand) {
  // In the middle of 8x8 pixels, its corners 2 pixels away: sides at 4 +- sqrt(2). A pixel at a side is
  // covered by sqrt(2) - 1; the middle of one at a corner is sqrt(2) (1.5 - sqrt(2)) away from it.
  const Sprites::Config config{.size = 8, .scales = 1, .angles = 1, .positions = 1};
  const auto side = static_cast<float>(std::sqrt(2.) - 1),
             corner = static_cast<float>(0.5 - std::sqrt(2.) * (1.5 - std::sqrt(2.)));
  auto expected = at::zeros({1, 8, 8});
  expected.slice(1, 2, 6).slice(2, 2, 6).fill_(side);
  expected.slice(1, 3, 5).slice(2, 3, 5).fill_(1);
  for (const std::int64_t row : {2, 5})
    for (const std::int64_t column : {2, 5}) expected[0][row][column].fill_(corner);
  const auto drawn = picture_of(open_dataset(config).train, {0, 0, 0, 0, 0});
  EXPECT_TRUE(at::allclose(drawn, expected, 0, 1e-6)) << drawn;
}

TEST(SpritesSource, DrawsAnEllipseWithItsLongAxisFromLeftToRight) {
  const Sprites::Config config{.size = 64, .scales = 1, .angles = 1, .positions = 1};
  const auto drawn = picture_of(open_dataset(config).train, {1, 0, 0, 0, 0}).squeeze(0);
  EXPECT_NEAR(drawn[32].sum().item<double>(), 32, 0.2);            // beside the middle
  EXPECT_NEAR(drawn.select(1, 32).sum().item<double>(), 16, 0.2);  // half as wide
}

TEST(SpritesSource, TurnsCounterclockwiseByEqualStepsWithoutItsEndPoint) {
  const Sprites::Config config{.size = 33, .scales = 1, .angles = 4, .positions = 1};
  const auto set = open_dataset(config).train;
  const auto upright = picture_of(set, {2, 0, 0, 0, 0});
  EXPECT_LT(upright.squeeze(0).sum(1).argmax().item<std::int64_t>(), 16) << "it is widest above its centroid";
  for (std::int64_t turn = 1; turn < 4; ++turn) {
    EXPECT_TRUE(at::allclose(picture_of(set, {2, 0, turn, 0, 0}), at::rot90(upright, turn, {1, 2}), 0, 1e-5));
    EXPECT_GT((picture_of(set, {2, 0, turn, 0, 0}) - upright).abs().max().item<double>(), 0.5);
  }
}

TEST(SpritesSource, IsTheWholeGridByDefault) {
  const auto data = open_dataset(Sprites::Config{});
  EXPECT_EQ(data.train.size(), 3 * 6 * 40 * 32 * 32);
  EXPECT_EQ(data.shape(), (Shape{1, 64, 64}));
}

TEST(SpritesSource, ReplacesTheDistributionOfThatName) {
  EXPECT_SAYS(message_of<Error>([] { (void)Choice<Distribution>::named("sprites"); }),
              "\"sprites\" is a source of its own: {\"source\": \"sprites\"");
}

// ---- squares

TEST(XySquaresSource, IsEquallyFarApartForPixelLosses) {
  const auto data = open_dataset(XySquares::Config{.combinations = {.rows = 400}});
  EXPECT_EQ(data.shape(), (Shape{3, 64, 64}));
  const auto all = all_of(data.train);
  const auto pixels = all.inputs.flatten(1);
  const auto distances = (pixels.unsqueeze(1) - pixels.unsqueeze(0).slice(1, 0, 40)).square().sum(2);
  const auto moved = (all.factors.view({-1, 1, 3, 2}) != all.factors.view({1, -1, 3, 2}).slice(1, 0, 40))
                         .any(3)
                         .sum(2);  // squares in other places
  EXPECT_TRUE(at::equal(distances, (moved * 2 * 64).to(at::kFloat)));
  EXPECT_EQ(open_dataset(XySquares::Config{}).train.size(), 262'144);
}

TEST(XySquaresSource, DrawsEachSquareInItsChannel) {
  const auto batch = open_dataset(XySquares::Config{.combinations = {.rows = 20}}).train.range(0, 20);
  for (std::int64_t i = 0; i < 20; ++i) {
    auto expected = at::zeros({3, 64, 64});
    const auto* v = batch.factors[i].const_data_ptr<std::int64_t>();
    for (std::int64_t c = 0; c < 3; ++c)
      expected[c].narrow(0, 8 * v[2 * c + 1], 8).narrow(1, 8 * v[2 * c], 8).fill_(1);
    EXPECT_TRUE(at::equal(batch.inputs[i], expected)) << batch.factors[i];
  }
}

TEST(XySquaresSource, CentersSpacedPositions) {
  const auto data = open_dataset(XySquares::Config{.spacing = 5, .combinations = {.rows = 2000}});
  EXPECT_EQ(data.train.factors().front().values, 12);  // at 0, 5, ..., 55 and a margin of (64 - 63) / 2
  const auto seen = all_of(data.train).inputs.amax({0, 1});
  EXPECT_EQ(seen.narrow(0, 0, 63).narrow(1, 0, 63).sum().item<float>(), 63 * 63);
  EXPECT_EQ(seen.narrow(0, 63, 1).sum().item<float>(), 0);
}

TEST(XyObjectSource, DrawsOneSquareOfItsColor) {
  const auto data = open_dataset(XyObject::Config{});
  EXPECT_EQ(data.train.factors(), (std::vector<Factor>{{"x", 25}, {"y", 25}, {"scale", 5}, {"color", 24}}));
  EXPECT_EQ(data.train.size(), 75'000);
  const auto batch = data.train.range(0, 500);
  // Red, yellow, green, cyan, blue, magenta.
  const auto hues =
      at::tensor({1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 1}, at::kFloat).view({6, 3});
  const double levels[] = {63, 127, 191, 255};  // quarters of 255, rounded down
  for (std::int64_t i = 0; i < 500; ++i) {
    const auto* v = batch.factors[i].const_data_ptr<std::int64_t>();
    const auto side = 7 + 2 * v[2], left = 2 * v[0] + 4 - v[2], top = 2 * v[1] + 4 - v[2];
    auto expected = at::zeros({3, 64, 64});
    expected.narrow(1, top, side)
        .narrow(2, left, side)
        .copy_((hues[v[3] % 6] * (levels[v[3] / 6] / 255)).view({3, 1, 1}));
    EXPECT_TRUE(at::allclose(batch.inputs[i], expected, 0, 1e-6)) << batch.factors[i];
  }
}

}  // namespace
}  // namespace aelab
