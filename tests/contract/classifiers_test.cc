// What every registered classifier promises.

#include <gtest/gtest.h>

#include "aelab/classifiers/classifier.h"
#include "tests/contract/contract.h"

namespace aelab {
namespace {

struct Digits {
  Tensor features, labels;
};

const Digits& some_digits() {
  static const auto batch = open_dataset("digits").train.range(0, 500);
  static const Digits digits = {batch.inputs.flatten(1), batch.labels};
  return digits;
}

constexpr std::int64_t kTrained = 400;

std::shared_ptr<Classifier> fitted(const Choice<Classifier>& example) {
  const auto& [x, y] = some_digits();
  auto classifier = example.make();
  classifier->fit(x.slice(0, 0, kTrained), y.slice(0, 0, kTrained), 10, 3);
  return classifier;
}

double accuracy(const Classifier& classifier) {
  const auto& [x, y] = some_digits();
  return (classifier.predict(x.slice(0, kTrained)) == y.slice(0, kTrained))
      .to(at::kDouble)
      .mean()
      .item<double>();
}

TEST(EveryClassifier, LearnsDigits) {
  for_each_example<Classifier>(
      [](const Choice<Classifier>& example) { EXPECT_GT(accuracy(*fitted(example)), 0.7); });
}

TEST(EveryClassifier, PredictsTheSameFromItsState) {
  const auto& x = some_digits().features;
  for_each_example<Classifier>([&](const Choice<Classifier>& example) {
    const auto classifier = fitted(example);
    const auto copy = example.make();
    copy->load(classifier->state());
    EXPECT_TRUE(same_bits(copy->predict(x), classifier->predict(x)));
    const auto state = classifier->state(), again = copy->state();
    ASSERT_EQ(state.size(), again.size());
    for (std::size_t i = 0; i < state.size(); ++i) {
      EXPECT_EQ(state[i].first, again[i].first);
      EXPECT_TRUE(same_bits(state[i].second, again[i].second)) << state[i].first;
    }
    auto incomplete = state;
    incomplete.pop_back();
    EXPECT_SAYS(message_of<Error>([&] { copy->load(incomplete); }), state.back().first);
  });
}

TEST(EveryClassifier, FitsFromScratchAndTheSameAgain) {
  const auto& [x, y] = some_digits();
  for_each_example<Classifier>([&](const Choice<Classifier>& example) {
    const auto classifier = fitted(example), other = example.make();
    other->fit(x.slice(0, 300, 500).narrow(1, 0, 20), y.slice(0, 300, 500), 10, 4);
    other->fit(x.slice(0, 0, kTrained), y.slice(0, 0, kTrained), 10, 3);
    EXPECT_TRUE(other->predict(x).equal(classifier->predict(x)));
  });
}

TEST(EveryClassifier, PredictsRowByRow) {
  const auto& x = some_digits().features;
  for_each_example<Classifier>([&](const Choice<Classifier>& example) {
    const auto classifier = fitted(example);
    const auto together = classifier->predict(x);
    EXPECT_EQ(together.sizes(), at::IntArrayRef({x.size(0)}));
    EXPECT_EQ(together.scalar_type(), at::kLong);
    std::vector<Tensor> pieces;
    for (const auto& piece : x.split(7)) pieces.push_back(classifier->predict(piece));
    EXPECT_TRUE(at::cat(pieces).equal(together));
  });
}

TEST(EveryClassifier, TakesAnyFloatsAndGradients) {
  const auto& [x, y] = some_digits();
  for_each_example<Classifier>([&](const Choice<Classifier>& example) {
    const auto classifier = example.make();
    const auto doubled = x.to(at::kDouble).requires_grad_();
    classifier->fit(doubled.slice(0, 0, kTrained), y.slice(0, 0, kTrained), 10, 3);
    const auto predicted = classifier->predict(doubled);
    EXPECT_TRUE(predicted.equal(fitted(example)->predict(x)));
    for (const auto& item : classifier->state()) EXPECT_FALSE(item.second.requires_grad()) << item.first;
  });
}

TEST(EveryClassifier, NeverPredictsAClassWithoutRows) {
  const auto& [x, y] = some_digits();
  for_each_example<Classifier>([&](const Choice<Classifier>& example) {
    const auto classifier = example.make();
    const auto some = ((y == 2).logical_or(y == 5).logical_or(y == 7)).nonzero().squeeze(1);
    classifier->fit(x.index_select(0, some), y.index_select(0, some), 11, 0);
    const auto predicted = classifier->predict(x);
    EXPECT_TRUE((predicted == 2).logical_or(predicted == 5).logical_or(predicted == 7).all().item<bool>());
    const auto ones = (y == 1).nonzero().squeeze(1);
    classifier->fit(x.index_select(0, ones), y.index_select(0, ones), 3, 0);
    EXPECT_TRUE((classifier->predict(x) == 1).all().item<bool>());
  });
}

TEST(EveryClassifier, RefusesWhatIsNoTrainingSet) {
  const auto& [x, y] = some_digits();
  for_each_example<Classifier>([&](const Choice<Classifier>& example) {
    const auto refusal = [&](const Tensor& features, const Tensor& labels, std::int64_t classes) {
      return message_of<Error>([&] { example.make()->fit(features, labels, classes, 0); });
    };
    EXPECT_SAYS(refusal(x.slice(0, 0, 0), y.slice(0, 0, 0), 10), "no rows");
    EXPECT_SAYS(refusal(x, {}, 10), "labels are missing");
    EXPECT_SAYS(refusal(x, y.slice(0, 1), 10), "one a row");
    EXPECT_SAYS(refusal(x, y.to(at::kFloat), 10), "whole numbers");
    EXPECT_SAYS(refusal(x, y, 9), "from 0 to 8");
    EXPECT_SAYS(refusal(x, y - 1, 10), "from 0 to 9");
    EXPECT_SAYS(refusal(x.view({-1, 8, 8}), y, 10), "[rows, features]");
    EXPECT_SAYS(refusal(x / 0, y, 10), "not a number");
    EXPECT_SAYS(message_of<Error>([&] { example.make()->predict(x); }), "before it is fitted");
    EXPECT_SAYS(message_of<Error>([&] { fitted(example)->predict(x.slice(1, 1)); }), "64 features");
  });
}

TEST(EveryClassifier, KeepsItsLimitOfRows) {
  for_each_example<Classifier>([](const Choice<Classifier>& example) {
    const auto classifier = example.make();
    const auto limit = classifier->rows_limit();
    if (!limit) return;
    const auto x = at::zeros({*limit + 1, 1}), y = at::zeros({*limit + 1}, at::kLong);
    EXPECT_SAYS(message_of<Error>([&] { classifier->fit(x, y, 1, 0); }), std::to_string(*limit));
    EXPECT_NO_THROW(classifier->fit(x.slice(0, 1), y.slice(0, 1), 1, 0));
  });
}

}  // namespace
}  // namespace aelab
