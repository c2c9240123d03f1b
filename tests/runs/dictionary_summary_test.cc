// summary/dictionary.json and latents.csv of models, against all codes and cosines at once.

#include "aelab/runs/dictionary_summary.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "aelab/core/files.h"
#include "aelab/data/sources/sae_bench.h"
#include "aelab/data/sources/synthetic.h"
#include "aelab/models/dictionaries.h"
#include "aelab/models/linear.h"
#include "aelab/models/pca.h"
#include "aelab/models/vq_vae.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using nlohmann::json;

constexpr std::int64_t kLatents = 70;

Dataset known_rows(std::int64_t rows = 2500) {
  const Synthetic::Config source{.of = SaeBench::Config{}, .rows = 100, .test_rows = rows, .seed = 5};
  return Synthetic(source).open().test.value();
}

/// A dictionary of true directions, some of them twice or blurred, and of others.
std::shared_ptr<Autoencoder> partly_right(const Dataset& rows) {
  TopK::Config config{.bottleneck = {.k = 5}};
  config.recipe.base.code = kLatents;
  const auto model = Autoencoder::make(config, Context(rows.shape(), /*seed=*/2));
  const at::NoGradGuard no_grad;
  auto random = fixed_generator(7);
  auto weights = model->named_parameters()["backbone.decoder_weight"];
  const auto truth = rows.truth()->dictionary();
  weights.slice(0, 0, 30).copy_(truth.slice(0, 0, 30));
  weights.slice(0, 30, 40).copy_(truth.slice(0, 0, 10));
  weights.slice(0, 40, 60).copy_(truth.slice(0, 30, 50) +
                                 at::empty({20, truth.size(1)}).normal_(0, 0.06, random));
  model->named_parameters()["backbone.encoder_weight"].copy_(weights);
  return model;
}

struct DictionarySummary : testing::Test {
  TemporaryFolder temporary;

  bool writes(const Choice<Autoencoder>& variant, const Dataset& rows) const {
    const auto model = Autoencoder::make(variant, Context(rows.shape(), /*seed=*/1));
    write_dictionary_summary(temporary.path(), *model, rows, "test");
    return std::filesystem::exists(temporary / "dictionary.json") ||
           std::filesystem::exists(temporary / "latents.csv");
  }
  json record() const { return json::parse(read_file(temporary / "dictionary.json")); }
};

std::vector<std::int64_t> counts_of(const Tensor& values, const json& edges) {
  const auto bounds = at::tensor(edges.get<std::vector<double>>(), at::kDouble);
  std::vector<std::int64_t> counts;
  for (std::int64_t i = 0; i + 1 < bounds.numel(); ++i) {
    auto within = values.ge(bounds[i]) & values.lt(bounds[i + 1]);
    if (i + 2 == bounds.numel()) within = values.ge(bounds[i]);
    counts.push_back(within.sum().item<std::int64_t>());
  }
  return counts;
}

/// Counts that are equal but for values that lie on an edge, to rounding.
void expect_counts(const json& histogram, const Tensor& values) {
  const auto low = counts_of(values - 1e-5, histogram.at("edges")),
             high = counts_of(values + 1e-5, histogram.at("edges"));
  const auto counts = histogram.at("counts").get<std::vector<std::int64_t>>();
  std::int64_t sum = 0;
  for (const auto count : counts) sum += count;
  EXPECT_EQ(sum, values.numel());
  std::int64_t moved = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) moved += std::abs(low[i] - high[i]);
  std::int64_t wrong = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) wrong += std::abs(counts[i] - low[i]);
  EXPECT_LE(wrong, moved) << histogram;
}

