// Recall and NDCG of held-out items: RecBole's numbers (reference_recommendation.py), and computations by
// hand.

#include "aelab/evaluation/metrics/recommendation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <stdexcept>

#include "aelab/data/formats/sparse_npz.h"
#include "aelab/models/linear.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// Returns what it reads.
std::shared_ptr<Autoencoder> identity(std::int64_t items) {
  const auto model = std::make_shared<Linear>(Linear::Config{.code = items}, Context({items}));
  const at::NoGradGuard no_grad;
  for (const auto* name : {"backbone.encoder_0.weight", "backbone.decoder_0.weight"})
    model->named_parameters()[name].copy_(at::eye(items));
  return model;
}

/// The values of the metric, by the names of its measures without "recommendation/".
std::map<std::string, double> values_by_name(const Metric& metric) {
  std::map<std::string, double> values;
  const auto measures = metric.measures();
  const auto all = metric.values();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i]) values[measures[i].name.substr(measures[i].name.find('/') + 1)] = *all[i];
  return values;
}

std::shared_ptr<const SparseMatrix> sparse_matrix(const Tensor& dense) {
  SparseMatrix matrix{.columns = dense.size(1)};
  for (std::int64_t row = 0; row < dense.size(0); ++row) {
    for (std::int64_t column = 0; column < dense.size(1); ++column)
      if (const auto value = dense[row][column].item<float>(); value != 0) {
        matrix.places.push_back(static_cast<std::int32_t>(column));
        matrix.values.push_back(value);
      }
    matrix.offsets.push_back(static_cast<std::int64_t>(matrix.places.size()));
  }
  return std::make_shared<const SparseMatrix>(std::move(matrix));
}

struct Ranked {
  Tensor scores, read, held_out;  // [rows, items]
};

/// The values of these rows, given in batches of `size`, of a model that was trained on `train`.
std::map<std::string, double> measured_on(const Recommendation::Config& config, const Ranked& rows,
                                          const Dataset& train, std::int64_t size) {
  const at::NoGradGuard no_grad;
  Recommendation metric(config);
  const auto model = identity(rows.read.size(1));
  metric.begin(*model, {train, train, train});
  const auto held_out = sparse_matrix(rows.held_out);
  for (std::int64_t begin = 0; begin < rows.read.size(0); begin += size) {
    const auto end = std::min(begin + size, rows.read.size(0));
    metric.add({.target = rows.read.slice(0, begin, end),
                .code = at::zeros({end - begin, 3}),
                .reconstruction = rows.scores.slice(0, begin, end),
                .rows = at::arange(begin, end, at::kLong),
                .held_out = held_out});
  }
  return values_by_name(metric);
}

/// As in reference_recommendation.py.
Ranked golden_rows() {
  const auto user = at::arange(40, at::kLong).unsqueeze(1), item = at::arange(60, at::kLong).unsqueeze(0);
  const auto read = (user * user + 3 * item).remainder(7) == 0;
  const auto held_out = ((user * 5 + item * item).remainder(3 + user.remainder(17)) == 1)
                            .logical_and(user.remainder(9) != 4)
                            .logical_and(read.logical_not());
  return {(user * 7 + item * item * 5 + item * 11).remainder(23).to(at::kFloat), read.to(at::kFloat),
          held_out.to(at::kFloat)};
}

TEST(Recommendation, HasTheValuesOfRecBole) {
  const std::map<std::string, double> expected = {
      {"recall@1", 0.016626265890971773}, {"ndcg@1", 0.23076923076923078},
      {"recall@3", 0.03742906038154907},  {"ndcg@3", 0.19230769230769226},
      {"recall@10", 0.17153969082702117}, {"ndcg@10", 0.2304954660333392},
  };
  const auto rows = golden_rows();
  const auto train = Dataset::from_tensors(rows.read);
  for (const std::int64_t size : {40, 7}) {
    auto found = measured_on({.k = {1, 3, 10}}, rows, train, size);
    for (const auto& [name, value] : expected) EXPECT_NEAR(found.at(name), value, 1e-12) << name;
    EXPECT_EQ(found.at("rows"), 26);
    EXPECT_EQ(found.at("rows_left_out"), 14);
    EXPECT_LT(found.at("recall@10_low"), found.at("recall@10"));
    EXPECT_GT(found.at("recall@10_high"), found.at("recall@10"));
  }
}

