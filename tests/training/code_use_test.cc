// What the callback "code-use" records, against the model that training ends with.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "aelab/core/files.h"
#include "aelab/models/dense.h"
#include "aelab/models/dictionaries.h"
#include "aelab/models/linear.h"
#include "aelab/models/stacked.h"
#include "aelab/models/vae.h"
#include "aelab/models/vq_vae.h"
#include "aelab/nn/gaussian_bottleneck.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

using Records = std::vector<nlohmann::json>;

Records lines_of(const std::filesystem::path& path) {
  Records lines;
  std::istringstream content(read_file(path));
  for (std::string line; std::getline(content, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

void train(Autoencoder& model, const Split& data, const Place& place, std::int64_t epochs = 3) {
  const TrainerConfig training{.epochs = epochs,
                               .batch_size = 32,
                               .optimizer = Adam::Config{.learning_rate = 3e-3},
                               .device = Device::cpu,
                               .threads = 1};
  Trainer(training, {without("progress"), checkpoint_every_step()}, /*seed=*/2).fit(model, data, place);
}

Tensor encoded(const Autoencoder& model, const Dataset& rows) {
  return model.parts().backbone.encode(rows.range(0, rows.size()).inputs, {});
}

TEST(CodeUseFile, HasTheDivergenceOfEachDimensionOverTheEpochs) {
  const TemporaryFolder folder;
  const auto data = few_digits();
  Vae model({.base = {.code = 3}}, Context(data, /*model_seed=*/1));
  train(model, data, {folder.path(), {}});
  const auto epochs = lines_of(folder / "metrics.jsonl"), use = lines_of(folder / "code_use.jsonl");
  ASSERT_EQ(use.size(), 3U);
  std::vector<double> last;
  for (std::size_t i = 0; i < use.size(); ++i) {
    for (const auto* place : {"epoch", "step", "phase"}) EXPECT_EQ(use[i].at(place), epochs[i].at(place));
    last = use[i].at("divergences").get<std::vector<double>>();
    double sum = 0;
    for (const auto each : last) sum += each;
    EXPECT_NEAR(sum, epochs[i].at("validation/kl").get<double>(), 1e-4);
  }
  const at::NoGradGuard no_grad;
  const auto given = encoded(model, data.validation).to(at::kDouble);
  const auto mean = given.narrow(1, 0, 3), variance = given.narrow(1, 3, 3).exp();
  const auto expected = (0.5 * (mean.square() + variance - 1 - variance.log())).mean(0);
  EXPECT_TRUE(at::allclose(at::tensor(last, at::kDouble), expected, 1e-5, 1e-6)) << expected;
}

TEST(CodeUseFile, HasPerplexityAndShareOfTheCodebook) {
  const TemporaryFolder folder;
  const auto data = few_digits();
  VqVae model({.base = {.code = 8}, .quantizer = {.codes = 12}}, Context(data, /*model_seed=*/1));
  train(model, data, {folder.path(), {}});
  const auto use = lines_of(folder / "code_use.jsonl");
  ASSERT_EQ(use.size(), 3U);
  const at::NoGradGuard no_grad;
  Pass pass;
  pass.pre_code = encoded(model, data.validation);
  model.parts().bottleneck.code(pass, {});
  const auto indices = pass.extras.at("indices").flatten().contiguous();
  std::map<std::int64_t, double> counts;
  for (std::int64_t i = 0; i < indices.numel(); ++i) ++counts[indices[i].item<std::int64_t>()];
  double entropy = 0;
  for (const auto& [vector, count] : counts) {
    const double share = count / static_cast<double>(indices.numel());
    entropy -= share * std::log(share);
  }
  EXPECT_NEAR(use.back().at("perplexity").get<double>(), std::exp(entropy), 1e-4);
  EXPECT_NEAR(use.back().at("used").get<double>(), static_cast<double>(counts.size()) / 12, 1e-5);
  EXPECT_GT(counts.size(), 1U);
}

/// 40 dictionary vectors for digits, of which some die.
BatchTopK::Config small_batch_top_k(bool revive = true) {
  BatchTopK::Config config{.bottleneck = {.k = 3}};
  config.recipe.base.code = 40;
  config.recipe.revive = revive;
  config.recipe.aux_k.dead_after = 200;
  return config;
}

TEST(CodeUseFile, CountsDeadLatentsAndHasTheThreshold) {
  const TemporaryFolder folder;
  const auto data = few_digits();
  BatchTopK model(small_batch_top_k(), Context(data, /*model_seed=*/1));
  train(model, data, {folder.path(), {}});
  const auto epochs = lines_of(folder / "metrics.jsonl"), use = lines_of(folder / "code_use.jsonl");
  ASSERT_EQ(use.size(), 3U);
  for (std::size_t i = 0; i < use.size(); ++i) EXPECT_EQ(use[i].at("epoch"), epochs[i].at("epoch"));
  const auto& last = use.back();
  const at::NoGradGuard no_grad;
  const auto codes = model.encode(data.validation.range(0, data.validation.size()).inputs);
  EXPECT_EQ(last.at("latents"), 40);
  EXPECT_EQ(last.at("silent"), ((codes != 0).sum(0) == 0).sum().item<std::int64_t>());
  EXPECT_GT(last.at("silent").get<int>(), 0);
  EXPECT_EQ(last.at("dead_after"), 200);
  EXPECT_EQ(last.at("dead"), (model.parts().silent_rows >= 200).sum().item<std::int64_t>());
  EXPECT_GT(last.at("dead").get<int>(), 0);
  EXPECT_EQ(use.front().at("dead"), 0) << "fewer rows than it takes";
  // The smallest code that is not 0 is above the threshold, and the largest pre-code without a code is not.
  const auto pre_codes = encoded(model, data.validation);
  const auto threshold = last.at("threshold").get<double>();
  EXPECT_GT(threshold, 0);
  EXPECT_GE(codes.masked_select(codes != 0).min().item<double>(), threshold * (1 - 1e-5));
  EXPECT_LE(pre_codes.masked_select(codes == 0).max().item<double>(), threshold * (1 + 1e-5));
  EXPECT_FALSE(last.contains("divergences"));
}

TEST(CodeUseFile, CountsByTheValidationSplitWhereNothingIsRevived) {
  const TemporaryFolder folder;
  const auto data = few_digits();
  BatchTopK model(small_batch_top_k(/*revive=*/false), Context(data, /*model_seed=*/1));
  train(model, data, {folder.path(), {}}, 1);
  const auto use = lines_of(folder / "code_use.jsonl");
  ASSERT_EQ(use.size(), 1U);
  EXPECT_TRUE(use.front().contains("silent"));
  EXPECT_FALSE(use.front().contains("dead"));
}

TEST(CodeUseFile, HasNoDeadLatentsWhereCodesAreNotSparse) {
  const TemporaryFolder folder;
  const auto data = few_digits();
  Linear model({.code = 6}, Context(data, /*model_seed=*/1));
  ASSERT_TRUE(model.parts().backbone.dictionary().vectors.defined());
  train(model, data, {folder.path(), {}}, 1);
  EXPECT_FALSE(std::filesystem::exists(folder / "code_use.jsonl"));
}

TEST(CodeUseFile, IsOfTheWholeModelAlone) {
  const TemporaryFolder plain, stack;
  const auto data = few_digits();
  Dense dense({.base = {.code = 3}}, Context(data, /*model_seed=*/1));
  train(dense, data, {plain.path(), {}}, 1);
  EXPECT_FALSE(std::filesystem::exists(plain / "code_use.jsonl"));
  const Choice<Autoencoder> layer =
      Dense::Config{.base = {.code = 4, .bottleneck = GaussianBottleneck::Config{}}};
  Stacked stacked({.layers = {layer, layer}, .fine_tuning = FineTuning::reconstruction},
                  Context(data, /*model_seed=*/1));
  train(stacked, data, {stack.path(), {}}, 1);
  const auto use = lines_of(stack / "code_use.jsonl");
  ASSERT_EQ(use.size(), 1U);
  EXPECT_EQ(use.front().at("phase"), "fine-tuning");
}

TEST(CodeUseFile, IsTheSameAfterAStopWithinAnEpoch) {
  const TemporaryFolder whole, stopped;
  const auto data = few_digits(96);
  const auto made = [&] { return Vae({.base = {.code = 3}}, Context(data, /*model_seed=*/1)); };
  auto once = made();
  train(once, data, {whole.path(), {}});
  auto twice = made();
  {
    const Interruptible interruptible;
    const TrainerConfig training{.epochs = 3,
                                 .batch_size = 32,
                                 .optimizer = Adam::Config{.learning_rate = 3e-3},
                                 .device = Device::cpu,
                                 .threads = 1};
    Trainer(training, {without("progress"), checkpoint_every_step(), interrupt_at(5)}, /*seed=*/2)
        .fit(twice, data, {stopped.path(), {}});
  }
  EXPECT_EQ(lines_of(stopped / "code_use.jsonl").size(), 1U);
  auto resumed = made();
  train(resumed, data, {stopped.path(), stopped / "checkpoints/last.safetensors"});
  EXPECT_EQ(read_file(stopped / "code_use.jsonl"), read_file(whole / "code_use.jsonl"));
}

}  // namespace
}  // namespace aelab
