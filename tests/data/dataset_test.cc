#include "aelab/data/dataset.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "aelab/core/error.h"
#include "aelab/data/batches.h"
#include "aelab/data/source.h"
#include "aelab/data/sources.h"
#include "aelab/data/transforms.h"
#include "tests/support.h"

namespace aelab {
namespace {

/// Rows that tell their place: row i holds i in both features, and has the label i % 3.
Dataset counting(std::int64_t rows) {
  const auto places = at::arange(rows, at::kLong);
  return Dataset::from_tensors(places.unsqueeze(1).expand({rows, 2}), places % 3);
}

std::vector<std::int64_t> places_of(const Dataset& dataset) {
  const auto rows = dataset.range(0, dataset.size()).rows;
  return {rows.const_data_ptr<std::int64_t>(), rows.const_data_ptr<std::int64_t>() + rows.numel()};
}

TEST(Dataset, RefusesTensorsThatDoNotFit) {
  const auto refusal = [](const Tensor& inputs, const Tensor& labels = {}) {
    return message_of<Error>([&] { Dataset::from_tensors(inputs, labels); });
  };
  const auto x = at::zeros({4, 2});
  EXPECT_SAYS(refusal(Tensor()), "inputs must be [rows, ...shape]");
  EXPECT_SAYS(refusal(at::zeros({4})), "inputs must be [rows, ...shape]");
  EXPECT_SAYS(refusal(x, at::zeros({3}, at::kLong)), "labels must be [rows]");
  EXPECT_SAYS(refusal(x, at::zeros({4, 1}, at::kLong)), "labels must be [rows]");
  EXPECT_SAYS(refusal(x, at::full({4}, -1, at::kLong)), "class numbers from 0");
  EXPECT_EQ(refusal(x, at::zeros({4}, at::kInt)), "nothing was thrown");
}

TEST(Dataset, HoldsFloatsAndLongs) {
  const auto batch =
      Dataset::from_tensors(at::ones({2, 3}, at::kByte), at::tensor({0, 1}, at::kInt)).range(0, 2);
  EXPECT_EQ(batch.inputs.scalar_type(), at::kFloat);
  EXPECT_EQ(batch.labels.scalar_type(), at::kLong);
  EXPECT_EQ(batch.size(), 2);
  EXPECT_FALSE(Dataset::from_tensors(at::ones({2, 3})).range(0, 1).labels.defined());
  EXPECT_EQ(Dataset().size(), 0);
  EXPECT_FALSE(Dataset().has_labels());
}

TEST(Dataset, SubsetsOfSubsetsKnowTheirPlacesInTheWhole) {
  const auto whole = counting(10);
  const auto even = whole.subset(at::tensor({0, 2, 4, 6, 8}, at::kLong));
  const auto some = even.subset(at::tensor({4, 1, 1}, at::kLong));
  EXPECT_EQ(places_of(some), (std::vector<std::int64_t>{8, 2, 2}));
  const auto batch = some.gather(at::tensor({1, 0}, at::kLong));
  EXPECT_TRUE(at::equal(batch.inputs, at::tensor({2.f, 2.f, 8.f, 8.f}).view({2, 2})));
  EXPECT_TRUE(at::equal(batch.labels, at::tensor({2, 2}, at::kLong)));
  EXPECT_TRUE(at::equal(some.labels(), at::tensor({2, 2, 2}, at::kLong)));
  EXPECT_EQ(whole.subset(at::empty({0}, at::kLong)).size(), 0);
}

TEST(Dataset, StatisticsAreThoseOfItsRows) {
  // More rows than are read at once, far from zero: a float32 sum would lose them.
  const auto x =
      1000 + at::arange(10000, at::kDouble).remainder(7).unsqueeze(1).expand({10000, 2}).contiguous();
  x.select(1, 1).fill_(5);
  const auto [mean, variance] = feature_moments(Dataset::from_tensors(x));
  EXPECT_NEAR(mean[0].item<double>(), x.select(1, 0).mean().item<double>(), 1e-3);
  EXPECT_NEAR(variance[0].item<double>(), x.select(1, 0).var(/*unbiased=*/false).item<double>(), 1e-9);
  EXPECT_NEAR(variance[1].item<double>(), 0, 1e-24);  // a constant feature
}

TEST(Dataset, ValueRangeShowsNan) {
  auto x = at::arange(12, at::kFloat).view({6, 2}) - 3;
  EXPECT_EQ(value_range(Dataset::from_tensors(x)), std::pair(-3.0, 8.0));
  for (const std::int64_t row : {0, 3, 5}) {
    auto broken = x.clone();
    broken[row][1].fill_(std::numeric_limits<float>::quiet_NaN());
    const auto [least, most] = value_range(Dataset::from_tensors(broken));
    EXPECT_TRUE(std::isnan(least) && std::isnan(most)) << row;
  }
  auto many = at::zeros({10000, 1});  // read in pieces: a good one must not hide an earlier bad one
  many[0].fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(std::isnan(value_range(Dataset::from_tensors(many)).first));
}

TEST(Batches, CoverEveryRowOnceInOrder) {
  for (const std::int64_t size : {1, 3, 10, 11}) {
    const Batches batches(counting(10), size), shuffled(counting(10), Order(10, size, Shuffle{1}));
    std::vector<Tensor> rows, mixed;
    for (std::int64_t i = 0; i < batches.count(); ++i) {
      rows.push_back(batches[i].rows);
      mixed.push_back(shuffled[i].rows);
    }
    EXPECT_EQ(batches.count(), (10 + size - 1) / size);
    EXPECT_TRUE(at::equal(at::cat(rows), at::arange(10, at::kLong)));
    EXPECT_TRUE(at::equal(at::cat(mixed), Order(10, 10, Shuffle{1}).rows(0)));
  }
}

TEST(Dataset, JoinedRowsAreWhereTheirSetsSay) {
  const auto set = [](const std::string& name, std::int64_t rows) {
    return Dataset::from_tensors(at::zeros({rows, 1}), {},
                                 [name](std::int64_t row) { return name + std::to_string(row); });
  };
  const auto whole = joined({set("a", 2), set("b", 3), set("c", 1)});
  std::string places;
  for (std::int64_t i = 0; i < whole.size(); ++i) places += whole.where(i) + " ";
  EXPECT_EQ(places, "a0 a1 b0 b1 b2 c0 ");
}

class Splits : public testing::Test {
 protected:
  static Data data_of(std::int64_t rows) { return {.name = "counting", .train = counting(rows), .test = {}}; }
  static std::string refusal(const Data& data, const SplitConfig& config) {
    return message_of<Error>([&] { data.split(config); });
  }
};

TEST_F(Splits, AreDisjointAndCoverTheSource) {
  for (const bool stratified : {false, true}) {
    const auto split = data_of(100).split({.validation = 0.15, .test = 25.0, .stratified = stratified}, 1);
    EXPECT_EQ(split.validation.size(), 15);
    EXPECT_EQ(split.test.size(), 25);
    EXPECT_EQ(split.train.size(), 60);
    auto rows = places_of(split.train);
    for (const auto& part : {split.validation, split.test})
      for (const auto place : places_of(part)) rows.push_back(place);
    std::sort(rows.begin(), rows.end());
    EXPECT_EQ(rows, places_of(counting(100)));
  }
}

TEST_F(Splits, AreTheSameForTheSameSeed) {
  const SplitConfig config{.validation = 10};
  EXPECT_EQ(places_of(data_of(50).split(config, 1).train), places_of(data_of(50).split(config, 1).train));
  EXPECT_NE(places_of(data_of(50).split(config, 1).train), places_of(data_of(50).split(config, 2).train));
  // A smaller training split is the beginning of a larger one, and validation stays.
  const auto small = data_of(50).split({.validation = 10, .train = 7.0}, 1);
  const auto large = data_of(50).split({.validation = 10}, 1);
  auto beginning = places_of(large.train);
  beginning.resize(7);
  EXPECT_EQ(places_of(small.train), beginning);
  EXPECT_EQ(places_of(small.validation), places_of(large.validation));
}

TEST_F(Splits, StratifiedPartsHoldEveryClassInItsShare) {
  auto labels = at::zeros({200}, at::kLong);
  labels.slice(0, 0, 20).fill_(1);   // a tenth
  labels.slice(0, 20, 80).fill_(2);  // three tenths
  const Data data{.name = "x", .train = Dataset::from_tensors(at::zeros({200, 1}), labels), .test = {}};
  const auto split = data.split({.validation = 0.2, .test = 0.3, .stratified = true}, 5);
  for (const auto& part : {split.train, split.validation, split.test}) {
    const auto counts = at::bincount(part.labels(), {}, 3).to(at::kDouble);
    const auto expected = at::tensor({0.6, 0.1, 0.3}) * static_cast<double>(part.size());
    EXPECT_LE((counts - expected).abs().max().item<double>(), 1) << part.size();
  }
}

TEST_F(Splits, StratifiedSharesAreThoseOfTheNearestRow) {
  // Of the two rows of each rare class, .3 and .3 are .6 rows each: one is in the test split, none between.
  auto labels = at::zeros({108}, at::kLong);
  for (std::int64_t i = 0; i < 8; ++i) labels[i] = 1 + i / 2;
  const Data data{.name = "x", .train = Dataset::from_tensors(at::zeros({108, 1}), labels), .test = {}};
  for (std::int64_t seed = 0; seed < 5; ++seed) {
    const auto split = data.split({.validation = 0.3, .test = 0.3, .stratified = true}, seed);
    const auto counts = [](const Dataset& part) { return at::bincount(part.labels(), {}, 5); };
    EXPECT_TRUE(at::equal(counts(split.test), at::tensor({28, 1, 1, 1, 1}, at::kLong)));
    EXPECT_TRUE(at::equal(counts(split.validation), at::tensor({32, 0, 0, 0, 0}, at::kLong)));
    EXPECT_TRUE(at::equal(counts(split.train), at::tensor({40, 1, 1, 1, 1}, at::kLong)));
  }
}

TEST_F(Splits, RefuseWhatTheSourceDoesNotHave) {
  EXPECT_BEGINS(refusal(data_of(10), {.validation = 11}),
                "validation: asks for 11 rows, but only 8 of 10 are left by the other splits");
  EXPECT_BEGINS(refusal(data_of(10), {.validation = 0, .test = 11.0}), "test: asks for 11 rows");
  EXPECT_BEGINS(refusal(data_of(10), {.validation = 2, .train = 7.0}), "train: asks for 7 rows, but only 6");
  EXPECT_SAYS(refusal(data_of(10), {.validation = 8}), "leaves no rows to train on");
  const Data unlabeled{.name = "bare", .train = Dataset::from_tensors(at::zeros({10, 1})), .test = {}};
  EXPECT_BEGINS(refusal(unlabeled, {.stratified = true}), "stratified: the source \"bare\" has no labels");
}

TEST_F(Splits, TakeTheSourcesOwnTestPart) {
  auto data = data_of(10);
  data.test = counting(4);
  const auto whole = data.split({.validation = 2}), half = data.split({.validation = 2, .test = 0.5});
  EXPECT_EQ(places_of(whole.test), (std::vector<std::int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(half.test.size(), 2);
  EXPECT_EQ(whole.train.size(), 8);
  EXPECT_BEGINS(refusal(data, {.validation = 2, .test = 5.0}),
                "test: asks for 5 rows, but only 4 of 4 are left by the other splits");
}

TEST_F(Splits, DrawSomeTestRowsFromAllOfThem) {
  auto data = data_of(10);
  data.test = counting(400);
  const auto places = places_of(data.split({.validation = 2, .test = 100.0}, 1).test);
  EXPECT_GT(*std::max_element(places.begin(), places.end()), 300);
  EXPECT_NE(places, places_of(data.split({.validation = 2, .test = 100.0}, 2).test));
}

TEST_F(Splits, StandardizeByTheTrainingPartAlone) {
  const auto split =
      data_of(300).split({.validation = 30, .transforms = {StandardizeTransform::Config{}}}, 3);
  const auto plain = data_of(300).split({.validation = 30}, 3);
  const auto x = plain.train.range(0, plain.train.size()).inputs;
  const auto mean = x.mean(0), deviation = x.std(0, /*unbiased=*/false);
  const auto [train_mean, train_variance] = feature_moments(split.train);
  EXPECT_TRUE(at::allclose(train_mean, at::zeros({2}, at::kDouble), 0, 1e-5));
  EXPECT_TRUE(at::allclose(train_variance, at::ones({2}, at::kDouble), 1e-5));
  const std::pair<Dataset, Dataset> others[] = {{split.validation, plain.validation},
                                                {split.test, plain.test}};
  for (const auto& [scaled, raw] : others)
    EXPECT_TRUE(
        at::allclose(scaled.range(0, 30).inputs, (raw.range(0, 30).inputs - mean) / deviation, 1e-4, 1e-5));
  EXPECT_TRUE(at::equal(data_of(300).train.range(0, 2).inputs[1], at::ones({2})));  // the source stays
}

TEST(Sources, MnistIsTheRealOne) {
  const auto data = open_dataset("mnist");
  EXPECT_EQ(data.shape(), (Shape{1, 28, 28}));
  ASSERT_EQ(data.train.size(), 60000);
  ASSERT_EQ(data.test->size(), 10000);
  EXPECT_TRUE(at::equal(data.train.range(0, 5).labels, at::tensor({5, 0, 4, 1, 9}, at::kLong)));
  EXPECT_TRUE(at::equal(data.test->range(0, 5).labels, at::tensor({7, 2, 1, 0, 4}, at::kLong)));
  // The published 0.1307 and 0.3081 of the training pixels; counts of the ten classes, as everyone finds
  // them.
  const auto pixels = data.train.range(0, 60000).inputs;
  EXPECT_NEAR(pixels.mean(at::kDouble).item<double>(), 0.1306604762738429, 1e-7);
  EXPECT_NEAR(pixels.std().item<double>(), 0.30810780385646264, 1e-5);
  EXPECT_TRUE(at::equal(at::bincount(data.train.labels()),
                        at::tensor({5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}, at::kLong)));
}

TEST(Sources, DigitsAreTheRealOnes) {
  const auto data = open_dataset("digits");
  EXPECT_EQ(data.shape(), (Shape{1, 8, 8}));
  ASSERT_EQ(data.train.size(), 1797);
  EXPECT_FALSE(data.test);
  EXPECT_EQ(value_range(data.train), std::pair(0.0, 1.0));
  // Counts of the classes and mean of the pixels (of 16) as numpy reads them from the file.
  EXPECT_TRUE(at::equal(at::bincount(data.train.labels()),
                        at::tensor({178, 182, 177, 183, 181, 182, 181, 179, 174, 180}, at::kLong)));
  const auto pixels = data.train.range(0, 1797).inputs;
  EXPECT_NEAR(16 * pixels.mean(at::kDouble).item<double>(), 4.884164579855314, 1e-6);
  const auto second_row = at::tensor({0, 0, 13, 15, 10, 15, 5, 0}, at::kFloat) / 16;
  EXPECT_TRUE(at::equal(pixels[0][0][1], second_row));
}

TEST(Sources, SayWhereTheyLooked) {
  const auto nowhere = message_of<Error>([] { open_dataset(Mnist::Config{.folder = "/nowhere"}); });
  EXPECT_BEGINS(nowhere, "folder");
  EXPECT_SAYS(nowhere, "/nowhere");
  EXPECT_SAYS(message_of<Error>([] { open_dataset("mnst"); }), "Did you mean \"mnist\"?");
}

TEST(Sources, DigitsRefuseDamagedRows) {
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& rows) {
    put_file(folder / "digits.csv.gz", rows);
    return message_of<Error>([&] { open_dataset(Digits::Config{.folder = folder.path()}); });
  };
  std::string row;
  for (int i = 0; i < 64; ++i) row += "3,";
  EXPECT_EQ(refusal(row + "7\n" + row + "7\n"), "nothing was thrown");
  EXPECT_SAYS(refusal(row + "7\n" + row + "x\n"), "row 1: the label \"x\" is not a class number");
  EXPECT_SAYS(refusal("17," + row.substr(2) + "7\n"),
              "digits.csv.gz:1: column 0 is not a whole number from 0 to 16");
  EXPECT_SAYS(refusal(row + "7\n3,4\n"), "digits.csv.gz:2: has 2 fields, the first row has 65");
  EXPECT_SAYS(refusal(row + "7,1\n"), "a row of ");
  EXPECT_SAYS(refusal(row), "digits.csv.gz:1: column 64 (\"64\"): the label is missing");
}

}  // namespace
}  // namespace aelab
