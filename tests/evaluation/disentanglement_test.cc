#include "aelab/evaluation/metrics/disentanglement.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/core/random.h"
#include "aelab/data/sources/sprites.h"
#include "aelab/evaluation/factor_information.h"
#include "aelab/evaluation/factor_predictors.h"
#include "aelab/evaluation/factor_votes.h"
#include "tests/support.h"

namespace aelab {
namespace {

// ---- the formulas

/// The table of reference_disentanglement.py, which prints the numbers that are expected of it.
struct Table {
  Tensor codes, factors;
};
Table reference_table() {
  const auto i = at::arange(360, at::kLong);
  const auto factors = at::stack({i.remainder(3), i.floor_divide(3).remainder(4)}, 1);
  const auto noise = [&](std::int64_t factor, std::int64_t prime) {
    return (i * factor).remainder(prime).to(at::kDouble) / prime;
  };
  const auto a = factors.select(1, 0).to(at::kDouble), b = factors.select(1, 1).to(at::kDouble);
  return {at::stack({a + 0.8 * noise(7919, 101), b * b + 3 * noise(104729, 211), a + 0.5 * b + noise(31, 17),
                     noise(1299709, 53)},
                    1),
          factors};
}

TEST(Disentanglement, AgreesWithScikitLearn) {
  const auto [codes, factors] = reference_table();
  const auto information = mutual_information(codes, factors, 20);
  const auto expected = at::tensor({1.09861228867, 0.00929277415526, 0.00558059660781, 1.10768040395,
                                    0.537161283509, 0.286218221093, 0.00535948533977, 0.00871753873482})
                            .view({4, 2});
  EXPECT_TRUE(at::allclose(information, expected, 0, 1e-10)) << information;
  EXPECT_NEAR(mutual_information_gap(information, entropies_of(factors)), 0.551807218732, 1e-10);
  EXPECT_NEAR(modularity(information), 0.834504804839, 1e-10);
  EXPECT_NEAR(separated_attribute_predictability(codes, factors), 0.433845766388, 1e-10);
  const auto importances =
      at::tensor({0.7, 0.1, 0.0, 0.2, 0.5, 0.0, 0.1, 0.4, 0.3, 0.0, 0.0, 0.7}, at::kDouble).view({4, 3});
  EXPECT_NEAR(disentanglement_of(importances), 0.544984565596, 1e-10);
  EXPECT_NEAR(completeness_of(importances), 0.43349423398, 1e-10);
  EXPECT_NEAR(explicitness(codes, factors), 0.974907407407, 1e-4);
}

TEST(Disentanglement, MutualInformationGapIsThatComputedByHand) {
  // The first dimension is a; the second is 1 for one row of each value of a, both with b = 1: it says
  // nothing about a, and of b that b = 1 where it is 1.
  const auto a = at::tensor({0, 0, 0, 0, 1, 1, 1, 1}, at::kLong),
             b = at::tensor({0, 0, 1, 1, 0, 0, 1, 1}, at::kLong);
  const auto codes = at::stack({a.to(at::kDouble) * 3 - 7, at::tensor({0., 0., 1., 0., 0., 0., 1., 0.})}, 1);
  const auto factors = at::stack({a, b}, 1);
  const auto information = mutual_information(codes, factors, 2);
  const double log2 = std::log(2.), h = -(0.25 * std::log(0.25) + 0.75 * std::log(0.75));
  const double about_b = h - 0.5 * log2;  // H(code) - H(code given b), which is a coin where b = 1
  EXPECT_NEAR(information[0][0].item<double>(), log2, 1e-12);
  EXPECT_NEAR(information[0][1].item<double>(), 0, 1e-12);
  EXPECT_NEAR(information[1][0].item<double>(), 0, 1e-12);
  EXPECT_NEAR(information[1][1].item<double>(), about_b, 1e-12);
  EXPECT_NEAR(mutual_information_gap(information, entropies_of(factors)), (1 + about_b / log2) / 2, 1e-12);
  // The information of a single dimension is all gap.
  EXPECT_NEAR(mutual_information_gap(information.slice(0, 0, 1), entropies_of(factors)), 0.5, 1e-12);
}

TEST(Disentanglement, ImportancesAreJudgedByTheirEntropies) {
  const auto eye = 5 * at::eye(5, at::kDouble), doubled = at::cat({eye, eye}),
             shared = at::cat({eye, eye}, 1);
  const double half_of_ten = 1 - std::log(2.) / std::log(10.);
  EXPECT_NEAR(disentanglement_of(eye), 1, 1e-12);
  EXPECT_NEAR(completeness_of(eye), 1, 1e-12);
  EXPECT_NEAR(disentanglement_of(doubled), 1, 1e-12);  // two dimensions for each factor
  EXPECT_NEAR(completeness_of(doubled), half_of_ten, 1e-12);
  EXPECT_NEAR(disentanglement_of(shared), half_of_ten, 1e-12);  // two factors in each dimension
  EXPECT_NEAR(completeness_of(shared), 1, 1e-12);
  EXPECT_NEAR(disentanglement_of(eye.slice(0, 0, 2)), 1, 1e-12);  // factors that no dimension has
  EXPECT_EQ(disentanglement_of(at::zeros({4, 4}, at::kDouble)), 0);
  EXPECT_EQ(completeness_of(at::zeros({4, 4}, at::kDouble)), 0);
  EXPECT_NEAR(modularity(eye), 1, 1e-12);
  EXPECT_NEAR(modularity(doubled), 1, 1e-12);
  EXPECT_NEAR(modularity(shared), 1 - 1. / 9, 1e-12);
  EXPECT_NEAR(modularity(at::cat({eye, at::zeros({5, 5}, at::kDouble)})), 0.5, 1e-12);  // silent dimensions
}

// ---- the metric

enum Score {
  kMig,
  kModularity,
  kSap,
  kDisentanglement,
  kCompleteness,
  kInformativeness,
  kExplicitness,
  kBetaVae,
  kFactorVae,
  kScores
};

/// Random combinations of five factors.
Tensor random_factors(std::int64_t rows = 3000) {
  auto random = random_generator(0, "test factors");
  std::vector<Tensor> columns;
  for (const std::int64_t values : {3, 4, 5, 6, 7})
    columns.push_back(at::randint(values, {rows}, random, at::kLong));
  return at::stack(columns, 1);
}

Tensor noise_like(const Tensor& x, const std::string& stream) {
  return at::randn(x.sizes(), random_generator(0, stream), at::kDouble);
}

std::vector<std::optional<double>> scores(const Tensor& codes, const Tensor& factors,
                                          const Disentanglement::Config& config = {},
                                          std::int64_t batch = 999) {
  Disentanglement metric(config);
  for (std::int64_t begin = 0; begin < codes.size(0); begin += batch)
    metric.add({.target = {},
                .code = codes.slice(0, begin, begin + batch),
                .reconstruction = {},
                .factors = factors.defined() ? factors.slice(0, begin, begin + batch) : Tensor()});
  EXPECT_EQ(metric.measures().size(), std::size_t{kScores});
  return metric.values();
}

/// Each expected score, and how far from it the found one may be.
void expect_between(const std::vector<std::optional<double>>& found,
                    const std::vector<std::pair<double, double>>& limits) {
  const auto measures = Disentanglement({}).measures();
  for (std::size_t i = 0; i < kScores; ++i) {
    ASSERT_TRUE(found[i]) << measures[i].name;
    EXPECT_GE(*found[i], limits[i].first) << measures[i].name;
    EXPECT_LE(*found[i], limits[i].second) << measures[i].name;
  }
}

const std::pair<double, double> kBest = {0.9, 1.0 + 1e-12}, kWorst = {0, 0.2};

TEST(Disentanglement, IsBestForPerfectCodes) {
  const auto factors = random_factors();
  expect_between(scores(factors.to(at::kDouble) * 2 - 5, factors),
                 std::vector<std::pair<double, double>>(kScores, kBest));
}

TEST(Disentanglement, IsWorstForConstantCodes) {
  const auto factors = random_factors();
  auto limits = std::vector<std::pair<double, double>>(kScores, kWorst);
  limits[kInformativeness] = {0.2, 0.25};  // 1 / values, the mean over factors
  limits[kBetaVae] = {0.18, 0.22};         // 1 / factors
  expect_between(scores(at::full({3000, 4}, 0.1F), factors), limits);
}

TEST(Disentanglement, CountsDuplicatedCodesWhereItSaysSo) {
  const auto factors = random_factors();
  const auto codes = factors.to(at::kDouble);
  auto limits = std::vector<std::pair<double, double>>(kScores, kBest);
  limits[kMig] = limits[kSap] = {0, 0.1};
  const double halved = 1 - std::log(2.) / std::log(10.);
  limits[kCompleteness] = {halved - 0.1, halved + 0.1};
  expect_between(scores(at::cat({codes, codes}, 1), factors), limits);
}

TEST(Disentanglement, IsLowForRotatedAndForUnrelatedCodes) {
  const auto factors = random_factors();
  auto mixed = factors.to(at::kDouble);
  mixed = (mixed - mixed.mean(0)) / mixed.std(0);
  const auto turn = std::get<0>(at::linalg_qr(at::randn({5, 5}, random_generator(3, "turn"), at::kDouble)));
  const auto rotated = scores(at::mm(mixed, turn), factors);
  for (const auto score : {kMig, kSap, kDisentanglement, kCompleteness})
    EXPECT_LT(*rotated[score], 0.5) << score;
  EXPECT_GT(*rotated[kExplicitness], 0.8);  // whatever the axes are
  const auto unrelated = scores(noise_like(mixed, "unrelated"), factors);
  for (const auto score : {kMig, kSap, kDisentanglement, kCompleteness, kExplicitness})
    EXPECT_LT(*unrelated[score], 0.1) << score;
  EXPECT_NEAR(*unrelated[kBetaVae], 0.2, 0.05);
  EXPECT_NEAR(*unrelated[kFactorVae], 0.2, 0.05);
}

TEST(Disentanglement, DoesNotDependOnOrderSignOrScaleOfDimensions) {
  const auto factors = random_factors(2000);
  auto codes = factors.to(at::kDouble);
  codes = at::cat({codes + 0.5 * noise_like(codes, "noise"), noise_like(codes, "more").slice(1, 0, 2)}, 1);
  const auto as_is = scores(codes, factors);
  const auto permuted = scores(codes.index_select(1, at::tensor({3, 6, 0, 5, 2, 1, 4}, at::kLong)), factors);
  const auto flipped = scores(codes * at::tensor({-1., 1., -0.01, -200., 1., -1., 1e-4}), factors);
  for (std::size_t i = 0; i < kScores; ++i) {
    EXPECT_NEAR(*permuted[i], *as_is[i], 0.015) << i;  // histogram edges and equally good splits
    EXPECT_NEAR(*flipped[i], *as_is[i], 0.015) << i;
  }
}

TEST(Disentanglement, IsTheSameForOneSeedAndInAnyBatches) {
  const auto factors = random_factors(1500);
  const auto codes = factors.to(at::kDouble) + noise_like(factors, "noise");
  const Disentanglement::Config config{.rows = 700, .seed = 3};
  const auto once = scores(codes, factors, config), again = scores(codes, factors, config, 7);
  EXPECT_EQ(once, again);
  const auto other = scores(codes, factors, {.rows = 700, .seed = 4});
  EXPECT_NE(once, other);
  for (std::size_t i = 0; i < kScores; ++i) EXPECT_NEAR(*once[i], *other[i], 0.15) << i;
}

TEST(Disentanglement, LeavesOutWhatDoesNotApply) {
  const auto factors = random_factors(400);
  const auto codes = factors.to(at::kDouble);
  const auto constant = at::cat({factors, at::ones({400, 1}, at::kLong)}, 1);
  EXPECT_EQ(scores(codes, constant), scores(codes, factors)) << "a factor that does not vary";
  const auto silent = scores(at::cat({codes, at::full({400, 1}, 0.1)}, 1), factors);
  for (const auto score : {kMig, kSap, kDisentanglement, kCompleteness, kBetaVae, kFactorVae})
    EXPECT_GT(silent[score].value_or(0), 0.9) << score << ": a dimension that does not vary";
  const auto one_factor = scores(codes, factors.slice(1, 2, 3));
  for (const auto score : {kModularity, kDisentanglement, kBetaVae, kFactorVae})
    EXPECT_FALSE(one_factor[score]);
  for (const auto score : {kMig, kSap, kCompleteness, kInformativeness, kExplicitness})
    EXPECT_GT(one_factor[score].value_or(0), 0.8) << score;
  const auto one_dimension = scores(codes.slice(1, 0, 1), factors);
  for (std::size_t i = 0; i < kScores; ++i) EXPECT_EQ(one_dimension[i].has_value(), i != kCompleteness) << i;
  const std::vector<std::optional<double>> none(kScores);
  EXPECT_EQ(scores(codes, {}), none);
  EXPECT_EQ(scores(codes / 0, factors), none);
  EXPECT_EQ(scores(at::zeros({20, 513}), factors.slice(0, 0, 20)), none);
  const auto unique = at::arange(400, at::kLong).unsqueeze(1).expand({400, 2});
  const auto no_groups = scores(codes.slice(1, 0, 2), unique);
  EXPECT_FALSE(no_groups[kBetaVae] || no_groups[kFactorVae]) << "no two rows share a value";
}

TEST(Disentanglement, NeedsFactors) {
  const auto plain = Dataset::from_tensors(at::zeros({4, 1}));
  EXPECT_SAYS(message_of<Error>([&] {
                Disentanglement({}).check({plain, plain, plain});
              }),
              "\"disentanglement\" needs known factors of variation");
  const auto sprites = open_dataset(Sprites::Config{.combinations = {.rows = 4}}).train;
  EXPECT_NO_THROW(Disentanglement({}).check({sprites, sprites, sprites}));
}

}  // namespace
}  // namespace aelab
