// Thresholds, by hand and by definition.

#include "aelab/evaluation/detector.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/evaluation/scores/reconstruction_score.h"
#include "aelab/models/dense.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// Training scores 1 to 20; of 12 validation rows, with scores 10 to 120, those from 90 on are strange, but
/// for 100.
Detector some_detector() {
  Detector detector{
      .config = ReconstructionScore::Config{}, .score = nullptr, .training = {}, .validation = {}};
  detector.training = at::arange(1, 21, at::kDouble);
  detector.validation = 10 * at::arange(1, 13, at::kDouble);
  detector.strange = (detector.validation >= 90).logical_and(detector.validation != 100);
  return detector;
}

double value_of(const ThresholdConfig& config) { return some_detector().threshold(config).value; }

TEST(Threshold, ByAFalsePositiveRateIsExceededByNoMoreNormalRows) {
  // Nine normal validation rows: 10, ..., 80, 100.
  EXPECT_EQ(value_of({.false_positive_rate = 0.05}), 100);  // 0.45 rows: none
  EXPECT_EQ(value_of({.false_positive_rate = 1.0 / 9}), 80);
  EXPECT_EQ(value_of({.false_positive_rate = 0.3}), 70);  // 2.7 rows: two
  EXPECT_EQ(value_of({.false_positive_rate = 0.99}), 10);
  EXPECT_EQ(value_of({}), 100) << "0.05 by default";
}

TEST(Threshold, ByAPercentileIsNumPys) {
  // numpy.percentile([10, 20, 30, 40, 50, 60, 70, 80, 100], 90) = 84: place 7.2 of 0 to 8.
  EXPECT_NEAR(value_of({.percentile = 90}), 84, 1e-12);
  EXPECT_NEAR(value_of({.percentile = 0}), 10, 1e-12);
  EXPECT_NEAR(value_of({.percentile = 100}), 100, 1e-12);
}

TEST(Threshold, ByContaminationTakesTrainingAndNormalValidationRowsTogether) {
  // 29 scores in ascending order: 1, ..., 10, 10, 11, ..., 20, 20, 30, ..., 80, 100; place 25.2: between 60
  // and 70.
  EXPECT_NEAR(value_of({.contamination = 0.1}), 62, 1e-9);
}

TEST(Threshold, ByF1LiesBetweenTheScoresThatItParts) {
  // From 90 on three of four rows are strange, all there are: F1 6/7. From 110 on 4/5.
  const auto threshold = some_detector().threshold({.f1 = true});
  EXPECT_EQ(threshold.value, 85);
  EXPECT_SAYS(threshold.rule, "the largest F1, 0.8571, of 12 validation rows with 3 anomalies");
}

TEST(Threshold, SaysWhatItIsOf) {
  const auto rule = [](const ThresholdConfig& config) { return some_detector().threshold(config).rule; };
  EXPECT_EQ(rule({}), "at most 5 % of 9 normal validation rows have higher scores");
  EXPECT_EQ(rule({.percentile = 99}), "percentile 99 of the scores of 9 normal validation rows");
  EXPECT_EQ(rule({.contamination = 0.1}), "10 % of 29 training and validation rows have higher scores");
  EXPECT_EQ(rule({.threshold = 7}), "given");
  EXPECT_EQ(value_of({.threshold = 7}), 7);
}

TEST(Threshold, TakesWhatThereIs) {
  auto detector = some_detector();
  detector.strange = Tensor();
  EXPECT_EQ(detector.threshold({.false_positive_rate = 0.25}).value, 90);
  EXPECT_SAYS(detector.threshold({}).rule, "of 12 validation rows");
  EXPECT_SAYS(message_of<FieldError>([&] { (void)detector.threshold({.f1 = true}); }),
              "f1: needs validation rows that are known to be anomalies");
  detector.validation = at::empty({0}, at::kDouble);
  EXPECT_EQ(detector.threshold({.false_positive_rate = 0.1}).value, 18);
  EXPECT_SAYS(detector.threshold({}).rule, "of 20 training rows");
  EXPECT_NEAR(detector.threshold({.contamination = 0.5}).value, 10.5, 1e-12);
}

TEST(Threshold, IsExceededByAnomalies) {
  const auto decisions = Detector::decide(at::tensor({1.0, 2.0, 3.0}, at::kDouble), {.value = 2, .rule = ""});
  EXPECT_TRUE(at::equal(decisions, at::arange(3) == 2));
}

TEST(FittedDetector, KnowsTheRowsThatWereLeftOutOfTheValidationSplit) {
  const auto digits = open_dataset("digits");
  const auto split = digits.split({.validation = 300, .normal = {"[0, 1]"}}, 1);
  const Dense model(Dense::Config{.base = {.code = 4}}, split);
  const auto detector = fit_detector(model, split, ReconstructionScore::Config{});
  EXPECT_EQ(detector.training.numel(), split.train.size());
  EXPECT_EQ(detector.validation.numel(), 300);
  EXPECT_EQ(detector.strange.sum().item<std::int64_t>(), split.normal.left_out.size());
  // By the squared errors of the rows themselves, one by one.
  const at::NoGradGuard no_gradients;
  for (const auto& [rows, strange] : {std::pair(split.validation, false), {split.normal.left_out, true}}) {
    const auto x = rows.range(0, rows.size()).inputs;
    const auto errors = (model.reconstruct(x) - x).square().flatten(1).sum(1).to(at::kDouble);
    const auto own =
        detector.validation.masked_select(strange ? detector.strange : detector.strange.logical_not());
    EXPECT_TRUE(at::allclose(own, std::get<0>(errors.sort()), 1e-5));
  }
}

}  // namespace
}  // namespace aelab
