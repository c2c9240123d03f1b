// What every registered sampler promises.

#include <gtest/gtest.h>

#include <cmath>

#include "aelab/evaluation/sampler.h"
#include "aelab/models/dense.h"
#include "aelab/models/vae.h"
#include "aelab/nn/finite_scalar_bottleneck.h"
#include "aelab/nn/priors.h"
#include "aelab/tools/sampler_file.h"
#include "tests/contract/contract.h"

namespace aelab {
namespace {

std::shared_ptr<Autoencoder> model_with_a_prior() {
  Vae::Config config{.base = {.code = 2}, .latent = {.prior = MixturePrior::Config{.components = 2}}};
  return std::make_shared<Vae>(config, Context(Shape{5}));
}

/// Codes of two groups of rows, which lean.
Tensor some_codes(std::int64_t rows) {
  const auto standard = normal({rows, 2}, 3);
  const auto lean = at::tensor({0.8, 0.5, 0.0, 0.6}, at::kDouble).view({2, 2});
  const auto side = (at::arange(rows) % 2).to(at::kDouble).unsqueeze(1);
  return at::mm(standard, lean) + 4 * side;
}

/// A model whose codes are those of two vectors of one value each, which has five levels.
std::shared_ptr<Autoencoder> model_with_a_codebook() {
  return std::make_shared<Dense>(
      Dense::Config{.base = {.code = 2, .bottleneck = FiniteScalarBottleneck::Config{.levels = {5}}}},
      Context(Shape{5}));
}

/// The same codes, as those of a codebook.
Tensor quantized(const Tensor& codes) { return (codes / 2).round().clamp(-2, 2) / 2; }

/// Calls `test` with every sampler, fitted to these codes, for the models that it suits.
template <class Test>
void for_each_sampler(Test test) {
  const auto with_prior = model_with_a_prior(), with_codebook = model_with_a_codebook();
  for_each_example<Sampler>([&](const Choice<Sampler>& example) {
    int suited = 0;
    for (const auto& model : {with_prior, with_codebook}) {
      const bool has_codebook = model == with_codebook;
      const auto sampler = example.make();
      const auto codes = has_codebook ? quantized(some_codes(600)) : some_codes(600);
      if (const auto reason = sampler->unsuited(*model); !reason.empty()) {
        EXPECT_SAYS(message_of<Error>([&] { sampler->fit(*model, codes, 2); }), reason);
        continue;
      }
      ++suited;
      sampler->fit(*model, codes, /*seed=*/2);
      test(*sampler, *model, example);
    }
    EXPECT_GT(suited, 0);
  });
}

/// Whether codes have probabilities.
bool is_finite(const Autoencoder& model) { return model.parts().bottleneck.codebook_size() > 0; }

TEST(EverySampler, HasTheDensityOfWhatItDraws) {
  constexpr std::int64_t kCodes = 20000;
  for_each_sampler([](const Sampler& sampler, const Autoencoder& model, const Choice<Sampler>&) {
    if (is_finite(model)) return;
    const auto codes = sampler.draw(kCodes, /*seed=*/5);
    ASSERT_EQ(codes.sizes(), (at::IntArrayRef{kCodes, 2}));
    EXPECT_EQ(codes.scalar_type(), at::kDouble);
    // The expectation of another density over this one is 1.
    for (const std::int64_t at : {0, 1, 2}) {
      const double deviation = 0.3;
      const auto inside = log_standard_normal((codes - codes[at]) / deviation) - 2 * std::log(deviation);
      const auto ratios = (inside - sampler.log_density(codes)).exp();
      const auto error = ratios.std().item<double>() / std::sqrt(static_cast<double>(kCodes));
      EXPECT_NEAR(ratios.mean().item<double>(), 1, 5 * error);
      EXPECT_LT(error, 0.1);
    }
  });
}

TEST(EverySampler, HasTheProbabilitiesOfTheCodesThatItDraws) {
  constexpr std::int64_t kCodes = 20000;
  int have = 0;
  for_each_sampler([&](const Sampler& sampler, const Autoencoder& model, const Choice<Sampler>&) {
    if (!is_finite(model)) return;
    ++have;
    const auto all = at::cartesian_prod({at::arange(5), at::arange(5)});
    const auto codes = model.parts().bottleneck.from_indices(all).to(at::kDouble);
    const auto probabilities = sampler.log_density(codes).exp();
    EXPECT_NEAR(probabilities.sum().item<double>(), 1, 1e-6);
    const auto drawn = sampler.draw(kCodes, /*seed=*/5);
    ASSERT_EQ(drawn.sizes(), (at::IntArrayRef{kCodes, 2}));
    const auto is_same = (drawn.unsqueeze(1) == codes).all(2);
    EXPECT_TRUE(at::equal(is_same.sum(1), at::ones({kCodes}, at::kLong)));
    const auto frequencies = is_same.to(at::kDouble).mean(0);
    const auto error = (probabilities * (1 - probabilities) / static_cast<double>(kCodes)).sqrt();
    EXPECT_TRUE(((frequencies - probabilities).abs() <= 5 * error + 1e-4).all().item<bool>());
  });
  EXPECT_GT(have, 0);
}

TEST(EverySampler, DrawsTheSameOfASeedHoweverMany) {
  for_each_sampler([](const Sampler& sampler, const Autoencoder&, const Choice<Sampler>&) {
    const auto codes = sampler.draw(20, 7);
    EXPECT_TRUE(at::allclose(codes.slice(0, 0, 6), sampler.draw(6, 7)));
    EXPECT_TRUE(same_bits(codes, sampler.draw(20, 7)));
    EXPECT_FALSE(at::allclose(codes, sampler.draw(20, 8)));
    EXPECT_FALSE(at::allclose(codes[0], codes[1]));
  });
}

TEST(EverySampler, IsFittedToTheSameBits) {
  for_each_sampler([](const Sampler& sampler, const Autoencoder& model, const Choice<Sampler>& example) {
    const auto again = example.make();
    const auto codes = is_finite(model) ? quantized(some_codes(600)) : some_codes(600);
    again->fit(model, codes, /*seed=*/2);
    EXPECT_TRUE(same_bits(again->draw(20, 1), sampler.draw(20, 1)));
    EXPECT_TRUE(same_bits(again->log_density(codes), sampler.log_density(codes)));
  });
}

TEST(EverySampler, IsKeptByItsStateAndByAFile) {
  const TemporaryFolder folder;
  for_each_sampler([&](const Sampler& sampler, const Autoencoder& model, const Choice<Sampler>& example) {
    for (const auto& item : sampler.state()) EXPECT_FALSE(item.first.empty());
    const auto again = example.make();
    again->load(model, sampler.state());
    const auto file = folder.path() / "sampler.safetensors";
    write_sampler(file, example, sampler, model);
    const auto read = read_sampler(file, model);
    EXPECT_EQ(write_config(read.config), write_config(example));
    for (const auto& kept : {again, read.sampler}) {
      EXPECT_TRUE(same_bits(kept->draw(9, 1), sampler.draw(9, 1)));
      const auto codes = sampler.draw(50, 4);
      EXPECT_TRUE(same_bits(kept->log_density(codes), sampler.log_density(codes)));
    }
  });
}

}  // namespace
}  // namespace aelab
