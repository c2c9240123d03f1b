// What every registered transform promises.

#include "aelab/data/transforms.h"

#include <gtest/gtest.h>

#include "aelab/data/inversion.h"
#include "tests/contract/contract.h"

namespace aelab {
namespace {

/// As rows that the example is for.
Data small_digits(const Choice<Transform>& example) {
  const auto digits = few_digits_as(input_of(example));
  return {.name = "digits", .train = digits.train, .test = digits.test};
}

SplitConfig changed_by(const Choice<Transform>& transform) {
  return {.validation = 20, .transforms = {transform}};
}

TEST(EveryTransform, GivesRowsOfTheShapeThatItSays) {
  for_each_example<Transform>([](const Choice<Transform>& example) {
    const auto config = changed_by(example);
    const auto split = small_digits(example).split(config, 1);
    for (const auto& part : {split.train, split.validation, split.test}) {
      EXPECT_EQ(part.shape(), config.changed(input_of(example)));
      const auto inputs = part.range(0, 10).inputs;
      EXPECT_EQ(inputs.sizes(), at::IntArrayRef(batch_of(10, part.shape())));
      EXPECT_TRUE(at::isfinite(inputs).all().item<bool>());
    }
  });
}

TEST(EveryTransform, LeavesTheSourceAndOtherRowsAlone) {
  for_each_example<Transform>([](const Choice<Transform>& example) {
    const auto data = small_digits(example);
    const auto before = data.train.range(0, 30).inputs.clone();
    const auto split = data.split(changed_by(example), 1);
    const auto all = split.train.range(0, 30).inputs;
    EXPECT_TRUE(same_bits(data.train.range(0, 30).inputs, before));
    EXPECT_TRUE(at::allclose(split.train.range(7, 8).inputs, all.slice(0, 7, 8), 1e-5, 1e-6));  // row by row
  });
}

/// Rows unlike those that a transform was fitted to: values below, within and above theirs.
Tensor other_rows(const Choice<Transform>& example, double least, double most) {
  auto random = fixed_generator(3);
  return at::empty(batch_of(40, input_of(example))).uniform_(least, most, random);
}

TEST(EveryTransform, GuaranteesTheLimitsThatItStates) {
  for_each_example<Transform>([](const Choice<Transform>& example) {
    const auto split = small_digits(example).split(changed_by(example), 1);
    const auto& transform = *split.transforms.front();
    for (const auto& limits : {between(0, 1), between(-3, 2), between(0.2, 0.7)}) {
      const auto stated = transform.values(limits);
      const auto [least, most] =
          at::aminmax(transform.apply(other_rows(example, limits.least, limits.most), {}));
      EXPECT_GE(least.item<double>(), stated.least - 1e-6) << in_words(limits);
      EXPECT_LE(most.item<double>(), stated.most + 1e-6) << in_words(limits);
    }
  });
}

TEST(EveryTransform, WithAnInverseIsUndone) {
  for_each_example<Transform>([](const Choice<Transform>& example) {
    const auto data = small_digits(example);
    const auto split = data.split(changed_by(example), 1);
    const auto& transform = *split.transforms.front();
    const Inversion inversion(split.transforms, data.shape());
    EXPECT_EQ(inversion.kept(), transform.invertible() ? 0 : 1);
    if (!transform.invertible()) return;
    const auto rows = data.split({.validation = 20}, 1).train.range(0, 50).inputs;  // that it was fitted to
    const auto changed = transform.apply(rows.clone(), {});
    const auto back = inversion(changed);
    ASSERT_EQ(back.sizes(), rows.sizes());
    // What is lost, by a projection, is lost once: the same changed rows come of it.
    EXPECT_TRUE(at::allclose(transform.apply(back.clone(), {}), changed, 1e-3, 1e-3));
    if (elements(transform.shape(data.shape())) == elements(data.shape())) {
      const auto constant = rows.std(0).flatten() < 1e-6;  // whitening leaves these at their mean
      EXPECT_TRUE(at::allclose(back.flatten(1).masked_select(~constant),
                               rows.flatten(1).masked_select(~constant), 1e-3, 1e-3));
    }
  });
}

TEST(EveryTransform, LearnsFromTheTrainingSplitAlone) {
  for_each_example<Transform>([](const Choice<Transform>& example) {
    auto data = small_digits(example);
    const auto split = data.split(changed_by(example), 1);
    data.test = Dataset::from_tensors(data.test->range(0, data.test->size()).inputs * 0.5f);
    const auto other = data.split(changed_by(example), 1);
    EXPECT_TRUE(same_bits(split.train.range(0, 50).inputs, other.train.range(0, 50).inputs));
  });
}

TEST(EveryTransform, DoesTheSameOnceItsLearningIsCopied) {
  for_each_example<Transform>([](const Choice<Transform>& example) {
    const auto split = small_digits(example).split(changed_by(example), 1);
    const auto copy = example.make();
    const auto learned = split.transforms.front()->fitted(), copied = copy->fitted();
    ASSERT_EQ(learned.size(), copied.size());
    for (std::size_t i = 0; i < learned.size(); ++i) {
      EXPECT_EQ(learned[i].first, copied[i].first);
      *copied[i].second = learned[i].second->clone();
    }
    const auto again = small_digits(example).split(changed_by(example), 1, {copy});
    EXPECT_TRUE(same_bits(split.validation.range(0, 20).inputs, again.validation.range(0, 20).inputs));
  });
}

}  // namespace
}  // namespace aelab
