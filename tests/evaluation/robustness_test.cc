#include "aelab/evaluation/metrics/robustness.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/core/config.h"
#include "aelab/models/linear.h"
#include "aelab/models/stacked.h"
#include "aelab/nn/corruptions.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using NamedValues = std::map<std::string, std::optional<double>>;

/// Encoder and decoder multiply by these numbers.
std::shared_ptr<Autoencoder> scaling(std::int64_t features, double encoder, double decoder) {
  const auto model = std::make_shared<Linear>(Linear::Config{.code = features}, Context({features}));
  const at::NoGradGuard no_grad;
  model->named_parameters()["backbone.encoder_0.weight"].copy_(at::eye(features) * encoder);
  model->named_parameters()["backbone.decoder_0.weight"].copy_(at::eye(features) * decoder);
  return model;
}

NamedValues robustness(const Autoencoder& model, const Tensor& x,
                       std::vector<Choice<Corruption>> corruptions) {
  NamedValues values;
  const Robustness::Config config{.corruptions = std::move(corruptions)};
  for (const auto& [measure, value] : evaluate(model, Dataset::from_tensors(x), {}, {config}))
    values[measure.name] = value;
  return values;
}

TEST(Robustness, IsThatComputedByHandWhereNoiseLeavesNoChance) {
  // The reconstruction is its input. Masked wholly, it is zero; each salt or pepper is half a unit off.
  const auto half = at::full({7, 10}, 0.5);
  auto values = robustness(*scaling(10, 2, 0.5), half,
                           {NoCorruption::Config{}, Masking::Config{.level = 1.0},
                            Masking::Config{.level = 0.0}, SaltAndPepper::Config{.level = 1.0}});
  EXPECT_EQ(values.size(), 8u);
  EXPECT_EQ(*values["robustness/none"], 0);
  EXPECT_EQ(*values["robustness/masking-0"], 0);
  EXPECT_NEAR(*values["robustness/masking-1"], 10 * 0.25, 1e-6);
  EXPECT_NEAR(*values["robustness/salt-and-pepper-1"], 10 * 0.25, 1e-6);
  EXPECT_EQ(*values["code_robustness/none"], 0);
  EXPECT_NEAR(*values["code_robustness/masking-1"], 1, 1e-6);  // from (1, ..., 1) to zero
  EXPECT_NEAR(*values["code_robustness/salt-and-pepper-1"], 1, 1e-6);
}

TEST(Robustness, IsWhatNoiseOfThatSizeDoes) {
  constexpr std::int64_t kRows = 400, kFeatures = 25;
  const auto ones = at::ones({kRows, kFeatures});
  auto values = robustness(*scaling(kFeatures, 3, 1. / 3), ones, Robustness::Config::usual());
  const double numbers = kRows * kFeatures;
  // The mean of `numbers` squared errors, of deviation `deviation` each, times the features.
  const auto expect = [&](const std::string& noise, double mean, double deviation) {
    EXPECT_NEAR(*values["robustness/" + noise], kFeatures * mean,
                4 * kFeatures * deviation / std::sqrt(numbers))
        << noise;
    // Relative to a code of 25 equal numbers, and by Jensen's inequality a little less than the root.
    EXPECT_NEAR(*values["code_robustness/" + noise], std::sqrt(mean), 0.1 * std::sqrt(mean)) << noise;
  };
  expect("gaussian-0.25", 0.0625, std::sqrt(2.) * 0.0625);
  expect("gaussian-0.5", 0.25, std::sqrt(2.) * 0.25);
  expect("masking-0.25", 0.25, std::sqrt(0.25 * 0.75));
  expect("masking-0.5", 0.5, 0.5);
  expect("salt-and-pepper-0.25", 0.125, std::sqrt(0.125 * 0.875));  // half of the salt changes nothing
  EXPECT_NEAR(*values["robustness/salt-and-pepper-0.1"], kFeatures * 0.05,
              4 * kFeatures * std::sqrt(0.05 * 0.95 / numbers));
}

