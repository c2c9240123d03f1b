#include "aelab/evaluation/metrics/probe.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/classifiers/nearest_neighbors.h"
#include "aelab/classifiers/rbf_svm.h"
#include "aelab/core/config.h"
#include "aelab/data/source.h"
#include "aelab/models/dense.h"
#include "tests/support.h"

namespace aelab {
namespace {

enum { kAccuracy, kValidation, kPixels };

/// Whatever it sees, it predicts the class C.
class Constant : public Classifier {
 public:
  struct Config {
    static constexpr std::string_view kind = "test-constant";
    static constexpr std::string_view summary = "predicts one class";
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Constant(const Config&) {}
  void fit(const Tensor& features, const Tensor&, std::int64_t, std::int64_t) override {
    fitted_rows = features.size(0);
    ++fits;
  }
  Tensor predict(const Tensor& features) const override {
    return at::full({features.size(0)}, class_, at::kLong);
  }
  State state() const override { return {}; }
  void load(const State&) override {}
  bool set_strength(double C) override {
    class_ = static_cast<std::int64_t>(C);
    return true;
  }

  static inline std::int64_t fitted_rows = 0, fits = 0;

 private:
  std::int64_t class_ = 0;
};

Choice<Classifier> constant() {
  if (!Classifier::registry().find("test-constant")) Classifier::registry().add<Constant>();
  return Constant::Config{};
}

Dataset labeled(std::vector<std::int64_t> labels) {
  const auto rows = static_cast<std::int64_t>(labels.size());
  return Dataset::from_tensors(at::zeros({rows, 1, 8, 8}), at::tensor(labels));
}

std::shared_ptr<Autoencoder> any_dense(std::int64_t code = 16) {
  return std::make_shared<Dense>(Dense::Config{.base = {.code = code}}, Context({1, 8, 8}));
}

std::vector<std::optional<double>> probed(const Probe::Config& config, const Split& data) {
  std::vector<std::optional<double>> values;
  for (const auto& result : evaluate(*any_dense(), data.test, data, {config})) values.push_back(result.value);
  return values;
}

Split digits_split() { return open_dataset("digits").split({.validation = 300, .train = 500, .test = 300}); }

Split without_labels(const Split& data) {
  const auto bare = [](const Dataset& part) {
    return Dataset::from_tensors(part.range(0, part.size()).inputs);
  };
  return {bare(data.train), bare(data.validation), bare(data.test)};
}

TEST(Probe, ChoosesOnValidationAndMeasuresOnTheTest) {
  // Class 2 is the most frequent of the validation split; training and test would choose 1 and 3.
  const Split data = {labeled({1, 1, 1, 2}), labeled({2, 2, 1, 3}), labeled({3, 3, 3, 2, 1})};
  const auto values = probed({.classifier = constant(), .strengths = {{1, 2, 3}}, .pixels = true}, data);
  EXPECT_DOUBLE_EQ(*values[kValidation], 0.5);
  EXPECT_DOUBLE_EQ(*values[kAccuracy], 0.2);
  EXPECT_DOUBLE_EQ(*values[kPixels], 0.2);
}

TEST(Probe, TakesTheSmallestOfEquallyGoodStrengths) {
  const Split data = {labeled({1, 2}), labeled({1, 2}), labeled({1, 1, 1, 2})};
  EXPECT_DOUBLE_EQ(*probed({.classifier = constant(), .strengths = {{2, 1}}}, data)[kAccuracy], 0.75);
}

TEST(Probe, UsesNoMoreRowsThanItIsGiven) {
  const auto data = digits_split();
  probed({.classifier = constant(), .rows = 123, .strengths = {{1}}}, data);
  EXPECT_EQ(Constant::fitted_rows, 123);
  probed({.classifier = constant(), .rows = 1000, .strengths = {{1}}}, data);
  EXPECT_EQ(Constant::fitted_rows, 500);
}

TEST(Probe, DrawsItsRowsFromAllOfThem) {
  // Classes one after the other: of the first rows alone there would be one class, and no accuracy.
  const auto x = at::cat({at::zeros({300, 1, 8, 8}), at::ones({300, 1, 8, 8})});
  const auto labels = at::cat({at::zeros({300}, at::kLong), at::ones({300}, at::kLong)});
  const auto rows = Dataset::from_tensors(x, labels);
  const Split data = {rows, {}, rows};
  const auto values =
      probed({.classifier = NearestNeighbors::Config{.k = 1}, .rows = 60, .pixels = true}, data);
  EXPECT_DOUBLE_EQ(values[kAccuracy].value_or(-1), 1);
  EXPECT_DOUBLE_EQ(values[kPixels].value_or(-1), 1);
}

TEST(Probe, FitsTheInputsOnlyOnRequest) {
  const auto data = digits_split();
  Constant::fits = 0;
  EXPECT_EQ(probed({.classifier = constant(), .strengths = {{1}}}, data).size(), 2U);
  EXPECT_EQ(Constant::fits, 1);
  EXPECT_EQ(probed({.classifier = constant(), .strengths = {{1}}, .pixels = true}, data).size(), 3U);
  EXPECT_EQ(Constant::fits, 3);
}

TEST(Probe, SeparatesDigitsWithEveryClassifier) {
  const auto data = digits_split();
  for (const auto& kind : Classifier::registry().all()) {
    if (kind.name == "test-constant") continue;
    const auto values = probed({.classifier = Choice<Classifier>::named(kind.name), .pixels = true}, data);
    EXPECT_GT(*values[kAccuracy], 0.7) << kind.name;
    EXPECT_GT(*values[kPixels], 0.9) << kind.name;
    EXPECT_GT(*values[kValidation], 0.7) << kind.name;
  }
}

TEST(Probe, DoesNotApplyWithoutLabels) {
  const auto data = digits_split(), bare = without_labels(data);
  for (const auto& value : probed({}, bare)) EXPECT_FALSE(value);
  const auto values = probed({.pixels = true}, {data.train, data.validation, bare.test});
  EXPECT_FALSE(values[kAccuracy] || values[kPixels]);
}

TEST(Probe, DoesNotApplyToOneClass) {
  const auto one = labeled({2, 2, 2, 2}), two = labeled({0, 2, 0, 2});
  for (const auto& value : probed({.strengths = {{}}, .pixels = true}, {one, one, two})) EXPECT_FALSE(value);
  for (const auto& value : probed({.strengths = {{}}, .pixels = true}, {two, two, two})) EXPECT_TRUE(value);
}

TEST(Probe, IsRefusedBeforeTraining) {
  const auto data = digits_split();
  const auto refusal = [](const Probe::Config& config, const Split& split) {
    return message_of<Error>([&] { Probe(config).check(split); });
  };
  EXPECT_EQ(refusal({}, data), "nothing was thrown");
  EXPECT_SAYS(refusal({}, without_labels(data)), "\"probe\" needs labels");
  const Split unvalidated = {data.train, {}, data.test};
  EXPECT_SAYS(refusal({}, unvalidated), "data.validation");
  EXPECT_EQ(refusal({.strengths = {{1}}}, unvalidated), "nothing was thrown");
  EXPECT_EQ(refusal({.classifier = NearestNeighbors::Config{}}, unvalidated), "nothing was thrown");
  EXPECT_SAYS(refusal({.classifier = RbfSvm::Config{.rows_limit = 400}}, data), "takes 400 at most");
  EXPECT_EQ(refusal({.classifier = RbfSvm::Config{.rows_limit = 400}, .rows = 400}, data),
            "nothing was thrown");
}

TEST(Probe, RefusesStrengthsOfAClassifierThatHasNone) {
  Probe::Config config{.classifier = NearestNeighbors::Config{}, .strengths = {{1}}};
  EXPECT_SAYS(message_of<Error>([&] { check_config(config, "probe"); }), "this classifier has none");
  config.strengths->clear();
  EXPECT_NO_THROW(check_config(config, "probe"));
}

}  // namespace
}  // namespace aelab
