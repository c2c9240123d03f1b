// Anomalies among raw rows, by a model and a detector that are kept, without training data.

#include "aelab/runs/detector_file.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/core/files.h"
#include "aelab/data/sources.h"
#include "aelab/data/transforms.h"
#include "aelab/evaluation/scores/mahalanobis_score.h"
#include "aelab/evaluation/scores/reconstruction_score.h"
#include "aelab/models/dense.h"
#include "aelab/runs/feature_names.h"
#include "aelab/runs/trained_run.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// 90 rows of three columns, the third the sum of the others; every third row is of the class bad.
Tensor planar_rows() {
  auto random = fixed_generator(8);
  const auto free = at::empty({90, 2}).normal_(0, 1, random);
  return at::cat({free, free.sum(1, /*keepdim=*/true)}, 1) * at::tensor({1.f, 20.f, 5.f}) + 100;
}

struct DetectedRows : testing::Test {
  TemporaryFolder temporary;

  std::filesystem::path trained() const {
    const auto table = temporary / "table.csv";
    std::string text = "width,height,area,kind\n";
    const auto rows = planar_rows();
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
      for (std::int64_t j = 0; j < 3; ++j) text += std::to_string(rows[i][j].item<float>()) + ",";
      text += i % 3 ? "good\n" : "bad\n";
    }
    put_file(table, text);
    RunConfig config;
    config.name = "detected";
    config.output = temporary.path();
    config.data.source = Csv::Config{.files = {table.string()}, .label = "kind"};
    config.data.split.normal = {R"("good")"};
    config.data.split.validation = 0.3;
    config.data.split.transforms = {StandardizeTransform::Config{}};
    config.model.variant = Dense::Config{.base = {.code = 2}, .backbone = {.hidden = {}}};
    config.training.epochs = 40;
    return run(config, {.quiet = true}).folder;
  }
};

TEST_F(DetectedRows, AreThoseWithScoresAboveAThresholdWithoutTheData) {
  const auto folder = trained();
  const auto model = open_model(folder);
  const auto detector = open_detector(folder, model);
  const auto distance = open_detector(folder, model, MahalanobisScore::Config{});
  std::filesystem::remove(temporary / "table.csv");

  const auto rows = planar_rows();
  const auto again = open_detector(folder, model, ReconstructionScore::Config{});
  EXPECT_TRUE(at::allclose(model.score(rows, detector), model.score(rows)));
  EXPECT_TRUE(same_bits(model.score(rows, again), model.score(rows, detector)));
  EXPECT_TRUE(same_bits(model.score(rows, open_detector(folder, model, MahalanobisScore::Config{})),
                        model.score(rows, distance)));
  const auto threshold = again.threshold({.percentile = 80});
  EXPECT_EQ(threshold.value, detector.threshold({.percentile = 80}).value);
  EXPECT_TRUE(at::equal(model.detect(rows, again, threshold), model.score(rows) > threshold.value));
  const auto explained = model.explain(rows, again);
  EXPECT_TRUE(at::allclose(explained.contributions.sum(1), explained.scores));
  EXPECT_FALSE(model.explain(rows, distance).contributions.defined());
  const auto x = model.prepare(rows);
  EXPECT_TRUE(at::allclose(explained.contributions,
                           (x - model.network()->reconstruct(x)).square().to(at::kDouble), 1e-4, 1e-6));
}

TEST_F(DetectedRows, MustFitTheModel) {
  const auto folder = trained();
  const auto model = open_model(folder);
  const auto detector = open_detector(folder, model);
  EXPECT_SAYS(message_of<Error>([&] { (void)model.score(at::zeros({2, 4}), detector); }), "has 4 columns");
  EXPECT_SAYS(message_of<Error>([&] {
                (void)model.detect(at::full({2, 3}, NAN), detector, {});
              }),
              "NaN or infinite values: row 0");
}

TEST_F(DetectedRows, NeedADetectorOfTheirModel) {
  const auto folder = trained();
  const auto model = open_model(folder);
  const auto path = detector_path(folder, ReconstructionScore::Config{}, *model.network());
  (void)open_detector(folder, model);
  ASSERT_TRUE(std::filesystem::exists(path));
  const Dense other(Dense::Config{.base = {.code = 2}, .backbone = {.hidden = {}}}, Context(Shape{3}, 5));
  EXPECT_SAYS(message_of<Error>([&] { (void)read_detector(path, other); }), "was fitted to another model");
  EXPECT_NE(detector_path(folder, ReconstructionScore::Config{}, other), path);
  auto bytes = read_file(path);
  bytes[bytes.size() - 3] ^= 1;
  put_file(path, bytes);
  EXPECT_NE(message_of<Error>([&] { (void)open_detector(folder, model); }), "nothing was thrown");
}

TEST(FeatureNames, AreColumnsOrPlaces) {
  const auto names = [](const InputSchema& input, const Transforms& transforms = {}) {
    auto shape = input.shape;
    for (const auto& transform : transforms) shape = transform->shape(shape);
    return feature_names(transforms, input, Dense(Dense::Config{.base = {.code = 2}}, Context(shape)));
  };
  EXPECT_EQ(names({.shape = {2}, .columns = {"width", "height"}}),
            (std::vector<std::string>{"width", "height"}));
  EXPECT_EQ(names({.shape = {3}}).back(), "feature_2");
  EXPECT_EQ(names({.shape = {1, 4, 6}})[13], "pixel_2_1");
  EXPECT_EQ(names({.shape = {3, 4, 6}})[24 + 13], "pixel_1_2_1");
  EXPECT_EQ(names({.shape = {2, 5}})[7], "value_1_2");
  const Transforms flat = {std::make_shared<FlattenTransform>(FlattenTransform::Config{})};
  EXPECT_EQ(names({.shape = {1, 4, 6}}, flat)[13], "pixel_2_1");
  const Transforms whitened = {std::make_shared<WhitenTransform>(WhitenTransform::Config{})};
  EXPECT_EQ(names({.shape = {2}, .columns = {"width", "height"}}, whitened)[1], "transformed_1");
}

TEST(KnownFeatures, AreTheColumnsOfATypedTable) {
  const InputSchema input = {
      .shape = {4},
      .columns = {"age", "color", "when.month", "when.day"},
      .types = {{.name = "age", .missing = true},
                {.name = "color", .kind = ColumnKind::categorical, .categories = {"blue", "red"}},
                {.name = "when", .kind = ColumnKind::date, .parts = {DatePart::month, DatePart::day}}}};
  const auto known = known_features({}, input, Dense(Dense::Config{.base = {.code = 2}}, Context(Shape{6})));
  EXPECT_EQ(known.names, (std::vector<std::string>{"age", "color", "when"}));
  // One feature of age, three of color (with that of unseen ones), two of the date.
  const auto amounts = at::tensor({1.0, 2.0, 4.0, 8.0, 16.0, 32.0}).unsqueeze(0);
  EXPECT_TRUE(at::equal(known.summed(amounts)[0], at::tensor({1.0, 14.0, 48.0})));
}

}  // namespace
}  // namespace aelab
