// What every registered sampler promises.

#include <gtest/gtest.h>

#include <cmath>

#include "aelab/evaluation/sampler.h"
#include "aelab/models/vae.h"
#include "aelab/nn/priors.h"
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

/// Calls `test` with every sampler, fitted to these codes.
template <class Test>
void for_each_sampler(Test test) {
  const auto model = model_with_a_prior();
  for_each_example<Sampler>([&](const Choice<Sampler>& example) {
    const auto sampler = example.make();
    sampler->fit(*model, some_codes(600), /*seed=*/2);
    test(*sampler, *model, example);
  });
}

TEST(EverySampler, HasTheDensityOfWhatItDraws) {
  constexpr std::int64_t kCodes = 20000;
  for_each_sampler([](const Sampler& sampler, const Autoencoder&, const Choice<Sampler>&) {
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

TEST(EverySampler, DrawsTheSameOfASeedHoweverMany) {
  for_each_sampler([](const Sampler& sampler, const Autoencoder&, const Choice<Sampler>&) {
    const auto codes = sampler.draw(20, 7);
    EXPECT_TRUE(at::allclose(codes.slice(0, 0, 6), sampler.draw(6, 7)));
    EXPECT_TRUE(same_bits(codes, sampler.draw(20, 7)));
    EXPECT_FALSE(at::allclose(codes, sampler.draw(20, 8)));
    EXPECT_FALSE(at::allclose(codes[0], codes[1]));
  });
}

TEST(EverySampler, IsKeptByItsState) {
  for_each_sampler([](const Sampler& sampler, const Autoencoder& model, const Choice<Sampler>& example) {
    for (const auto& [name, tensor] : sampler.state()) {
      EXPECT_FALSE(name.empty());
      EXPECT_EQ(tensor.scalar_type(), at::kDouble);
    }
    const auto again = example.make();
    again->load(model, sampler.state());
    EXPECT_TRUE(same_bits(again->draw(9, 1), sampler.draw(9, 1)));
    const auto codes = some_codes(50);
    EXPECT_TRUE(same_bits(again->log_density(codes), sampler.log_density(codes)));
  });
}

}  // namespace
}  // namespace aelab
