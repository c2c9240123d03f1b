// "normal": training and validation splits of some classes alone.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "aelab/core/config.h"
#include "aelab/core/json.h"
#include "aelab/data/normal_classes.h"
#include "aelab/data/source.h"
#include "aelab/data/split.h"
#include "aelab/data/transforms.h"
#include "tests/support.h"

namespace aelab {
namespace {

/// 100 rows whose value is their place, of the classes a, b, c, d in turn.
Data lettered(bool with_test = false) {
  const auto rows = [](std::int64_t count, std::int64_t first) {
    const auto places = at::arange(first, first + count, at::kLong);
    return Dataset::from_tensors(places.unsqueeze(1), places % 4);
  };
  Data data{.name = "letters", .train = rows(100, 0), .class_names = {"a", "b", "c", "d"}};
  if (with_test) data.test = rows(40, 1000);
  return data;
}

std::set<std::int64_t> classes_in(const Dataset& rows) {
  const auto labels = rows.labels();
  return {labels.const_data_ptr<std::int64_t>(), labels.const_data_ptr<std::int64_t>() + labels.numel()};
}

Tensor values_of(const Dataset& rows) {
  return std::get<0>(rows.range(0, rows.size()).inputs.flatten().sort());
}

using Classes = std::set<std::int64_t>;

TEST(NormalRowsAlone, AreInTrainingAndValidationSplits) {
  for (const bool with_test : {false, true})
    for (const bool stratified : {false, true}) {
      const auto data = lettered(with_test);
      const SplitConfig all{.validation = 20, .stratified = stratified};
      auto some = all;
      some.normal = {R"(["a", 2])"};
      const auto whole = data.split(all, 3), split = data.split(some, 3);
      EXPECT_EQ(split.normal.classes, (std::vector<std::int64_t>{0, 2}));
      EXPECT_EQ(classes_in(split.train), (Classes{0, 2}));
      EXPECT_EQ(classes_in(split.validation), (Classes{0, 2}));
      EXPECT_EQ(classes_in(split.normal.left_out), (Classes{1, 3}));
      EXPECT_EQ(classes_in(split.test), (Classes{0, 1, 2, 3}));
      EXPECT_EQ(split.validation.size() + split.normal.left_out.size(), 20);
      EXPECT_EQ(split.train.size() + split.normal.not_trained, whole.train.size());
      // The test split is the same as without, and nothing moves from one split to another.
      EXPECT_TRUE(at::equal(values_of(split.test), values_of(whole.test)));
      EXPECT_TRUE(at::equal(values_of(joined({split.validation, split.normal.left_out})),
                            values_of(whole.validation)));
      EXPECT_TRUE(at::isin(values_of(split.train), values_of(whole.train)).all().item<bool>());
      if (stratified) {
        EXPECT_EQ(split.validation.size(), 10);
      }
    }
}

TEST(NormalRowsAlone, AreWhatTransformsAreFittedTo) {
  const auto split = lettered().split({.validation = 0,
                                       .test = 0,
                                       .normal = {R"({"label": "b"})"},
                                       .transforms = {StandardizeTransform::Config{}}},
                                      0);
  EXPECT_NEAR(values_of(split.train).mean().item<double>(), 0, 1e-6);
  EXPECT_EQ(split.train.size(), 25);
}

TEST(NormalRowsAlone, ChangeTheRowsThatWereLeftOutAsAllOthers) {
  const SplitConfig config{.validation = 40, .normal = {"0"}, .transforms = {StandardizeTransform::Config{}}};
  const auto split = lettered().split(config, 0);
  auto plain = config;
  plain.transforms.clear();
  const auto before = values_of(lettered().split(plain, 0).normal.left_out);
  const auto after = values_of(split.normal.left_out);
  const auto train = values_of(lettered().split(plain, 0).train);
  EXPECT_TRUE(at::allclose(after, (before - train.mean()) / train.std(/*unbiased=*/false), 1e-4, 1e-5));
  const auto again = lettered().split(plain, 0, split.transforms);
  EXPECT_TRUE(at::equal(values_of(again.normal.left_out), after));
}

TEST(NormalRowsAlone, AreRefusedWhereTheyCannotBe) {
  const auto refusal = [](const Data& data, const char* normal, double validation = 20) {
    return message_of<FieldError>(
        [&] { (void)data.split({.validation = validation, .normal = {normal}}, 0); });
  };
  EXPECT_SAYS(refusal(lettered(), R"("e")"),
              "normal: there is no class e in these data, whose classes are a, b, c, d");
  EXPECT_SAYS(refusal(lettered(), "4"), "normal: there is no class 4");
  auto unlabeled = lettered();
  unlabeled.train = Dataset::from_tensors(at::zeros({100, 1}));
  EXPECT_SAYS(refusal(unlabeled, "0"), "normal: names the class 0, and the data have no labels");
  auto of_test = lettered(true);
  of_test.train = of_test.train.subset((of_test.train.labels() != 3).nonzero().flatten());
  EXPECT_SAYS(refusal(of_test, "3"), "normal: leaves no rows to train on");
  auto rare = lettered();
  rare.train = Dataset::from_tensors(at::zeros({100, 1}), at::arange(100) / 99);
  EXPECT_SAYS(refusal(rare, "1", 2), "normal: leaves no rows");
}

TEST(NormalClasses, AreReadInAllForms) {
  const auto read = [](const char* text) { return names_of_normal({text}); };
  using Listed = std::vector<std::string>;
  EXPECT_EQ(read("0"), Listed{"0"});
  EXPECT_EQ(read(R"("cat")"), Listed{"cat"});
  EXPECT_EQ(read(R"(["cat", 1])"), (Listed{"cat", "1"}));
  EXPECT_EQ(read(R"({"label": 0})"), Listed{"0"});
  EXPECT_EQ(read(R"({"label": ["cat"]})"), Listed{"cat"});
  EXPECT_EQ(names_of_normal({}), Listed{});
  for (const auto* wrong :
       {"-1", "1.5", "true", R"({"class": 0})", R"({"label": 0, "x": 1})", R"([[0]])", R"("")"})
    EXPECT_SAYS(problem_of_normal({wrong}), "must be a class by its name or number");
  EXPECT_SAYS(problem_of_normal({"[]"}), "an empty list leaves no rows to train on");
}

TEST(NormalClasses, AreAFieldOfTheDataSection) {
  DataConfig config;
  read_config(parse_json(R"({"source": "digits", "normal": {"label": [1, 2]}})", "x"), config, "x");
  EXPECT_EQ(names_of_normal(config.split.normal), (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(write_config(config).at("normal").dump(), R"({"label":[1,2]})");
  Problems problems;
  read_config(parse_json(R"({"source": "digits", "normal": true})", "x"), config, problems);
  EXPECT_SAYS(problems.all().front(), "normal: must be a class by its name or number");
}

}  // namespace
}  // namespace aelab
