// What every registered source of data promises.

#include <gtest/gtest.h>

#include "tests/contract/contract.h"

namespace aelab {
namespace {

void check_part(const Dataset& part, const Shape& shape) {
  ASSERT_GT(part.size(), 0);
  EXPECT_EQ(part.shape(), shape);
  const auto [least, most] = value_range(part);
  EXPECT_TRUE(std::isfinite(least) && std::isfinite(most));
  EXPECT_LT(least, most);
  if (!part.has_labels()) return;
  const auto labels = part.labels();
  ASSERT_EQ(labels.sizes(), at::IntArrayRef{part.size()});
  EXPECT_EQ(labels.min().item<std::int64_t>(), 0);
  const auto classes = std::get<0>(at::_unique(labels)).numel();
  EXPECT_EQ(labels.max().item<std::int64_t>(), classes - 1) << "a class without a row";
}

TEST(EverySource, HasNoFieldThatTheSplitHas) {
  SplitConfig split;
  const auto taken = config_schema(split)["properties"];
  for (const auto& kind : Source::registry().all())
    for (const auto& [name, field] : kind_schema(kind)["properties"].items())
      EXPECT_FALSE(taken.contains(name)) << kind.name << "." << name;
}

TEST(EverySource, IsTheSameWhenOpenedAgain) {
  for_each_example<Source>([&](const Choice<Source>& example) {
    Problems problems;
    problems.attempt([&] {
      const auto first = open_dataset(example), second = open_dataset(example);
      const auto rows = std::min<std::int64_t>(first.train.size(), 100);
      ASSERT_EQ(first.train.size(), second.train.size());
      EXPECT_TRUE(same_bits(first.train.range(0, rows).inputs, second.train.range(0, rows).inputs));
    });
  });
}

TEST(EverySource, OpensItsExamplesOrSaysWhatToDo) {
  int opened = 0;
  for_each_example<Source>([&](const Choice<Source>& example) {
    try {
      const auto data = open_dataset(example);
      ++opened;
      EXPECT_FALSE(data.name.empty());
      EXPECT_GT(elements(data.shape()), 0);
      check_part(data.train, data.shape());
      if (data.test) check_part(*data.test, data.shape());
      const auto split = data.split({.validation = 10});
      EXPECT_EQ(split.validation.size(), 10);
    } catch (const Error& error) {  // a set that is not installed here, or files of the user's
      const std::string what = error.what(), field = what.substr(0, what.find_first_of(".[:"));
      EXPECT_TRUE(field == "source" ||
                  kind_schema(example.kinds().at(example.kind()))["properties"].contains(field))
          << what;
      EXPECT_TRUE(what.find("folder") != std::string::npos ||
                  what.find("there is no file") != std::string::npos)
          << what;
    }
  });
  EXPECT_GT(opened, 0);
}

}  // namespace
}  // namespace aelab
