// Codes of trained models as features for metrics, of rows that other transforms have changed.

#include "aelab/runs/model_features.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "aelab/core/checksum.h"
#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/data/sources.h"
#include "aelab/data/transforms.h"
#include "aelab/evaluation/metrics/frechet.h"
#include "aelab/models/dense.h"
#include "aelab/models/supervised.h"
#include "aelab/runs/record.h"
#include "aelab/runs/trained_model.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using TransformChoices = std::vector<Choice<Transform>>;

struct OpenFeatures : testing::Test {
  TemporaryFolder temporary;

  RunConfig config_of(Choice<Autoencoder> variant, TransformChoices transforms, std::int64_t seed = 1) const {
    RunConfig config;
    config.name = "of-features";
    config.seed = seed;
    config.output = temporary.path();
    config.data.source = Choice<Source>::named("digits");
    config.data.split.transforms = std::move(transforms);
    config.model.variant = std::move(variant);
    config.training.epochs = 1;
    config.training.threads = 1;
    return config;
  }
  std::filesystem::path classifier(TransformChoices transforms, std::int64_t seed = 1) const {
    return run(config_of(Supervised::Config{.base = {.code = 5}}, std::move(transforms), seed),
               {.quiet = true})
        .folder;
  }

  /// Codes of a model for the first test rows of a run with these transforms, and what it should give: those
  /// of the source's rows.
  std::pair<Tensor, Tensor> codes_by(const std::filesystem::path& model, const TransformChoices& transforms,
                                     std::int64_t seed = 1) const {
    const auto data = open_dataset(Choice<Source>::named("digits"));
    const auto split = data.split({.transforms = transforms}, seed);
    const auto batch = split.test.range(0, 50);
    const ModelFeatures open(transforms, split.transforms, schema_of(data));
    const auto raw = data.split({}, seed).test.range(0, 50).inputs;
    return {open(model.string())->of(batch.inputs), open_model(model).encode(raw).to(at::kDouble)};
  }
  std::string refusal_of(const std::filesystem::path& model, const TransformChoices& transforms,
                         std::int64_t seed = 1) const {
    return message_of<Error>([&] { codes_by(model, transforms, seed); });
  }
};

const TransformChoices kStandardized = {StandardizeTransform::Config{.over = Over::all}},
                       kScaled = {ScaleTransform::Config{.from = {{0., 0.5}}}},
                       kDrawn = {BinarizeTransform::Config{.how = Binarization::fixed}};

TEST_F(OpenFeatures, AreOfRowsInTheUnitsOfTheModel) {
  const TransformChoices flat = {StandardizeTransform::Config{}, FlattenTransform::Config{}};
  for (const auto& of_model : {TransformChoices{}, kScaled, kStandardized}) {
    const auto folder = classifier(of_model);
    for (const auto& of_run : {TransformChoices{}, kStandardized, kScaled, flat}) {
      const auto [codes, expected] = codes_by(folder, of_run);
      EXPECT_TRUE(at::allclose(codes, expected, 1e-3, 1e-3)) << (codes - expected).abs().max().item<double>();
    }
  }
}

TEST_F(OpenFeatures, TakeRowsThatAreLeftByTransformsWithoutInverse) {
  const auto folder = classifier(kDrawn);
  const auto [codes, expected] = codes_by(folder, kDrawn);
  const auto model = open_model(folder);
  const auto data = open_dataset(Choice<Source>::named("digits"));
  const auto rows = data.split({.transforms = kDrawn}, 1).test.range(0, 50).inputs;
  EXPECT_TRUE(at::allclose(codes, model.network()->encode(rows).to(at::kDouble)));  // drawn once
  EXPECT_SAYS(refusal_of(classifier({}), kDrawn),
              "this run's transform \"binarize\" has no inverse, and the model was not trained on rows that "
              "the same one has changed");
  const TransformChoices otherwise = {BinarizeTransform::Config{.how = Binarization::fixed, .seed = 7}};
  EXPECT_SAYS(refusal_of(folder, otherwise), "has no inverse");
}

TEST_F(OpenFeatures, AreRefusedWhereThereAreNone) {
  EXPECT_SAYS(refusal_of(temporary / "nothing", {}), "nothing");
  const auto other = run(
      [&] {
        auto config = config_of(Dense::Config{.base = {.code = 2}}, {});
        read_config({{"source", "sprites"}, {"size", 16}, {"rows", 60}, {"test_rows", 20}},
                    config.data.source, "test");
        return config;
      }(),
      {.quiet = true});
  EXPECT_SAYS(
      refusal_of(other.folder, {}),
      other.folder.string() + ": the samples have shape [1, 8, 8], the model was trained on [1, 16, 16]");
}

TEST_F(OpenFeatures, AreRecordedWithTheirFileAndRefusedBeforeTraining) {
  const auto folder = classifier({});
  auto config = config_of(Dense::Config{.base = {.code = 2}}, kStandardized);
  config.evaluation = {Frechet::Config{.features = folder.string()}};
  const auto outcome = run(config, {.quiet = true});
  ASSERT_EQ(outcome.results.size(), 3U);
  for (const auto& result : outcome.results) EXPECT_GT(result.value.value_or(0), 0) << result.measure.name;
  const auto sum = checksum(read_file(folder / "checkpoints" / "best.safetensors"));
  for (const auto& result : read_evaluation(outcome.folder).results)
    EXPECT_SAYS(result.measure.definition, "variant \"supervised\", CRC-32 " + sum);
  // The same by "evaluate", from the rows' and the classifier's own files.
  const auto again = evaluate_run(outcome.folder);
  for (std::size_t i = 0; i < again.size(); ++i)
    EXPECT_NEAR(*again[i].value, *outcome.results[i].value, 1e-3 * *outcome.results[i].value);

  config.name = "refused";
  config.evaluation = {Frechet::Config{.features = (temporary / "gone").string()}};
  EXPECT_SAYS(message_of<Error>([&] { run(config, {.quiet = true}); }), "evaluation[0].features: ");
  EXPECT_FALSE(std::filesystem::exists(temporary / "refused"));
}

}  // namespace
}  // namespace aelab