TEST(Recommendation, RanksEqualItemsByTheirNumbersAndNoneThatWereRead) {
  const auto rows = Ranked{.scores = at::tensor({9.F, 2.F, 2.F, 2.F, 1.F}).view({1, 5}),
                           .read = at::tensor({1.F, 0.F, 0.F, 0.F, 0.F}).view({1, 5}),
                           .held_out = at::tensor({0.F, 0.F, 1.F, 0.F, 1.F}).view({1, 5})};
  // The ranking is 1, 2, 3, 4; those at the ranks 2 and 4 are held out.
  const auto train = Dataset::from_tensors(at::tensor({0.F, 1.F, 0.F, 0.F, 1.F,  //
                                                       0.F, 0.F, 0.F, 0.F, 1.F})
                                               .view({2, 5}));
  const auto found = measured_on({.k = {1, 2, 100}}, rows, train, 1);
  const double ideal = 1 + 1 / std::log2(3.);
  EXPECT_EQ(found.at("recall@1"), 0);
  EXPECT_EQ(found.at("recall@2"), 0.5);
  EXPECT_EQ(found.at("recall@100"), 1);
  EXPECT_NEAR(found.at("ndcg@2"), 1 / std::log2(3.) / ideal, 1e-15);
  EXPECT_NEAR(found.at("ndcg@100"), (1 / std::log2(3.) + 1 / std::log2(5.)) / ideal, 1e-15);
  EXPECT_FALSE(found.contains("recall@1_low"));  // of a single row
  // By popularity it is 4, 1, 2, 3.
  EXPECT_EQ(found.at("popularity_recall@1"), 0.5);
  EXPECT_EQ(found.at("popularity_ndcg@1"), 1);
  EXPECT_NEAR(found.at("popularity_ndcg@100"), (1 + 1 / std::log2(4.)) / ideal, 1e-15);
}

TEST(Recommendation, LeavesOutHeldOutItemsThatWereRead) {
  const auto rows = Ranked{.scores = at::tensor({3.F, 2.F, 1.F}).view({1, 3}),
                           .read = at::tensor({1.F, 0.F, 0.F}).view({1, 3}),
                           .held_out = at::tensor({1.F, 1.F, 0.F}).view({1, 3})};
  const auto found = measured_on({.k = {1}}, rows, Dataset::from_tensors(rows.read), 1);
  EXPECT_EQ(found.at("recall@1"), 1);
}

TEST(Recommendation, HidesAShareOfEachRowThatDependsOnTheRowAndTheSeedAlone) {
  const at::NoGradGuard no_grad;
  constexpr std::int64_t kRows = 30, kItems = 50;
  const auto user = at::arange(kRows, at::kLong).unsqueeze(1), item = at::arange(kItems, at::kLong);
  const auto x = ((7 * item.unsqueeze(0)).remainder(kItems) < user).to(at::kFloat);  // 0, 1, ..., 29 items
  const auto data = Dataset::from_tensors(x);
  const auto model = identity(kItems);
  const auto values = [&](const Recommendation::Config& config, const Dataset& part) {
    return evaluate(*model, part, {data, data, data}, {config});
  };
  const auto value = [](const std::vector<Result>& results, const std::string& name) {
    for (const auto& result : results)
      if (result.measure.name == "recommendation/" + name) return *result.value;
    throw std::out_of_range(name);
  };
  const Recommendation::Config config{.k = {5, kItems}, .held_out = 0.3};
  const auto all = values(config, data);
  EXPECT_EQ(value(all, "rows"), kRows - 2);  // those with two items or more
  EXPECT_EQ(value(all, "rows_left_out"), 2);
  EXPECT_EQ(value(all, "recall@50"), 1);  // nothing that is hidden counts as read
  // The mean over single rows, in another order, is the same: what is hidden is a function of the row.
  double sum = 0;
  for (std::int64_t row = kRows - 1; row >= 2; --row)
    sum += value(values(config, data.subset(at::tensor({row}, at::kLong))), "recall@5");
  EXPECT_NEAR(sum / (kRows - 2), value(all, "recall@5"), 1e-12);
  auto other = config;
  other.seed = 1;
  EXPECT_NE(value(values(other, data), "recall@5"), value(all, "recall@5"));
}

TEST(Recommendation, HidesWhatTheEncoderThenDoesNotRead) {
  const at::NoGradGuard no_grad;
  const auto x = at::tensor({0.F, 0.F, 1.F, 1.F}).view({1, 4});
  const auto data = Dataset::from_tensors(x);
  const auto results =
      evaluate(*identity(4), data, {data, data, data}, {Recommendation::Config{.k = {2, 3}}});
  // One of the last two items is hidden: as its score is that of items 0 and 1, it comes after them.
  for (const auto& [measure, value] : results) {
    if (measure.name == "recommendation/recall@2") {
      EXPECT_EQ(*value, 0);
    }
    if (measure.name == "recommendation/recall@3") {
      EXPECT_EQ(*value, 1);
    }
  }
}

TEST(Recommendation, IsAbsentWithACautionWhereValuesAreNegative) {
  const at::NoGradGuard no_grad;
  const auto data = Dataset::from_tensors(at::tensor({-1.F, 1.F, 1.F}).view({1, 3}));
  std::vector<std::string> cautions;
  const auto results =
      evaluate(*identity(3), data, {data, data, data}, {Recommendation::Config{}}, &cautions);
  EXPECT_FALSE(any_measured(results));
  ASSERT_EQ(cautions.size(), 1U);
  EXPECT_NE(cautions.front().find("values below 0"), std::string::npos);
}

}  // namespace
}  // namespace aelab
