// The metric "dictionary" of transcoders and crosscoders.

#include <gtest/gtest.h>

#include "aelab/evaluation/metrics/dictionary.h"
#include "tests/models/pairs.h"

namespace aelab {
namespace {

std::map<std::string, std::optional<double>> dictionary_values(const Autoencoder& model, const Tensor& rows) {
  const at::NoGradGuard no_grad;
  DictionaryQuality metric({});
  metric.begin(model, {});
  const auto code = model.encode(rows);
  metric.add(
      {.target = model.target(rows), .code = code, .reconstruction = model.reconstruct(rows), .input = rows});
  std::map<std::string, std::optional<double>> named;
  const auto values = metric.values();
  for (std::size_t i = 0; i < values.size(); ++i) named[metric.measures()[i].name] = values[i];
  return named;
}

TEST(Crosscoder, OfTwoCopiesOfTheSameRowsHasVectorsOfEqualNorms) {
  const auto x = float_rows(200, 4) * 0.5;
  const auto rows = at::cat({x, x}, 1);
  auto config =
      small_crosscoder(DecoderNorm::free, DeterministicBottleneck::Config{.activation = Activation::relu});
  config.backbone.blocks = {{4, 4}};
  config.recipe.base.penalties = {{WeightedL1Penalty::Config{.weight = 0.02}}};
  const Crosscoder model(config, Context(Shape{8}));
  const double before = (rows - model.reconstruct(rows)).square().mean().item<double>();
  const double after = descend(model, rows, 2000, 0.1);
  EXPECT_LT(after, 0.2 * before);
  auto values = dictionary_values(model, rows);
  EXPECT_NEAR(*values["dictionary/relative_norm"], 0.5, 0.02);
  EXPECT_NEAR(*values["dictionary/block_explained_variance"], *values["dictionary/explained_variance"], 0.02);
}

TEST(DictionaryQuality, MeasuresEachBlockOfACrosscoder) {
  const Crosscoder model(small_crosscoder(DecoderNorm::free, TopKBottleneck::Config{.k = 12}),
                         Context(Shape{kAllFeatures}));
  const at::NoGradGuard no_grad;
  auto p = parameters_by_name(model);
  // Latent i is feature i: each of one block. Features of the last block are halved.
  p.at("backbone.encoder_weight").zero_().narrow(0, 0, kAllFeatures).copy_(at::eye(kAllFeatures));
  const auto& decoder = p.at("backbone.decoder_weight");
  decoder.zero_().narrow(0, 0, kAllFeatures).copy_(at::eye(kAllFeatures));
  decoder.slice(1, 7, 9).mul_(0.5);
  const auto rows = float_rows(100, kAllFeatures).abs();
  auto values = dictionary_values(model, rows);
  EXPECT_NEAR(*values["dictionary/relative_norm"], 1, 1e-6);
  const auto last = rows.slice(1, 7, 9).to(at::kDouble);
  const double expected =
      1 - (0.25 * last.square().sum() / (last - last.mean(0)).square().sum()).item<double>();
  EXPECT_NEAR(*values["dictionary/block_explained_variance"], expected, 1e-6);
  const Transcoder other(small_transcoder(false), Context(Shape{7}));
  auto of_one = dictionary_values(other, float_rows(30, 7));
  EXPECT_FALSE(of_one["dictionary/block_explained_variance"] || of_one["dictionary/relative_norm"]);
}

TEST(DictionaryQuality, ComparesATranscoderWithItsTargets) {
  Transcoder model(small_transcoder(true), Context(Shape{7}));
  shake(model, 0.3);
  const auto rows = float_rows(30, 7);
  auto values = dictionary_values(model, rows);
  const auto y = rows.narrow(1, 4, 3).to(at::kDouble);
  const auto error = (model.reconstruct(rows) - y).square().sum(), spread = (y - y.mean(0)).square().sum();
  EXPECT_NEAR(*values["dictionary/explained_variance"], 1 - (error / spread).item<double>(), 1e-6);
}

}  // namespace
}  // namespace aelab
