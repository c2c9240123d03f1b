// Rows of a feature model against its rules as they are stated, drawn feature by feature with LibTorch's
// generators, and against closed forms.

#include "aelab/data/feature_rows.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <numbers>

#include "aelab/core/error.h"
#include "aelab/data/feature_kernels.h"
#include "aelab/data/sources/sae_bench.h"
#include "aelab/data/transforms.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// Some frequent features, many rare ones, of which some have strong factors, and a forest of three levels.
FeatureRules some_rules() {
  return {.features = 300,
          .dimensions = 20,
          .most_probable = 0.4,
          .least_probable = 1e-3,
          .exponent = 0.8,
          .roots = 4,
          .children = 3,
          .depth = 2,
          .exclusive = true,
          .compensated = true,
          .scaled = true,
          .correlation = 0.3,
          .rank = 5,
          .first_size = 5,
          .last_size = 4,
          .spread = 1.5,
          .spread_deviation = 1,
          .orthogonal_steps = 0,
          .orthogonal_rate = 1e-3,
          .bias = 0.5};
}

Tensor normal_cdf_of(const Tensor& x) { return 0.5 * at::erfc(-x / std::numbers::sqrt2); }

/// Sizes [rows, features] by the rules, each number drawn.
Tensor drawn_one_by_one(const FeatureModel& model, std::int64_t rows) {
  auto random = fixed_generator(7);
  const auto features = model.rates.numel();
  const auto draw = [&](at::IntArrayRef shape) { return at::randn(shape, random, at::kDouble); };
  const auto own = (1 - model.factors.square().sum(1)).sqrt();
  const auto latent =
      at::mm(draw({rows, model.factors.size(1)}), model.factors.t()) + draw({rows, features}) * own;
  auto sizes = at::where(latent > -at::special_ndtri(model.corrected),
                         (model.means + model.deviations * draw({rows, features})).clamp_min(0), 0.);
  for (std::int64_t i = 0; i < features; ++i) {
    const auto first = model.first_child[i].item<std::int64_t>(),
               count = model.children[i].item<std::int64_t>();
    if (count == 0) continue;
    auto children = sizes.narrow(1, first, count);
    const auto parent = sizes.select(1, i).unsqueeze(1);
    children.mul_(model.scaled ? parent / model.means[i] : (parent > 0).to(at::kDouble));
    if (!model.exclusive) continue;
    const auto lots = at::where(children > 0, at::rand(children.sizes(), random, at::kDouble), -1.);
    children.mul_(lots == lots.amax(1, /*keepdim=*/true));
  }
  return sizes;
}

/// [rows, features]
Tensor dense(const ActiveFeatures& active, std::int64_t features) {
  const auto rows = active.offsets.numel() - 1;
  const auto counts = active.offsets.slice(0, 1) - active.offsets.slice(0, 0, rows);
  auto sizes = at::zeros({rows, features}, at::kDouble);
  sizes.index_put_({at::arange(rows, at::kLong).repeat_interleave(counts), active.columns},
                   active.sizes.to(at::kDouble));
  return sizes;
}

struct DrawnRows {
  FeatureModel model;
  Dataset rows;
  Tensor sizes;  // [rows, features]
};
DrawnRows drawn(const FeatureRules& rules, std::int64_t rows) {
  const auto sampler = std::make_shared<const FeatureSampler>(FeatureModel::drawn(rules, 3), 3);
  const auto set = feature_rows(sampler, 0, rows);
  return {sampler->model(), set, dense(set.truth()->active(at::arange(rows, at::kLong)), rules.features)};
}

/// The largest difference of the columns' means in standard errors.
double largest_z(const Tensor& a, const Tensor& b) {
  const auto error = (a.var(0) / a.size(0) + b.var(0) / b.size(0)).sqrt();
  return ((a.mean(0) - b.mean(0)).abs() / (error + 1e-9)).max().item<double>();
}

