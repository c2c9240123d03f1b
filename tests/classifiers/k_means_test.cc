#include "aelab/classifiers/k_means.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "aelab/classifiers/clustering_scores.h"
#include "aelab/core/random.h"
#include "tests/support.h"

namespace aelab {
namespace {

at::Tensor numbers(std::initializer_list<std::int64_t> values) {
  return at::tensor(values, at::TensorOptions(at::kLong));
}

at::Tensor cloud(std::int64_t rows, std::int64_t features) {
  return at::empty({rows, features}, at::kFloat).normal_(0, 1, random_generator(3, "test"));
}

TEST(KMeans, AreThoseComputedByHand) {
  // Groups {0, 1} and {10, 11, 12}: centers 0.5 and 11, inertia 2 * 0.25 + 2 * 1.
  const auto found = k_means(at::tensor({0.F, 10.F, 11.F, 1.F, 12.F}).unsqueeze(1), {.clusters = 2}, 0);
  EXPECT_NEAR(found.inertia, 2.5, 1e-12);
  const auto centers = std::get<0>(found.centers.squeeze(1).sort());
  EXPECT_NEAR(centers[0].item<double>(), 0.5, 1e-12);
  EXPECT_NEAR(centers[1].item<double>(), 11, 1e-12);
  EXPECT_EQ(best_matching_accuracy(found.clusters, numbers({0, 1, 1, 0, 1})), 1);
}

TEST(KMeans, IsAFixedPointAndFixedByTheSeed) {
  const auto x = cloud(300, 3);
  const auto a = k_means(x, {.clusters = 6, .restarts = 3}, 7),
             b = k_means(x, {.clusters = 6, .restarts = 3}, 7);
  EXPECT_TRUE(a.centers.equal(b.centers) && a.clusters.equal(b.clusters));
  for (std::int64_t i = 0; i < 6; ++i) {
    const auto members = x.index({a.clusters == i}).to(at::kDouble);
    ASSERT_GT(members.size(0), 0);
    EXPECT_TRUE(at::allclose(members.mean(0), a.centers[i], 1e-9, 1e-9));
  }
  const auto nearest = at::cdist(x.to(at::kDouble), a.centers).argmin(1);
  EXPECT_TRUE(nearest.equal(a.clusters));
}

TEST(KMeans, MoreRestartsAreNoWorse) {
  const auto x = cloud(200, 2);
  double before = std::numeric_limits<double>::infinity();
  for (const std::int64_t restarts : {1, 4, 16}) {
    const double inertia = k_means(x, {.clusters = 8, .restarts = restarts}, 0).inertia;
    EXPECT_LE(inertia, before);
    before = inertia;
  }
}

TEST(KMeans, TakesEqualRowsAndAsManyClustersAsRows) {
  EXPECT_EQ(k_means(at::ones({5, 2}), {.clusters = 3}, 0).inertia, 0);
  EXPECT_NEAR(k_means(cloud(4, 2), {.clusters = 4}, 0).inertia, 0, 1e-12);
  EXPECT_SAYS(message_of<Error>([] { k_means(cloud(4, 2), {.clusters = 5}, 0); }), "5 clusters need");
  EXPECT_SAYS(message_of<Error>([] {
                k_means(at::full({4, 2}, std::nan("")), {.clusters = 2}, 0);
              }),
              "not a number");
}

TEST(ClusteringScores, AreOneForRenamedClasses) {
  const auto classes = numbers({0, 0, 1, 1, 2, 2, 2}), renamed = numbers({2, 2, 0, 0, 1, 1, 1});
  EXPECT_NEAR(normalized_mutual_information(renamed, classes), 1, 1e-12);
  EXPECT_NEAR(adjusted_rand_index(renamed, classes), 1, 1e-12);
  EXPECT_EQ(best_matching_accuracy(renamed, classes), 1);
}

TEST(ClusteringScores, AreThoseComputedByHand) {
  // Clusters {a a b}, {b}: numbers [[2, 1], [0, 1]].
  const auto clusters = numbers({0, 0, 0, 1}), classes = numbers({0, 0, 1, 1});
  // H(clusters) = ln 4 - 3/4 ln 3, H(classes) = ln 2, joint = 3/2 ln 2; shared = 3/2 ln 2 - 3/4 ln 3.
  const double shared = 1.5 * std::log(2) - 0.75 * std::log(3);
  const double mean = (std::log(4) - 0.75 * std::log(3) + std::log(2)) / 2;
  EXPECT_NEAR(normalized_mutual_information(clusters, classes), shared / mean, 1e-12);
  // Pairs: together 1, in clusters 3, in classes 2, all 6: (1 - 3 * 2 / 6) / (5/2 - 1) = 0.
  EXPECT_NEAR(adjusted_rand_index(clusters, classes), 0, 1e-12);
  EXPECT_DOUBLE_EQ(best_matching_accuracy(clusters, classes), 0.75);
}

TEST(ClusteringScores, OfOneGroup) {
  const auto one = numbers({0, 0, 0, 0}), two = numbers({0, 1, 0, 1});
  EXPECT_EQ(normalized_mutual_information(one, one), 1);
  EXPECT_EQ(adjusted_rand_index(one, one), 1);
  EXPECT_NEAR(normalized_mutual_information(one, two), 0, 1e-12);
  EXPECT_NEAR(adjusted_rand_index(one, two), 0, 1e-12);
  EXPECT_EQ(best_matching_accuracy(one, two), 0.5);
  EXPECT_EQ(best_matching_accuracy(numbers({0, 1, 2, 3}), one), 0.25);
}

/// The largest sum over all ways to match, tried one by one.
double largest_sum(const at::Tensor& gains) {
  const auto wide = gains.size(0) <= gains.size(1) ? gains : gains.t();
  std::vector<std::int64_t> columns(static_cast<std::size_t>(wide.size(1)));
  std::iota(columns.begin(), columns.end(), 0);
  double best = -std::numeric_limits<double>::infinity();
  do {
    double sum = 0;
    for (std::int64_t i = 0; i < wide.size(0); ++i)
      sum += wide[i][columns[static_cast<std::size_t>(i)]].item<double>();
    best = std::max(best, sum);
  } while (std::next_permutation(columns.begin(), columns.end()));
  return best;
}

TEST(BestMatching, FindsTheLargestSum) {
  auto random = random_generator(5, "test");
  for (const auto& [rows, columns] : {std::pair(1, 1), {4, 4}, {3, 5}, {5, 3}, {5, 5}})
    for (int repeat = 0; repeat < 5; ++repeat) {
      const auto gains = at::randint(20, {rows, columns}, random, at::kDouble);
      double sum = 0;
      std::vector<std::int64_t> used;
      const auto matching = best_matching(gains);
      ASSERT_EQ(matching.size(), static_cast<std::size_t>(rows));
      for (std::size_t i = 0; i < matching.size(); ++i) {
        if (matching[i] < 0) continue;
        sum += gains[static_cast<std::int64_t>(i)][matching[i]].item<double>();
        used.push_back(matching[i]);
      }
      std::sort(used.begin(), used.end());
      EXPECT_EQ(std::adjacent_find(used.begin(), used.end()), used.end());
      EXPECT_EQ(sum, largest_sum(gains));
    }
}

}  // namespace
}  // namespace aelab
