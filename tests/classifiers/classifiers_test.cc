// Hand-derived cases of each classifier.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>

#include "aelab/classifiers/k_means.h"
#include "aelab/classifiers/linear_svm.h"
#include "aelab/classifiers/logistic_regression.h"
#include "aelab/classifiers/nearest_neighbors.h"
#include "aelab/classifiers/random_forest.h"
#include "aelab/classifiers/rbf_svm.h"
#include "aelab/core/signals.h"
#include "tests/support.h"

namespace aelab {
namespace {

at::Tensor column(std::initializer_list<float> values) { return at::tensor(values).unsqueeze(1); }
at::Tensor classes_of(std::initializer_list<std::int64_t> values) {
  return at::tensor(values, at::TensorOptions(at::kLong));
}

at::Tensor saved_after_fit(Classifier& classifier, const char* name, const at::Tensor& features,
                           const at::Tensor& labels, std::int64_t classes) {
  classifier.fit(features, labels, classes, 0);
  return saved(classifier.state(), name);
}

const auto kTwoRows = column({-1, 1});
const auto kTwoLabels = classes_of({0, 1});

TEST(Classifiers, AreStoppedBySignals) {
  const StopSignals signals;
  std::raise(SIGTERM);
  LogisticRegression regression({});
  EXPECT_THROW(regression.fit(kTwoRows, kTwoLabels, 2, 0), Stopped);
  NearestNeighbors neighbors({});
  neighbors.fit(kTwoRows, kTwoLabels, 2, 0);
  EXPECT_THROW(neighbors.predict(kTwoRows), Stopped);
  EXPECT_THROW(k_means(kTwoRows, {.clusters = 1}, 0), Stopped);
  RandomForest forest({});
  EXPECT_THROW(forest.fit(kTwoRows, kTwoLabels, 2, 0), Stopped);
  StopSignals::reset();
}

TEST(LogisticRegression, IsThatComputedByHand) {
  // By symmetry W = (-w, w) and b = 0: 2 C log(1 + exp(-2 w)) + w^2 is least where
  // w (1 + exp(2 w)) = 2 C. For C = ln 3: w = ln(3) / 2.
  LogisticRegression classifier({.C = std::log(3.), .standardize = false});
  const auto weight = saved_after_fit(classifier, "weight", kTwoRows, kTwoLabels, 2);
  EXPECT_NEAR(weight[0].item<double>(), -std::log(3.) / 2, 1e-5);
  EXPECT_NEAR(weight[1].item<double>(), std::log(3.) / 2, 1e-5);
  const auto bias = saved(classifier.state(), "bias");
  EXPECT_NEAR((bias[1] - bias[0]).item<double>(), 0, 1e-5);
}

TEST(LinearSvm, IsThatComputedByHand) {
  // By symmetry b = 0: w^2 / 2 + 2 C (1 - w)^2 is least at w = 4 C / (1 + 4 C).
  LinearSvm classifier({.C = 0.25, .standardize = false});
  const auto weight = saved_after_fit(classifier, "weight", kTwoRows, kTwoLabels, 2);
  EXPECT_NEAR(weight[0].item<double>(), -0.5, 1e-4);
  EXPECT_NEAR(weight[1].item<double>(), 0.5, 1e-4);
}

TEST(RbfSvm, IsThatComputedByHand) {
  // Two support vectors with equal coefficients a: 2 a - a^2 (1 - exp(-4 gamma)) is largest at
  // a = 1 / (1 - exp(-4 gamma)), unless C is smaller. For gamma = ln(2) / 4: a = 2; rho = 0 by symmetry.
  RbfSvm free({.C = 10, .gamma = std::log(2.) / 4, .standardize = false});
  const auto coefficients = saved_after_fit(free, "coefficients", kTwoRows, kTwoLabels, 2);
  EXPECT_NEAR(coefficients[0][0].item<double>(), 2, 1e-3);
  EXPECT_NEAR(coefficients[0][1].item<double>(), -2, 1e-3);
  EXPECT_NEAR(saved(free.state(), "rho")[0].item<double>(), 0, 1e-3);
  RbfSvm bounded({.C = 0.5, .gamma = std::log(2.) / 4, .standardize = false});
  EXPECT_NEAR(saved_after_fit(bounded, "coefficients", kTwoRows, kTwoLabels, 2)[0][0].item<double>(), 0.5,
              1e-9);
}

TEST(RbfSvm, ScalesGammaToTheFeatures) {
  // Two features: variances 1 and 0, over both 0.5: 1 / (2 * 0.5) = 1.
  const auto features = at::tensor({-1., 0., 1., 0.}).view({2, 2});
  RbfSvm classifier({.standardize = false});
  EXPECT_NEAR(saved_after_fit(classifier, "gamma", features, kTwoLabels, 2).item<double>(), 1, 1e-12);
}

TEST(RbfSvm, RefusesMoreRowsThanItsLimit) {
  RbfSvm classifier({.rows_limit = 1});
  const auto message = message_of<Error>([&] { classifier.fit(kTwoRows, kTwoLabels, 2, 0); });
  EXPECT_SAYS(message, "2 rows are more than its rows_limit, 1");
  EXPECT_SAYS(message, "linear-svm");
}

TEST(NearestNeighbors, VoteAndTheNearestBreaksTies) {
  const auto rows = column({0, 1, 2, 10, 11, 12}), labels = classes_of({0, 0, 1, 1, 2, 2});
  const auto predicted = [&](std::int64_t k, float at) {
    NearestNeighbors classifier({.k = k});
    classifier.fit(rows, labels, 3, 0);
    return classifier.predict(column({at})).item<std::int64_t>();
  };
  EXPECT_EQ(predicted(1, 2.1F), 1);
  EXPECT_EQ(predicted(3, 1.8F), 0);    // 2, 1, 0: one vote against two
  EXPECT_EQ(predicted(2, 1.6F), 1);    // 2, 1: a tie, 2 is nearer
  EXPECT_EQ(predicted(2, 1.4F), 0);    // 1, 2: a tie, 1 is nearer
  EXPECT_EQ(predicted(4, 10.6F), 2);   // 11, 10, 12, 2: two each, 11 is nearest
  EXPECT_EQ(predicted(4, 10.4F), 1);   // 10, 11, 12, 2: two each, 10 is nearest
  EXPECT_EQ(predicted(99, -0.1F), 0);  // all six: two each
}

TEST(NearestNeighbors, SeeDistancesFarFromTheOrigin) {
  NearestNeighbors classifier({.k = 1});
  const auto rows = column({100'000, 100'001, 100'002, 100'003}), labels = classes_of({0, 1, 2, 3});
  classifier.fit(rows, labels, 4, 0);
  EXPECT_TRUE(classifier.predict(rows + 0.4F).equal(labels));
}

TEST(FeatureScale, StandardizesByTheTrainingRows) {
  const auto features = at::tensor({1., 5., 3., 5.}).view({2, 2});
  const FeatureScale scale(features, true);
  EXPECT_TRUE(scale(features).equal(at::tensor({-1., 0., 1., 0.}).to(at::kDouble).view({2, 2})));
  EXPECT_TRUE(FeatureScale(features, false)(features).equal(features.to(at::kDouble)));
}

const RandomForest::Config kOneTree = {.trees = 1, .max_features = 2, .bootstrap = false};

TEST(RandomForest, SplitsHalfwayBetweenValues) {
  RandomForest tree(kOneTree);
  const auto threshold =
      saved_after_fit(tree, "threshold", column({5, 0, 4, 1}), classes_of({1, 0, 1, 0}), 2);
  EXPECT_EQ(threshold.size(0), 3);  // one split
  EXPECT_EQ(threshold[0].item<double>(), 2.5);
  EXPECT_TRUE(tree.predict(column({2.4F, 2.5F, 2.6F})).equal(classes_of({0, 0, 1})));
  EXPECT_TRUE(tree.importances().equal(at::ones({1}, at::kDouble)));
}

TEST(RandomForest, LearnsAnExclusiveOrWhoseFirstSplitGainsNothing) {
  const auto x = at::tensor({0.F, 0.F, 0.F, 1.F, 1.F, 0.F, 1.F, 1.F}).view({4, 2});
  RandomForest tree(kOneTree);
  tree.fit(x, classes_of({0, 1, 1, 0}), 2, 0);
  EXPECT_TRUE(tree.predict(x).equal(classes_of({0, 1, 1, 0})));
  // All impurity, 4 / 2, goes at the second level, by the other feature than the root's.
  EXPECT_NEAR(tree.importances().max().item<double>(), 1, 1e-12);
}

TEST(RandomForest, KeepsRowsAtItsLeaves) {
  const auto x = column({0, 1, 2, 3, 4, 5}), y = classes_of({0, 1, 1, 1, 1, 1});
  RandomForest fine(kOneTree), coarse({.trees = 1, .min_rows = 2, .bootstrap = false}),
      none({.trees = 1, .min_rows = 4, .bootstrap = false});
  EXPECT_EQ(saved_after_fit(fine, "threshold", x, y, 2)[0].item<double>(), 0.5);
  EXPECT_EQ(saved_after_fit(coarse, "threshold", x, y, 2)[0].item<double>(), 1.5);
  EXPECT_EQ(coarse.predict(x)[0].item<std::int64_t>(), 0) << "as often 0 as 1 at this leaf";
  EXPECT_EQ(saved_after_fit(none, "threshold", x, y, 2).size(0), 1);
  EXPECT_EQ(none.importances().sum().item<double>(), 0);
}

TEST(RandomForest, SharesImportanceAmongEqualFeatures) {
  const auto x = column({0, 1, 2, 3, 4, 5, 6, 7}).expand({8, 4}), y = classes_of({0, 0, 1, 1, 2, 2, 3, 3});
  RandomForest forest({.trees = 200, .max_features = 4});
  forest.fit(x, y, 4, 0);
  EXPECT_TRUE(at::allclose(forest.importances(), at::full({4}, 0.25, at::kDouble), 0, 0.05))
      << forest.importances();
}

}  // namespace
}  // namespace aelab
