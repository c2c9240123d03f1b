// What every registered anomaly score promises.

#include <gtest/gtest.h>

#include "aelab/evaluation/detector.h"
#include "aelab/runs/detector_file.h"
#include "tests/contract/contract.h"

namespace aelab {
namespace {

/// Calls `test` with every score and every variant's first example that it suits; a score that suits none
/// fails.
template <class Test>
void for_each_score(Test test) {
  for_each_example<AnomalyScore>([&](const Choice<AnomalyScore>& example) {
    int suited = 0;
    for_each_example<Autoencoder>([&](const Choice<Autoencoder>& variant) {
      if (!is_first_of_kind(variant)) return;
      const auto model = make_variant(variant);
      model->eval();
      const auto data = few_digits_as(input_of(variant));
      const auto score = example.make();
      if (const auto reason = score->unsuited(*model); !reason.empty()) {
        EXPECT_SAYS(message_of<Error>([&] { score->fit(*model, data.train, 1); }), reason);
        return;
      }
      ++suited;
      score->fit(*model, data.train, /*seed=*/1);
      test(*score, *model, data, example);
    });
    EXPECT_GT(suited, 0);
  });
}

TEST(EveryScore, IsFiniteAndDependsOnTheRowAlone) {
  for_each_score([](const AnomalyScore& score, const Autoencoder& model, const Split& data,
                    const Choice<AnomalyScore>&) {
    EXPECT_FALSE(score.definition().empty());
    const auto whole = score_rows(score, model, data.test).scores;
    ASSERT_EQ(whole.sizes(), (at::IntArrayRef{data.test.size()}));
    EXPECT_EQ(whole.scalar_type(), at::kDouble);
    EXPECT_TRUE(whole.isfinite().all().item<bool>());
    const auto last = at::full({1}, data.test.size() - 1, at::kLong);
    const auto alone = score_rows(score, model, data.test.subset(last)).scores;
    EXPECT_TRUE(at::allclose(alone, whole.slice(0, -1), 1e-4, 1e-5)) << alone << whole.slice(0, -1);
  });
}

TEST(EveryScore, IsHigherForRowsOfNoise) {
  int higher = 0, all = 0;
  for_each_score([&](const AnomalyScore& score, const Autoencoder& model, const Split& data,
                     const Choice<AnomalyScore>&) {
    auto random = fixed_generator(3);
    auto shape = data.test.shape();
    shape.insert(shape.begin(), 40);
    const auto noise =
        Dataset::from_tensors(at::empty(shape).uniform_(0, 1, random), at::zeros({40}, at::kLong));
    ++all;
    higher += score_rows(score, model, noise).scores.median().item<double>() >
                      score_rows(score, model, data.test).scores.median().item<double>()
                  ? 1
                  : 0;
  });
  EXPECT_GT(2 * higher, all) << "of models that are not trained, most";
}

TEST(EveryScore, HasContributionsOfTheFeaturesOfItsTarget) {
  for_each_score([](const AnomalyScore& score, const Autoencoder& model, const Split& data,
                    const Choice<AnomalyScore>&) {
    const auto explained = score_rows(score, model, data.test, /*explain=*/true);
    EXPECT_TRUE(at::allclose(explained.scores, score_rows(score, model, data.test).scores, 1e-5, 1e-5));
    EXPECT_FALSE(score_rows(score, model, data.test).contributions.defined());
    if (!explained.contributions.defined()) return;
    EXPECT_EQ(explained.contributions.sizes(),
              (at::IntArrayRef{data.test.size(), elements(model.target_shape())}));
    EXPECT_TRUE(explained.contributions.isfinite().all().item<bool>());
  });
}

TEST(EveryScore, IsKeptByItsStateAndByADetectorsFile) {
  const TemporaryFolder folder;
  for_each_score([&](const AnomalyScore& score, const Autoencoder& model, const Split& data,
                     const Choice<AnomalyScore>& example) {
    const auto again = example.make();
    again->load(model, score.state());
    const auto scores = score_rows(score, model, data.test).scores;
    EXPECT_TRUE(same_bits(score_rows(*again, model, data.test).scores, scores));
    const auto detector = fit_detector(model, data, example, /*seed=*/1);
    const auto file = folder.path() / "detector.safetensors";
    write_detector(file, detector, model);
    const auto read = read_detector(file, model);
    EXPECT_EQ(write_config(read.config), write_config(example));
    EXPECT_TRUE(same_bits(score_rows(*read.score, model, data.test).scores, scores));
    for (const auto& rule : {ThresholdConfig{.contamination = 0.1}, ThresholdConfig{.percentile = 90},
                             ThresholdConfig{.false_positive_rate = 0.2}}) {
      EXPECT_EQ(read.threshold(rule).value, detector.threshold(rule).value);
      EXPECT_EQ(read.threshold(rule).rule, detector.threshold(rule).rule);
    }
  });
}

}  // namespace
}  // namespace aelab