TEST(FeatureModel, HasTheRatesAndTheForestOfItsRules) {
  auto rules = some_rules();
  rules.features = 30;
  const auto model = FeatureModel::drawn(rules, 1);
  const auto rate = [&](int i) {
    const double last = std::pow(30, -0.8);
    return 1e-3 + 0.399 * (std::pow(i, -0.8) - last) / (1 - last);
  };
  for (int i = 0; i < 30; ++i) EXPECT_NEAR(model.rates[i].item<double>(), rate(i + 1), 1e-12);
  // Roots 0 to 3, their children 4 to 15, and of the next level's 36 those that there are.
  EXPECT_EQ(model.parents[3].item<std::int64_t>(), -1);
  EXPECT_EQ(model.parents[4].item<std::int64_t>(), 0);
  EXPECT_EQ(model.parents[15].item<std::int64_t>(), 3);
  EXPECT_EQ(model.parents[16].item<std::int64_t>(), 4);
  EXPECT_EQ(model.parents[29].item<std::int64_t>(), 8);
  EXPECT_EQ(model.children[8].item<std::int64_t>(), 2);
  EXPECT_EQ(model.children[9].item<std::int64_t>(), 0);
  // Child 5 of root 0: over the root's rate, times 1 plus what is expected of its siblings 4 and 6.
  const double p = rate(6) / rate(1) * (1 + (rate(5) + rate(7)) / rate(1));
  EXPECT_NEAR(model.corrected[5].item<double>(), p, 1e-12);
  EXPECT_NEAR(model.corrected[0].item<double>(), 0.4, 1e-12);
  EXPECT_LE(model.corrected.max().item<double>(), 1);
  EXPECT_NEAR(model.bias.norm().item<double>(), 0.5, 1e-6);
  EXPECT_NEAR(model.means[0].item<double>(), 5, 1e-12);
  EXPECT_NEAR(model.means[29].item<double>(), 4, 1e-12);
  EXPECT_LE(model.factors.square().sum(1).max().item<double>(), 0.99 + 1e-12);
}

TEST(FeatureModel, OrthogonalizesByAdamOnTheStatedLoss) {
  auto random = fixed_generator();
  const auto start = at::randn({40, 7}, random);
  auto x = (start / start.norm(2, 1, true)).to(at::kDouble);
  auto mean = at::zeros_like(x), square = at::zeros_like(x);
  for (int t = 1; t <= 20; ++t) {
    const auto leaf = x.clone().requires_grad_();
    const auto products = at::mm(leaf, leaf.t());
    const auto own = products.diagonal();
    const auto loss = products.square().sum() - own.square().sum() + 40 * (own - 1).square().sum();
    const auto gradient = torch::autograd::grad({loss}, {leaf}).front();
    mean = 0.9 * mean + 0.1 * gradient;
    square = 0.999 * square + 0.001 * gradient.square();
    x = x - 3e-3 * (mean / (1 - std::pow(0.9, t))) / ((square / (1 - std::pow(0.999, t))).sqrt() + 1e-8);
  }
  x = x / x.norm(2, 1, true);
  const auto found = nearly_orthogonal(start, 20, 3e-3);
  EXPECT_TRUE(at::allclose(found.to(at::kDouble), x, 0, 2e-5));
  const auto overlap = [](const Tensor& rows) {
    return (at::mm(rows, rows.t()) - at::eye(40)).square().sum().item<double>();
  };
  EXPECT_LT(overlap(found), 0.95 * overlap(start / start.norm(2, 1, true)));
}

TEST(FeatureRows, FireAsOftenAsTheirRates) {
  constexpr std::int64_t kRows = 100'000;
  const auto [model, rows, sizes] = drawn(some_rules(), kRows);
  // Of features without parents, whose size is not 0 by its own chance.
  const auto p = model.corrected * normal_cdf_of(model.means / model.deviations);
  const auto rates = (sizes > 0).to(at::kDouble).mean(0);
  const auto error = (p * (1 - p) / kRows).sqrt();
  const auto z = ((rates - p) / error).masked_select(model.parents < 0);
  EXPECT_GT(z.numel(), 200);
  EXPECT_LT(z.abs().max().item<double>(), 4.5);
  EXPECT_NEAR(z.square().mean().item<double>(), 1, 0.3);
}