TEST_F(DictionarySummary, MatchesLatentsWithTheFeaturesOfTheRows) {
  const auto rows = known_rows();
  const auto model = partly_right(rows);
  write_dictionary_summary(temporary.path(), *model, rows, "test");
  const auto written = record();
  const at::NoGradGuard no_grad;
  const auto unit = [](const Tensor& x) { return (x / x.norm(2, 1, true)).to(at::kDouble); };
  const auto latents = unit(model->named_parameters()["backbone.decoder_weight"]);
  const auto features = unit(rows.truth()->dictionary());
  const auto cosines = at::mm(latents, features.t()).abs();
  const auto& truth = written.at("truth");
  EXPECT_EQ(truth.at("features"), features.size(0));
  const auto of_features = std::get<0>(cosines.max(0)), of_latents = std::get<0>(cosines.max(1));
  EXPECT_EQ(truth.at("recovered"), (of_features > 0.9).sum().item<std::int64_t>());
  EXPECT_GE(truth.at("recovered").get<int>(), 30);
  EXPECT_LT(truth.at("recovered").get<std::int64_t>(), features.size(0));
  expect_counts(truth.at("features_cosines"), of_features);
  expect_counts(truth.at("latents_cosines"), of_latents);
  const auto among = at::mm(latents, latents.t()).abs().fill_diagonal_(-1);
  EXPECT_EQ(written.at("compared"), kLatents);
  expect_counts(written.at("cosines"), std::get<0>(among.max(1)));

  std::istringstream lines(read_file(temporary / "latents.csv"));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line,
            "latent,active_rows,largest_activation,row,decoder_norm,largest_cosine,nearest_latent,feature,"
            "feature_cosine");
  const auto codes = model->encode(rows.range(0, rows.size()).inputs);
  const auto fired = (codes != 0).sum(0);
  std::int64_t latent = 0;
  for (; std::getline(lines, line); ++latent) {
    std::vector<double> values;
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');)
      values.push_back(field.empty() ? -1 : std::stod(field));
    ASSERT_EQ(values.size(), 9U) << line;
    EXPECT_EQ(values[0], static_cast<double>(latent));
    EXPECT_EQ(values[1], fired[latent].item<double>());
    if (values[1] > 0) {
      EXPECT_NEAR(values[2], codes.select(1, latent).max().item<double>(), 1e-5);
      EXPECT_EQ(values[3], codes.select(1, latent).argmax().item<double>());
    }
    EXPECT_NEAR(values[4], 1, 1e-5) << "the recipe's vectors have the norm 1";
    EXPECT_NEAR(values[5], among[latent].max().item<double>(), 1e-5);
    EXPECT_EQ(values[7], cosines[latent].argmax().item<double>());
    EXPECT_NEAR(values[8], of_latents[latent].item<double>(), 1e-5);
  }
  EXPECT_EQ(latent, kLatents);
}

TEST_F(DictionarySummary, SaysWhatRowsItIsOfAndDefinesItsNumbers) {
  const auto rows = known_rows(51'000);
  TopK::Config config{.bottleneck = {.k = 2}};
  config.recipe.base.code = 8;
  ASSERT_TRUE(writes(config, rows));
  const auto written = record();
  EXPECT_EQ(written.at("rows"), 50'000);
  EXPECT_EQ(written.at("of"), 51'000);
  EXPECT_EQ(written.at("omitted"),
            json({"densities and activations are those of the first 50000 of 51000 rows"}));
  EXPECT_EQ(written.at("densities").at("edges").front(), -4.75);
  for (const auto& [name, definition] : written.at("definitions").items()) {
    EXPECT_FALSE(definition.at("definition").get<std::string>().empty()) << name;
    EXPECT_EQ(definition.at("version"), 1) << name;
  }
}

TEST_F(DictionarySummary, IsOfSparseCodesWithAnAffineDecoderAlone) {
  const auto digits = few_digits().test;
  EXPECT_FALSE(writes(Linear::Config{.code = 4}, digits)) << "dense codes";
  EXPECT_FALSE(writes(Pca::Config{}, digits));
  EXPECT_FALSE(writes(VqVae::Config{.base = {.code = 8}}, digits));
  L1Dictionary::Config relu;
  relu.recipe.base.code = 30;
  EXPECT_TRUE(writes(relu, digits));
}

TEST_F(DictionarySummary, LeavesOutCodesThatAreNotFinite) {
  const auto digits = few_digits().test;
  L1Dictionary::Config relu;
  relu.recipe.base.code = 30;
  const auto model = Autoencoder::make(relu, Context(digits.shape(), /*seed=*/1));
  {
    const at::NoGradGuard no_grad;
    model->named_parameters()["backbone.encoder_bias"][0].fill_(std::numeric_limits<float>::infinity());
  }
  write_dictionary_summary(temporary.path(), *model, digits, "test");
  EXPECT_FALSE(std::filesystem::exists(temporary / "dictionary.json"));
}

}  // namespace
}  // namespace aelab
