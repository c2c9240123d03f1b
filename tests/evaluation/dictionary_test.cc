// The numbers of dictionaries on examples whose answers are known by hand, and the Hungarian method against
// all permutations.

#include "aelab/evaluation/metrics/dictionary.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/data/sources/sae_bench.h"
#include "aelab/evaluation/assignment.h"
#include "aelab/models/dense.h"
#include "aelab/models/dictionaries.h"
#include "aelab/models/linear.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// A truth whose rows are given: sizes [rows, features].
class GivenTruth : public Truth {
 public:
  GivenTruth(Tensor dictionary, Tensor sizes, std::vector<std::int64_t> parents)
      : dictionary_(std::move(dictionary)),
        sizes_(std::move(sizes)),
        parents_(at::tensor(parents, at::kLong)) {}
  Tensor dictionary() const override { return dictionary_; }
  Tensor bias() const override { return at::zeros({dictionary_.size(1)}); }
  Tensor parents() const override { return parents_; }
  ActiveFeatures active(const Tensor& rows) const override {
    const auto sizes = sizes_.index_select(0, rows);
    const auto counts = (sizes > 0).sum(1);
    return {at::cat({at::zeros({1}, at::kLong), counts.cumsum(0)}),
            (sizes > 0).nonzero().select(1, 1).contiguous(), sizes.masked_select(sizes > 0)};
  }

 private:
  Tensor dictionary_, sizes_, parents_;
};

using NamedValues = std::map<std::string, std::optional<double>>;

/// Of latents with these directions [latents, features] and codes [rows, latents] of rows [rows, features].
/// Reconstructed without a bias, unless the reconstructions are given.
NamedValues measured(const Tensor& directions, const Tensor& codes, const Tensor& rows,
                     std::shared_ptr<const Truth> truth = {}, const Tensor& reconstructions = {}) {
  const Linear model({.code = directions.size(0)}, Context({directions.size(1)}));
  {
    const at::NoGradGuard no_grad;
    model.named_parameters()["backbone.decoder_0.weight"].copy_(directions.t());
  }
  DictionaryQuality metric({});
  metric.begin(model, {});
  metric.add({.target = rows,
              .code = codes,
              .reconstruction = reconstructions.defined() ? reconstructions : at::mm(codes, directions),
              .rows = at::arange(rows.size(0), at::kLong),
              .truth = std::move(truth)});
  NamedValues named;
  const auto measures = metric.measures();
  const auto values = metric.values();
  EXPECT_EQ(measures.size(), values.size());
  for (std::size_t i = 0; i < measures.size(); ++i)
    named[measures[i].name.substr(std::string("dictionary/").size())] = values[i];
  return named;
}

const std::vector<std::int64_t> kNoParents = {-1, -1, -1};

/// Three features in three dimensions, four rows.
Tensor some_sizes() {
  return at::tensor({1.F, 0.F, 0.F, 2.F, 0.F, 1.F, 0.F, 3.F, 0.F, 0.F, 0.F, 0.F}).view({4, 3});
}
std::shared_ptr<const Truth> some_truth(const std::vector<std::int64_t>& parents = kNoParents) {
  return std::make_shared<GivenTruth>(at::eye(3), some_sizes(), parents);
}

TEST(DictionaryQuality, IsPerfectWhereLatentsAreTheFeatures) {
  auto values = measured(at::eye(3), some_sizes(), some_sizes(), some_truth());
  EXPECT_EQ(*values["l0"], 1);  // 1, 2, 1 and 0
  for (const auto* name : {"explained_variance", "cosine", "norm_ratio", "alive", "mcc", "uniqueness",
                           "precision", "recall", "f1"})
    EXPECT_NEAR(*values[name], 1, 1e-6) << name;
  for (const auto* name : {"dead", "rare", "largest_cosine"}) EXPECT_EQ(*values[name], 0) << name;
  EXPECT_EQ(*values["dense"], 1);
  EXPECT_FALSE(values["absorption"]);  // no parents
}

