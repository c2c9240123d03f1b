// The same rows give the same classifiers as scikit-learn's. The expected numbers are printed by
// reference_classifiers.py: digits' pixels / 16, the first 1,000 rows to fit, the other 797 to test.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/classifiers/clustering_scores.h"
#include "aelab/classifiers/features.h"
#include "aelab/classifiers/k_means.h"
#include "aelab/classifiers/linear_svm.h"
#include "aelab/classifiers/logistic_regression.h"
#include "aelab/classifiers/nearest_neighbors.h"
#include "aelab/classifiers/random_forest.h"
#include "aelab/classifiers/rbf_svm.h"
#include "aelab/data/source.h"

namespace aelab {
namespace {

struct Rows {
  at::Tensor features, labels;
};

const Rows& digits() {
  static const Rows rows = [] {
    const auto set = open_dataset("digits").train;
    const auto batch = set.range(0, set.size());
    return Rows{batch.inputs.flatten(1), batch.labels};
  }();
  return rows;
}

constexpr std::int64_t kFitted = 1000;

/// How many of the 797 rows are predicted right.
std::int64_t right(Classifier& classifier) {
  const auto& [x, y] = digits();
  classifier.fit(x.slice(0, 0, kFitted), y.slice(0, 0, kFitted), 10, 0);
  return (classifier.predict(x.slice(0, kFitted)) == y.slice(0, kFitted)).sum().item<std::int64_t>();
}

double objective(const Classifier& classifier, double C) {
  const auto& [x, y] = digits();
  FeatureScale scale;
  const auto state = classifier.state();
  scale.load(state);
  const auto weight = saved(state, "weight");
  const auto scores = at::addmm(saved(state, "bias"), scale(x.slice(0, 0, kFitted)), weight.t());
  const auto loss = -scores.log_softmax(1).gather(1, y.slice(0, 0, kFitted).unsqueeze(1)).sum();
  return (C * loss + weight.square().sum() / 2).item<double>();
}

TEST(ScikitLearn, AgreesOnLogisticRegression) {
  struct {
    bool standardize;
    double C;
    std::int64_t right;
    double objective;
  } const cases[] = {{true, 0.01, 727, 7.36479816}, {true, 1, 744, 64.7688674},
                     {true, 10, 746, 146.297397},   {false, 0.01, 704, 16.5918407},
                     {false, 1, 743, 230.260988},   {false, 10, 745, 636.734431}};
  for (const auto& expected : cases) {
    LogisticRegression classifier({.C = expected.C, .standardize = expected.standardize});
    EXPECT_EQ(right(classifier), expected.right) << expected.C << expected.standardize;
    EXPECT_NEAR(objective(classifier, expected.C) / expected.objective, 1, 1e-4);
  }
}

TEST(ScikitLearn, AgreesOnTheLinearSvm) {
  struct {
    bool standardize;
    double C;
    std::int64_t right;
  } const cases[] = {{true, 0.01, 726},  {true, 0.1, 728},  {true, 1, 718},
                     {false, 0.01, 728}, {false, 0.1, 740}, {false, 1, 739}};
  for (const auto& expected : cases) {
    LinearSvm classifier({.C = expected.C, .standardize = expected.standardize});
    EXPECT_EQ(right(classifier), expected.right) << expected.C << expected.standardize;
  }
}

TEST(ScikitLearn, AgreesOnTheRbfSvm) {
  struct {
    bool standardize;
    double C;
    std::optional<double> gamma;
    std::int64_t right;
  } const cases[] = {{true, 1, {}, 748},  {true, 10, {}, 750},  {true, 1, 0.1, 663},
                     {false, 1, {}, 765}, {false, 10, {}, 769}, {false, 1, 0.1, 765}};
  for (const auto& expected : cases) {
    RbfSvm classifier({.C = expected.C, .gamma = expected.gamma, .standardize = expected.standardize});
    EXPECT_EQ(right(classifier), expected.right) << expected.C << expected.standardize;
  }
}

// With our rule for ties; scikit-learn's own takes the smallest class (744, 744, 769 and 763 right where k >
// 1).
TEST(ScikitLearn, AgreesOnNearestNeighbors) {
  struct {
    bool standardize;
    std::int64_t k, right;
  } const cases[] = {{true, 1, 741},  {true, 3, 747},  {true, 5, 747},
                     {false, 1, 767}, {false, 3, 766}, {false, 5, 761}};
  for (const auto& expected : cases) {
    NearestNeighbors classifier({.k = expected.k, .standardize = expected.standardize});
    EXPECT_EQ(right(classifier), expected.right) << expected.k << expected.standardize;
  }
}

TEST(ScikitLearn, AgreesOnADecisionTree) {
  const auto i = at::arange(600, at::kLong);
  std::vector<at::Tensor> columns;
  for (const auto& [factor, prime] : {std::pair<std::int64_t, std::int64_t>{7919, 601},
                                      {104729, 607},
                                      {1299709, 613},
                                      {15485863, 617},
                                      {32452843, 619}})
    columns.push_back((i * factor).remainder(prime).to(at::kDouble) / prime);
  const auto x = at::stack(columns, 1);
  const auto y = (2 * columns[0] + 1.5 * columns[2] + columns[4]).floor().to(at::kLong);
  RandomForest tree({.trees = 1, .min_rows = 15, .max_features = 5, .bootstrap = false});
  for (const std::int64_t seed : {0, 1, 2}) {  // there are no ties that it could break
    tree.fit(x.slice(0, 0, 400), y.slice(0, 0, 400), 5, seed);
    EXPECT_EQ(saved(tree.state(), "feature").size(0), 39);
    EXPECT_EQ((tree.predict(x.slice(0, 400)) == y.slice(0, 400)).sum().item<std::int64_t>(), 141);
    EXPECT_TRUE(at::allclose(tree.importances(),
                             at::tensor({0.509378633504, 0., 0.271986832297, 0., 0.218634534199}), 0, 1e-9))
        << tree.importances();
  }
}

// Five forests of scikit-learn's have 738 to 744 right.
TEST(ScikitLearn, AgreesOnRandomForests) {
  RandomForest forest({});
  EXPECT_NEAR(static_cast<double>(right(forest)), 741, 8);
  const auto& importances = forest.importances();
  EXPECT_NEAR(importances.sum().item<double>(), 1, 1e-12);
  const std::pair<std::int64_t, double> largest[] = {{43, 0.0463}, {26, 0.0406}, {21, 0.0400}, {36, 0.0399}};
  for (const auto& [pixel, importance] : largest)
    EXPECT_NEAR(importances[pixel].item<double>(), importance, 0.012) << pixel;
}

// The best of 50 starts each, which need not be the same local minimum.
TEST(ScikitLearn, AgreesOnKMeans) {
  const auto& [x, y] = digits();
  const auto found = k_means(x, {.clusters = 10, .restarts = 50}, 0);
  EXPECT_LT(found.inertia, 1.0002 * 4551.382812);
  EXPECT_NEAR(normalized_mutual_information(found.clusters, y), 0.744835, 0.01);
  EXPECT_NEAR(adjusted_rand_index(found.clusters, y), 0.667362, 0.01);
}

TEST(ScikitLearn, AgreesOnScores) {
  const auto i = at::arange(60, at::kLong);
  const auto clusters = (i * i).remainder(7), classes = i.floor_divide(4).remainder(5);
  EXPECT_NEAR(normalized_mutual_information(clusters, classes), 0.0442784148324855, 1e-12);
  EXPECT_NEAR(adjusted_rand_index(clusters, classes), -0.0222853640871358, 1e-12);
}

}  // namespace
}  // namespace aelab
