// Among rows of one class whatever always answers it is right: no accuracy is applicable.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/data/source.h"
#include "aelab/evaluation/metrics/classification.h"
#include "aelab/evaluation/metrics/probe.h"
#include "aelab/models/dense.h"
#include "tests/support.h"

namespace aelab {
namespace {

Tensor labels(std::vector<std::int64_t> values) { return at::tensor(values, at::kLong); }

/// The accuracy after these batches of labels, of a classifier that always answers `predicted`.
std::optional<double> accuracy(const std::vector<Tensor>& batches, std::int64_t predicted) {
  Classification metric({});
  for (const auto& batch : batches)
    metric.add({.target = {},
                .code = {},
                .reconstruction = {},
                .labels = batch,
                .predicted = at::full_like(batch, predicted)});
  return metric.values().front();
}

TEST(OneClass, HasNoAccuracyOfTheModelsClassifier) {
  EXPECT_FALSE(accuracy({labels({2, 2}), labels({2})}, 2));
  EXPECT_FALSE(accuracy({labels({7})}, 0));
  EXPECT_FALSE(accuracy({}, 0));
  EXPECT_DOUBLE_EQ(*accuracy({labels({2, 2}), labels({3})}, 2), 2.0 / 3);
  EXPECT_DOUBLE_EQ(*accuracy({labels({0, 1, 1, 1})}, 0), 0.25);
}

/// Of digits: 60 training rows, and the first rows that have these labels for the other splits.
struct Digits {
  Dataset all = open_dataset("digits").train;

  Dataset of(const std::vector<std::int64_t>& classes, std::int64_t rows) const {
    auto wanted = at::zeros({all.size()}, at::kBool);
    for (const auto label : classes) wanted = wanted.logical_or(all.labels() == label);
    return all.subset(at::nonzero(wanted).flatten().slice(0, 0, rows));
  }
};

std::vector<std::optional<double>> probed(const std::vector<std::int64_t>& validation,
                                          const std::vector<std::int64_t>& test) {
  const Digits digits;
  const Split data{digits.all.subset(at::arange(60)), digits.of(validation, 12), digits.of(test, 12)};
  const Dense model(Dense::Config{.base = {.code = 4}}, Context({1, 8, 8}));
  std::vector<std::optional<double>> values;
  for (const auto& result : evaluate(model, data.test, data, {Probe::Config{.pixels = true}}))
    values.push_back(result.value);
  return values;
}

TEST(OneClass, HasNoAccuracyOfAProbe) {
  const auto all_differ = probed({1, 2}, {3, 4});
  for (const auto& value : all_differ) EXPECT_TRUE(value);
  const auto one_tested = probed({1, 2}, {3});
  EXPECT_FALSE(one_tested[0]);
  EXPECT_EQ(one_tested[1], all_differ[1]);
  EXPECT_FALSE(one_tested[2]) << "nor of the inputs";
  const auto one_validated = probed({5}, {3, 4});
  EXPECT_TRUE(one_validated[0]);
  EXPECT_FALSE(one_validated[1]);
  EXPECT_TRUE(one_validated[2]);
}

}  // namespace
}  // namespace aelab