TEST(DictionaryQuality, DoesNotDependOnOrderSignOrScaleOfLatents) {
  const auto order = at::tensor({2, 0, 1}, at::kLong);
  const auto scales = at::tensor({-2.F, 0.5F, -1.F});
  const auto directions = at::eye(3).index_select(0, order) * scales.unsqueeze(1);
  const auto codes = some_sizes().index_select(1, order) / scales;
  auto values = measured(directions, codes, some_sizes(), some_truth());
  for (const auto* name : {"explained_variance", "mcc", "uniqueness", "precision", "recall", "f1"})
    EXPECT_NEAR(*values[name], 1, 1e-6) << name;
}

TEST(DictionaryQuality, CountsDuplicatedAndSilentLatents) {
  // Latents 0 and 1 are feature 0, latent 2 is feature 1 and silent; feature 2 has none.
  const auto directions = at::tensor({1.F, 0.F, 0.F, 1.F, 0.F, 0.F, 0.F, 1.F, 0.F}).view({3, 3});
  const auto codes = at::tensor({1.F, 0.F, 0.F, 1.F, 1.F, 0.F, 0.F, 1.F, 0.F, 0.F, 0.F, 0.F}).view({4, 3});
  auto values = measured(directions, codes, some_sizes(), some_truth());
  EXPECT_NEAR(*values["uniqueness"], 2. / 3, 1e-12);
  EXPECT_NEAR(*values["mcc"], 2. / 3, 1e-6);  // the duplicate gets a feature that it is orthogonal to
  EXPECT_NEAR(*values["precision"], (1 + 0.5 + 0) / 3, 1e-12);
  EXPECT_NEAR(*values["recall"], (1 + 0.5 + 0) / 3, 1e-12);
  EXPECT_NEAR(*values["f1"], (1 + 0.5 + 0) / 3, 1e-12);
  EXPECT_NEAR(*values["alive"], 2. / 3, 1e-12);
  EXPECT_EQ(*values["dead"], 1);
  EXPECT_NEAR(*values["largest_cosine"], 2. / 3, 1e-6);  // 1, 1 and 0
  EXPECT_EQ(*values["l0"], 1);
}

TEST(DictionaryQuality, FindsThatParentsAreAbsorbed) {
  // Feature 1 is the child of feature 0. Three rows have both; the parent's latent is silent in one with the
  // child's latent active, and in one where the child's is silent as well.
  const auto sizes = at::tensor({1.F, 1.F, 1.F, 1.F, 1.F, 1.F, 1.F, 0.F}).view({4, 2});
  const auto codes = at::tensor({1.F, 1.F, 0.F, 1.F, 0.F, 0.F, 0.F, 1.F}).view({4, 2});
  const auto truth = std::make_shared<GivenTruth>(at::eye(2), sizes, std::vector<std::int64_t>{-1, 0});
  auto values = measured(at::eye(2), codes, sizes, truth);
  EXPECT_NEAR(*values["absorption"], 1. / 3, 1e-12);
  // Without a latent of the child's there are no pairs.
  const auto twice = at::tensor({1.F, 0.F, 1.F, 0.F}).view({2, 2});
  EXPECT_FALSE(measured(twice, codes, sizes, truth)["absorption"]);
}

TEST(DictionaryQuality, PoolsTheExplainedVarianceAndSkipsRowsWithoutNorm) {
  // Rows 4, 0 and 2 of one feature about the mean 2: the spread is 8. Reconstructed as 2, 0 and 0.
  const auto rows = at::tensor({4.F, 0.F, 2.F}).view({3, 1}),
             codes = at::tensor({2.F, 0.F, 0.F}).view({3, 1});
  auto values = measured(at::ones({1, 1}), codes, rows);
  EXPECT_NEAR(*values["explained_variance"], 1 - 8. / 8, 1e-12);
  EXPECT_NEAR(*values["cosine"], 1, 1e-12);         // of the first row
  EXPECT_NEAR(*values["norm_ratio"], 0.25, 1e-12);  // of 1/2 and 0
  EXPECT_FALSE(values["mcc"] || values["f1"] || values["largest_cosine"]);
}