TEST(FeatureRows, AreDistributedAsIfEachNumberWereDrawn) {
  constexpr std::int64_t kRows = 40'000;
  auto other = some_rules();
  other.exclusive = other.scaled = other.compensated = false;
  for (const auto& rules : {some_rules(), other}) {
    const auto [model, rows, sizes] = drawn(rules, kRows);
    const auto oracle = drawn_one_by_one(model, kRows);
    EXPECT_LT(largest_z((sizes > 0).to(at::kDouble), (oracle > 0).to(at::kDouble)), 4.5);
    EXPECT_LT(largest_z(sizes, oracle), 4.5);
    EXPECT_LT(largest_z(sizes.square(), oracle.square()), 4.5);
    // The common factors: features grouped by the signs of their first factors fire together.
    const auto group = ((model.factors.slice(1, 0, 3) > 0).to(at::kLong) * at::tensor({1, 2, 4})).sum(1);
    const auto rare = model.corrected < 0.005;
    const auto groups = at::one_hot(group + 8 * rare.to(at::kLong), 16).to(at::kDouble);
    const auto products = [&](const Tensor& all) {
      const auto counts = at::mm((all > 0).to(at::kDouble), groups);
      return at::einsum("bi,bj->bij", {counts, counts}).flatten(1);
    };
    EXPECT_LT(largest_z(products(sizes), products(oracle)), 4.5);
  }
}

TEST(FeatureRows, OfRareFeaturesAloneAreDistributedAsIfEachNumberWereDrawn) {
  constexpr std::int64_t kRows = 200'000;
  auto rules = some_rules();
  rules.features = 100;
  rules.roots = 0;
  rules.most_probable = 0.0049;
  rules.correlation = 0.38;  // strong: many features are on either side of the level
  const auto [model, rows, sizes] = drawn(rules, kRows);
  const auto oracle = drawn_one_by_one(model, kRows);
  const auto count = [](const Tensor& all) { return (all > 0).sum(1, /*keepdim=*/true).to(at::kDouble); };
  for (const double power : {1., 2., 3.})
    EXPECT_LT(largest_z(count(sizes).pow(power), count(oracle).pow(power)), 4);
  EXPECT_LT(largest_z((sizes > 0).to(at::kDouble), (oracle > 0).to(at::kDouble)), 4.5);
  // The pair of features that is correlated most, either way.
  const auto correlations = at::mm(model.factors, model.factors.t()).fill_diagonal_(0);
  for (const auto& place : {correlations.argmax(), correlations.argmin()}) {
    const auto i = place.item<std::int64_t>() / 100, j = place.item<std::int64_t>() % 100;
    const auto a = (sizes.select(1, i) > 0).to(at::kDouble), b = (sizes.select(1, j) > 0).to(at::kDouble);
    const double together = (a * b).mean().item<double>(),
                 by_chance = a.mean().item<double>() * b.mean().item<double>();
    EXPECT_EQ(together > by_chance, correlations[i][j].item<double>() > 0);
  }
}