TEST(Robustness, MeasuresAgainstTheCleanInput) {
  // A reconstruction of nothing but zeros is as far off whatever the noise.
  at::manual_seed(1);
  const auto x = at::rand({30, 6});
  const double error = x.square().sum(1).mean().item<double>();
  for (const auto& [name, value] : robustness(*scaling(6, 1, 0), x, Robustness::Config::usual()))
    if (name.starts_with("robustness")) {
      EXPECT_NEAR(*value, error, 1e-5) << name;
    }
}

TEST(Robustness, SaysTheSameAgainWhateverWasDrawn) {
  const auto x = few_digits().test.range(0, 40).inputs.flatten(1);
  const auto model = scaling(64, 1, 1);
  const auto first = robustness(*model, x, Robustness::Config::usual());
  at::rand({10});
  EXPECT_EQ(robustness(*model, x, Robustness::Config::usual()), first);
}

TEST(Robustness, HasNoChangeOfACodeThatIsZero) {
  auto values = robustness(*scaling(3, 0, 1), at::rand({4, 3}), {Masking::Config{.level = 0.5}});
  EXPECT_TRUE(values["robustness/masking-0.5"]);
  EXPECT_FALSE(values["code_robustness/masking-0.5"]);
}

TEST(Robustness, OfCodesIsTheMeanOverThoseThatAreNotZero) {
  // Masked wholly, the second row's code changes by all of its length; the first has none.
  const auto x = at::tensor({0.F, 0.F, 0.F, 3.F, 4.F, 0.F}).view({2, 3});
  auto values = robustness(*scaling(3, 1, 1), x, {Masking::Config{.level = 1.0}});
  EXPECT_NEAR(*values["code_robustness/masking-1"], 1, 1e-6);
  EXPECT_NEAR(*values["robustness/masking-1"], 25. / 2, 1e-5);
}

TEST(Robustness, DrawsEveryRowsNoiseApart) {
  // Half of the features of equal rows are masked: were noise drawn again for each batch of 1,000, rows 0 and
  // 1,000 would be masked alike, whatever their number.
  const auto model = scaling(6, 1, 1);
  const auto x = at::ones({40, 6});
  const auto in_batches = [&](std::int64_t size) {
    Robustness metric({.corruptions = {Masking::Config{.level = 0.5}, GaussianNoise::Config{.level = 0.5}}});
    metric.begin(*model, {});
    for (const auto& batch : x.split(size))
      metric.add(
          {.target = batch, .code = model->encode(batch), .reconstruction = model->reconstruct(batch)});
    return metric.values();
  };
  const at::NoGradGuard no_grad;
  const auto whole = in_batches(40);
  for (const std::int64_t size : {1, 7, 39}) {
    const auto parts = in_batches(size);
    for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(*parts[i], *whole[i], 1e-5) << size;
  }
}

TEST(Robustness, HasNoErrorWhereTheDecoderIsStale) {
  const Stacked model({.layers = {Linear::Config{.code = 4}}, .network = StackNetwork{}},
                      Context({6}, 0, /*class_count=*/3));
  auto values = robustness(model, at::rand({5, 6}), {Masking::Config{.level = 0.5}});
  EXPECT_FALSE(values["robustness/masking-0.5"]);
  EXPECT_TRUE(values["code_robustness/masking-0.5"]);
}

TEST(Robustness, NamesWhatDiffersAndRefusesTwins) {
  const auto named = [](const std::vector<Choice<Corruption>>& corruptions) {
    return Robustness({.corruptions = corruptions}).measures().front().name;
  };
  EXPECT_EQ(named({GaussianNoise::Config{.level = 0.5, .clip = true}}), "robustness/gaussian-0.5-clip");
  const auto refusal = [](const std::vector<Choice<Corruption>>& corruptions) {
    const Robustness::Config config{.corruptions = corruptions};
    return message_of<Error>([&] { check_config(config, "file"); });
  };
  EXPECT_SAYS(refusal({Masking::Config{}, Masking::Config{}}), "lists the same corruption twice");
  EXPECT_SAYS(refusal({}), "at least one");
  EXPECT_EQ(refusal({Masking::Config{}, Masking::Config{.level = 0.1}}), "nothing was thrown");
}

}  // namespace
}  // namespace aelab