TEST(DictionaryQuality, HasBandsOfFiringRates) {
  auto codes = at::zeros({5000, 4});
  codes[0][0] = 1;                               // 1 in 5000: rare
  codes.select(1, 1).slice(0, 0, 501).fill_(1);  // 1 in 9.98: dense
  codes.select(1, 2).slice(0, 0, 500).fill_(1);  // 1 in 10: neither
  auto values = measured(at::eye(4), codes, codes);
  EXPECT_EQ(*values["rare"], 0.25);
  EXPECT_EQ(*values["dense"], 0.25);
  EXPECT_EQ(*values["alive"], 0.75);
  EXPECT_EQ(*values["dead"], 1);
}

TEST(DictionaryQuality, IsMeasuredOnAnyPartOfDataWithATruth) {
  const SaeBench::Config of{
      .features = 12, .dimensions = 12, .least_probable = 0.2, .roots = 2, .orthogonal_steps = 0, .bias = 0};
  const auto split = open_dataset(Synthetic::Config{.of = of, .rows = 800}).split({.validation = 100});
  const auto dictionary = split.test.truth()->dictionary();
  Linear model({.code = 12}, Context({12}));
  {  // Codes are the sizes, up to rounding: rows times the inverse.
    const at::NoGradGuard no_grad;
    model.named_parameters()["backbone.encoder_0.weight"].copy_(
        at::linalg_inv(dictionary.to(at::kDouble)).t());
    model.named_parameters()["backbone.decoder_0.weight"].copy_(dictionary.t());
    model.parts().backbone.data_mean().zero_();
  }
  NamedValues values;
  for (const auto& [measure, value] : evaluate(model, split.test, split, {DictionaryQuality::Config{}}))
    values[measure.name] = value;
  EXPECT_NEAR(*values["dictionary/mcc"], 1, 1e-5);
  EXPECT_NEAR(*values["dictionary/explained_variance"], 1, 1e-5);
  EXPECT_TRUE(values["dictionary/absorption"]);
  EXPECT_GT(*values["dictionary/recall"], 0.9);  // what is 0 up to rounding counts as active
}

TEST(DictionaryQuality, SaysWhyItDoesNotApply) {
  const auto data = few_digits();
  const Dense model({.base = {.code = 5}, .backbone = {.hidden = {7}}}, data);
  std::vector<std::string> cautions;
  for (const auto& [measure, value] :
       evaluate(model, data.test, data, {DictionaryQuality::Config{}}, &cautions))
    EXPECT_FALSE(value) << measure.name;
  ASSERT_EQ(cautions.size(), 1U);
  EXPECT_NE(cautions[0].find("the decoder is not affine"), std::string::npos);
}

TEST(DictionaryQuality, SaysWhereATargetIsNotReached) {
  const auto cautions_at = [](double target) {
    JumpReluDictionary::Config config{.bottleneck = {.target_l0 = target, .threshold = 0.5}};
    config.recipe.base.code = 4;
    config.recipe.dictionary.pre_bias = false;
    JumpReluDictionary model(config, Context({4}));
    const at::NoGradGuard no_grad;
    for (const auto* name : {"backbone.encoder_weight", "backbone.decoder_weight"})
      model.named_parameters()[name].copy_(at::eye(4));
    const auto rows = at::ones({4, 4}).tril();  // 1, 2, 3 and 4 of them
    const Split data{Dataset::from_tensors(rows, {}), {}, Dataset::from_tensors(rows, {})};
    std::vector<std::string> cautions;
    evaluate(model, data.test, data, {DictionaryQuality::Config{}}, &cautions);
    return cautions;
  };
  EXPECT_TRUE(cautions_at(2.4).empty());
  ASSERT_EQ(cautions_at(2).size(), 1U);
  EXPECT_NE(cautions_at(2)[0].find("have 2.5 active elements, and \"target_l0\" is 2: "), std::string::npos);
}

double cost_of(const Tensor& costs, const std::vector<std::int64_t>& columns) {
  double sum = 0;
  for (std::size_t i = 0; i < columns.size(); ++i)
    sum += costs[static_cast<std::int64_t>(i)][columns[i]].item<double>();
  return sum;
}