TEST(FeatureRows, ObeyTheForest) {
  const auto [model, rows, sizes] = drawn(some_rules(), 20'000);
  for (std::int64_t i = 0; i < sizes.size(1); ++i) {
    const auto count = model.children[i].item<std::int64_t>();
    if (count == 0) continue;
    const auto children = sizes.narrow(1, model.first_child[i].item<std::int64_t>(), count) > 0;
    EXPECT_LE(children.sum(1).max().item<std::int64_t>(), 1);
    EXPECT_FALSE((children.any(1) & (sizes.select(1, i) == 0)).any().item<bool>());
    EXPECT_GT(children.sum().item<std::int64_t>(), 0);
  }
}

TEST(FeatureRows, HaveTheSizesOfTheirRules) {
  const auto [model, rows, sizes] = drawn(some_rules(), 100'000);
  const auto ratio = model.means / model.deviations;
  const auto cdf = normal_cdf_of(ratio);
  const auto density = (-ratio.square() / 2).exp() / std::sqrt(2 * std::numbers::pi);
  const auto mean = model.means + model.deviations * density / cdf;  // of a normal number, given it exceeds 0
  for (const int i : {0, 1, 2, 3, 52, 53, 299}) {
    ASSERT_EQ(model.parents[i].item<std::int64_t>(), -1);
    const auto own = sizes.select(1, i);
    const auto active = own.masked_select(own > 0);
    EXPECT_NEAR(active.mean().item<double>(), mean[i].item<double>(),
                4.5 * active.std().item<double>() / std::sqrt(static_cast<double>(active.numel())));
  }
  auto rules = some_rules();
  rules.spread = rules.spread_deviation = 0;
  const auto fixed = drawn(rules, 1000);  // children are scaled by 1
  const auto active = fixed.sizes > 0;
  EXPECT_TRUE(at::allclose(fixed.sizes, active * fixed.model.means, 1e-5, 1e-5));
}

TEST(FeatureRows, AreTheSumsOfTheirActiveFeatures) {
  const auto [model, rows, sizes] = drawn(some_rules(), 500);
  EXPECT_GT((sizes > 0).sum().item<std::int64_t>(), 500);
  const auto sums = at::mm(sizes, model.dictionary.to(at::kDouble)) + model.bias;
  EXPECT_TRUE(at::allclose(rows.range(0, 500).inputs.to(at::kDouble), sums, 0, 2e-5));
  const auto truth = rows.truth();
  EXPECT_TRUE(same_bits(truth->dictionary(), model.dictionary));
  EXPECT_TRUE(same_bits(truth->parents(), model.parents));
}

TEST(FeatureRows, AreFunctionsOfSeedAndNumberAlone) {
  const auto sampler = std::make_shared<const FeatureSampler>(FeatureModel::drawn(some_rules(), 3), 3);
  const auto rows = feature_rows(sampler, 0, 2000);
  const auto all = rows.range(0, 2000).inputs;
  const auto some = at::tensor({1999, 7, 7, 1024, 0}, at::kLong);
  EXPECT_TRUE(same_bits(rows.gather(some).inputs, all.index_select(0, some)));
  for (const auto row : {0, 23, 24, 25, 1999})
    EXPECT_TRUE(same_bits(rows.range(row, row + 1).inputs, all.slice(0, row, row + 1)));
  EXPECT_TRUE(same_bits(feature_rows(sampler, 500, 10).range(0, 10).inputs, all.slice(0, 500, 510)));
  const auto other = std::make_shared<const FeatureSampler>(FeatureModel::drawn(some_rules(), 3), 4);
  EXPECT_FALSE(same_bits(feature_rows(other, 0, 1).range(0, 1).inputs, all.slice(0, 0, 1)));
  const auto part = rows.subset(some);
  EXPECT_TRUE(same_bits(dense(part.truth()->active(part.range(1, 4).rows), 300),
                        dense(rows.truth()->active(some.slice(0, 1, 4)), 300)));
}

/// Those that this machine can run.
std::vector<const feature_kernels::Functions*> feature_kernels_here() {
  std::vector<const feature_kernels::Functions*> all = {&feature_kernels::plain};
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) all.push_back(&feature_kernels::avx2);
  if (__builtin_cpu_supports("avx512f")) all.push_back(&feature_kernels::avx512);
#endif
  return all;
}

TEST(FeatureKernels, GiveTheSameBitsOnEveryInstructionSet) {
  auto random = fixed_generator();
  for (const std::int64_t width : {8, 24, 40, 769}) {
    const auto table = at::randn({50, width}, random), start = at::randn({width}, random),
               sizes = at::rand({13}, random);
    const std::vector<std::int32_t> which = {3, 49, 0, 7, 7, 12, 30, 31, 32, 1, 2, 48, 5};
    const auto places = at::tensor(which).to(at::kLong);
    const auto chosen = table.index_select(0, places).to(at::kDouble);
    std::vector<Tensor> sums, products;
    for (const auto* kernels : feature_kernels_here()) {
      sums.push_back(at::empty({width}));
      kernels->add(sums.back().mutable_data_ptr<float>(), start.const_data_ptr<float>(),
                   table.const_data_ptr<float>(), which.data(), sizes.const_data_ptr<float>(), 13, width);
      EXPECT_TRUE(same_bits(sums.back(), sums.front()));
      if (width % feature_kernels::kStride) continue;
      products.push_back(at::empty({13}));
      kernels->products(products.back().mutable_data_ptr<float>(), start.const_data_ptr<float>(),
                        table.const_data_ptr<float>(), which.data(), 13, width);
      EXPECT_TRUE(same_bits(products.back(), products.front()));
    }
    EXPECT_TRUE(at::allclose(sums[0].to(at::kDouble), start + (chosen * sizes.unsqueeze(1)).sum(0), 0, 1e-5));
    if (!products.empty()) {
      EXPECT_TRUE(at::allclose(products[0].to(at::kDouble), at::mv(chosen, start.to(at::kDouble)), 0, 1e-4));
    }
  }
}

TEST(FeatureKernels, FindWhatIsNotNegative) {
  auto random = fixed_generator(2);
  const std::int64_t blocks = 3, terms = 9, width = 16;
  const auto panels = at::randn({blocks, terms, feature_kernels::kBlock}, random);
  for (const std::int64_t rows : {1, 2, 3, 7, 24}) {
    const auto x = at::randn({rows, width}, random);
    const auto products = at::einsum("rk,bkf->rbf", {x.slice(1, 0, terms), panels});
    for (const auto* kernels : feature_kernels_here()) {
      std::vector<std::uint32_t> masks(static_cast<std::size_t>(rows * blocks), 0xdeadbeef);
      kernels->possible(masks.data(), panels.const_data_ptr<float>(), blocks, terms,
                        x.const_data_ptr<float>(), rows, width);
      for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t b = 0; b < blocks; ++b)
          for (std::int64_t f = 0; f < feature_kernels::kBlock; ++f) {
            const double product = products[r][b][f].item<double>();
            if (std::abs(product) < 1e-4) continue;
            EXPECT_EQ(masks[static_cast<std::size_t>(r * blocks + b)] >> f & 1, product > 0);
          }
    }
  }
}