/// The least cost over all ways to assign the rows different columns.
double least_cost(const Tensor& costs) {
  std::vector<std::int64_t> columns(static_cast<std::size_t>(costs.size(1)));
  std::iota(columns.begin(), columns.end(), 0);
  const auto rows = static_cast<std::size_t>(costs.size(0));
  double least = std::numeric_limits<double>::infinity();
  do {
    least = std::min(least,
                     cost_of(costs, {columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(rows)}));
  } while (std::next_permutation(columns.begin(), columns.end()));
  return least;
}

/// A file of tests/references/golden/metrics.
nlohmann::json golden_metrics(const std::string& name) {
  const auto path = std::string(AELAB_SOURCE_DIR) + "/tests/references/golden/metrics/" + name + ".json";
  return parse_json(read_file(path), path);
}

Tensor matrix_of(const nlohmann::json& values) {
  std::vector<double> numbers;
  for (const auto& row : values)
    if (row.is_array())
      numbers.insert(numbers.end(), row.begin(), row.end());
    else
      numbers.push_back(row);
  const auto made = at::tensor(numbers, at::kDouble);
  return values.front().is_array() ? made.view({static_cast<std::int64_t>(values.size()), -1}) : made;
}

/// The batches of a golden file, measured together: codes are above the file's threshold, or positive.
NamedValues measured_golden(const nlohmann::json& golden, const Truth* truth = nullptr) {
  std::vector<Tensor> rows;
  const auto& inputs = golden.at("inputs");
  if (inputs.front().front().is_array())
    for (const auto& batch : inputs) rows.push_back(matrix_of(batch));
  else
    rows.push_back(matrix_of(inputs));
  const auto& given = golden.at("parameters");
  const auto x = at::cat(rows), vectors = matrix_of(given.at("W_dec")), bias = matrix_of(given.at("b_dec"));
  const auto pre_code = at::mm(x - bias, matrix_of(given.at("W_enc"))) + matrix_of(given.at("b_enc"));
  const auto code = at::where(pre_code > golden.value("threshold", 0.), pre_code, 0);
  const std::shared_ptr<const Truth> shared(truth, [](const Truth*) {});
  return measured(vectors.to(at::kFloat), code.to(at::kFloat), x.to(at::kFloat), truth ? shared : nullptr,
                  (at::mm(code, vectors) + bias).to(at::kFloat));
}

TEST(DictionaryQuality, IsWhatSaeLensMeasuresWhereThatIsRight) {
  for (const std::string name : {"relu", "constant_error", "batch_topk"}) {
    auto golden = golden_metrics(name);
    auto values = measured_golden(golden);
    if (name == "batch_topk") golden = golden.at("threshold_reading");
    const auto& theirs = name == "relu" ? golden.at("saelens").at("metrics") : golden.at("saelens");
    const auto near = [&](const char* ours, double expected) {
      EXPECT_NEAR(*values[ours], expected, 1e-5 * std::max(1., std::abs(expected))) << name << " " << ours;
    };
    near("l0", theirs.at("l0"));
    near("explained_variance", theirs.at("explained_variance"));
    near("cosine", theirs.at("cossim"));
    near("norm_ratio", theirs.at("l2_ratio"));
    near("alive", golden.at("dictionary_learning").contains("metrics")
                      ? golden.at("dictionary_learning").at("metrics").at("frac_alive")
                      : golden.at("dictionary_learning").at("frac_alive"));
    // The mean over rows of a ratio, which rows near the mean dominate, is another number.
    EXPECT_GT(std::abs(*values["explained_variance"] - theirs.at("explained_variance_legacy").get<double>()),
              0.01);
  }
}

TEST(DictionaryQuality, AlsoReadsCodesAsTrainingChoosesThemAmongABatch) {
  const auto golden = golden_metrics("batch_topk");
  BatchTopK::Config config;
  config.recipe.base.code = 12;
  config.recipe.dictionary.norm = DecoderNorm::free;
  config.bottleneck.k = golden.at("k");
  const BatchTopK model(config, Context({6}));
  {
    const at::NoGradGuard no_grad;
    auto parameters = model.named_parameters();
    const auto& given = golden.at("parameters");
    parameters["backbone.encoder_weight"].copy_(matrix_of(given.at("W_enc")).t());
    parameters["backbone.encoder_bias"].copy_(matrix_of(given.at("b_enc")));
    parameters["backbone.decoder_weight"].copy_(matrix_of(given.at("W_dec")));
    parameters["backbone.decoder_bias"].copy_(matrix_of(given.at("b_dec")));
  }
  const at::NoGradGuard no_grad;
  DictionaryQuality metric({});
  metric.begin(model, {});
  for (const auto& batch : golden.at("inputs")) {
    const auto rows = matrix_of(batch).to(at::kFloat);
    const auto code = model.encode(rows);
    metric.add({.target = rows, .code = code, .reconstruction = model.decode(code)});
  }
  std::map<std::string, std::optional<double>> values;
  const auto measures = metric.measures();
  const auto measured = metric.values();
  for (std::size_t i = 0; i < measures.size(); ++i) values[measures[i].name] = measured[i];
  const auto& pooled = golden.at("batch").at("pooled");
  EXPECT_NEAR(*values["dictionary/batch_l0"], pooled.at("l0"), 1e-6);
  EXPECT_NEAR(*values["dictionary/batch_explained_variance"], pooled.at("explained_variance"), 1e-5);
  EXPECT_GT(std::abs(*values["dictionary/batch_l0"] - *values["dictionary/l0"]), 1);  // without a threshold
  const auto alone = measured_golden(golden);
  EXPECT_FALSE(alone.at("batch_l0") || alone.at("batch_explained_variance"));
}

TEST(DictionaryQuality, IsWhatSaeLensMeasuresAgainstATruth) {
  const auto golden = golden_metrics("truth");
  const auto features = matrix_of(golden.at("features")).to(at::kFloat);
  const GivenTruth truth(features, matrix_of(golden.at("feature_values")).to(at::kFloat),
                         std::vector<std::int64_t>(static_cast<std::size_t>(features.size(0)), -1));
  auto values = measured_golden(golden, &truth);
  const auto& theirs = golden.at("metrics");
  for (const auto* name : {"mcc", "uniqueness", "precision", "recall", "f1"})
    EXPECT_NEAR(*values[name], theirs.at(name), 1e-5) << name;
  EXPECT_EQ(*values["dead"], theirs.at("dead_latents").get<double>());
  EXPECT_NEAR(*values["l0"], theirs.at("sae_l0"), 1e-6);
}

TEST(BestAssignment, IsTheBestOfAllPermutations) {
  auto random = fixed_generator();
  for (const auto& [rows, columns] : {std::pair{1, 1}, {1, 5}, {3, 3}, {4, 6}, {6, 6}})
    for (int i = 0; i < 20; ++i) {
      auto costs = at::rand({rows, columns}, random);
      if (i % 4 == 1) costs = (costs * 3).floor();  // ties
      if (i % 4 == 2) costs = costs - 5;
      if (i % 4 == 3) costs.select(1, 0).sub_(10);  // all want the same
      const auto found = best_assignment(costs);
      auto sorted = found;
      std::sort(sorted.begin(), sorted.end());
      ASSERT_EQ(std::adjacent_find(sorted.begin(), sorted.end()), sorted.end());
      EXPECT_NEAR(cost_of(costs, found), least_cost(costs), 1e-5);
    }
}

TEST(BestAssignment, ProvesThatLargerOnesAreBest) {
  // A permutation that costs nothing, hidden among costs above 0; and sums of prices of rows and columns,
  // of which all assignments cost the same.
  auto random = fixed_generator(1);
  const auto order = at::randperm(300, random, at::kLong).slice(0, 0, 200);
  auto costs = at::rand({200, 300}, random) + 0.01;
  costs.scatter_(1, order.unsqueeze(1), 0);
  EXPECT_EQ(cost_of(costs, best_assignment(costs)), 0);
  const auto rows = at::rand({50, 1}, random), columns = at::rand({1, 50}, random);
  EXPECT_NEAR(cost_of(rows + columns, best_assignment((rows + columns).contiguous())),
              (rows.sum() + columns.sum()).item<double>(), 1e-4);
}

}  // namespace
}  // namespace aelab