TEST(SaeBench, OfThePublishedSizeHasItsNumberOfActiveFeatures) {
  // The directions have no part in it. SynthSAEBench: about 34, of which about 25 in the first 4,096.
  const SaeBench::Config config{.preset = SaeBenchPreset::synth_sae_bench_16k, .orthogonal_steps = 0};
  const auto data = open_dataset(Synthetic::Config{.of = config, .rows = 10'000, .seed = 42});
  EXPECT_EQ(data.shape(), Shape({768}));
  const auto active = data.train.truth()->active(at::arange(10'000, at::kLong));
  const double count = static_cast<double>(active.columns.numel()) / 1e4,
               first = (active.columns < 4096).sum().item<double>() / 1e4;
  std::printf("[ FIGURES  ] %.2f active features, %.2f of the first 4,096\n", count, first);
  EXPECT_NEAR(count, 34, 1.5);
  EXPECT_NEAR(first, 25, 1.5);
}

TEST(SaeBench, KeepsItsTruthUntilRowsAreTransformed) {
  const auto data = open_dataset(Synthetic::Config{.of = SaeBench::Config{}, .rows = 300, .test_rows = 50});
  ASSERT_EQ(data.shape(), Shape({64}));
  EXPECT_EQ(data.truth.at("dictionary").sizes(), at::IntArrayRef({256, 64}));
  EXPECT_FALSE(same_bits(data.train.range(0, 50).inputs, data.test->range(0, 50).inputs));
  const auto split = data.split({.validation = 30});
  ASSERT_TRUE(split.validation.truth());
  const auto batch = split.validation.range(0, 30);
  const auto sums = at::mm(dense(split.validation.truth()->active(batch.rows), 256),
                           data.truth.at("dictionary").to(at::kDouble)) +
                    data.truth.at("bias");
  EXPECT_TRUE(at::allclose(batch.inputs.to(at::kDouble), sums, 0, 2e-5));
  EXPECT_TRUE(without_nan(data.train, [](const std::string&) {}).truth());
  const auto changed = data.split({.validation = 30, .transforms = {StandardizeTransform::Config{}}});
  EXPECT_FALSE(changed.train.truth());
  EXPECT_FALSE(open_dataset("digits").train.truth());
}

TEST(SaeBench, RefusesRulesThatDoNotFit) {
  const auto message = [](const SaeBench::Config& config) -> std::string {
    try {
      open_dataset(Synthetic::Config{.of = config});
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_NE(message({.most_probable = 1e-4}).find("least_probable: must be at most \"most_probable\""),
            std::string::npos);
  EXPECT_NE(message({.features = 5}).find("roots: must be at most \"features\""), std::string::npos);
}

}  // namespace
}  // namespace aelab
