// Codes from finite sets: learned codebooks, against sums by hand, and grids of levels, against the formula
// of the paper.

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <array>
#include <cmath>

#include "aelab/nn/compute.h"
#include "aelab/nn/finite_scalar_bottleneck.h"
#include "aelab/nn/vector_quantized_bottleneck.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Tensor column(std::vector<float> values) { return at::tensor(values).unsqueeze(1); }

/// A pass of these pre-codes; in training of the rows `first`, `first` + 1, ... in an epoch.
Pass quantized(const Bottleneck& bottleneck, const Tensor& pre_code, std::int64_t first = 0,
               std::int64_t epoch = 0) {
  Pass pass;
  pass.pre_code = pre_code;
  const Step step{.at = {.epoch = epoch},
                  .seed = 3,
                  .training = true,
                  .rows = at::arange(first, first + pre_code.size(0))};
  bottleneck.code(pass, step);
  return pass;
}

Terms quantization_terms(const Bottleneck& bottleneck, const Pass& pass) {
  Terms terms;
  bottleneck.add_terms(pass, Step{}, terms);
  return terms;
}

/// Takes a step after these batches.
void step_after(Bottleneck& bottleneck, std::vector<Pass> passes) { bottleneck.after_step(passes); }

Tensor buffer(const Bottleneck& bottleneck, const std::string& name) {
  return bottleneck.named_buffers()[name];
}

VectorQuantizedBottleneck quantizer(const Tensor& codebook, const Shape& code,
                                    VectorQuantizedBottleneck::Config config = {}) {
  config.codes = codebook.size(0);
  VectorQuantizedBottleneck bottleneck(config);
  bottleneck.build(code, /*seed=*/0);
  const at::NoGradGuard no_grad;
  const bool is_parameter = config.update == CodebookUpdate::gradient;
  (is_parameter ? bottleneck.named_parameters() : bottleneck.named_buffers())["codebook"].copy_(codebook);
  return bottleneck;
}

TEST(VectorQuantized, TakesTheNearestOfItsCodebook) {
  const auto codebook = at::tensor({0.0F, 0.0F, 1.0F, 1.0F, -2.0F, 0.0F}).view({3, 2});
  const auto bottleneck = quantizer(codebook, {2});
  const auto pass = quantized(bottleneck, at::tensor({0.4F, 0.2F, 0.9F, 2.0F, -5.0F, 1.0F}).view({3, 2}));
  EXPECT_TRUE(at::equal(pass.extras.at("indices").flatten(), at::tensor({0, 1, 2}, at::kLong)));
  EXPECT_TRUE(at::equal(pass.code, codebook));
  // An image: the channels at each place are a vector, [1, 1] and [-2, 0] here.
  const auto image = at::tensor({1.1F, -1.8F, 0.7F, 0.1F}).view({1, 2, 1, 2});
  const auto of_image = quantizer(codebook, {2, 1, 2});
  EXPECT_TRUE(at::equal(of_image.read(image, {}).flatten(), at::tensor({1.0F, -2.0F, 1.0F, 0.0F})));
  // Four features as two vectors.
  const auto of_pairs = quantizer(codebook, {4}, {.dimension = 2});
  EXPECT_TRUE(at::equal(of_pairs.read(at::tensor({1.2F, 0.8F, -3.0F, 0.0F}).view({1, 4}), {}).flatten(),
                        at::tensor({1.0F, 1.0F, -2.0F, 0.0F})));
}

TEST(VectorQuantized, MovesEachSideByItsOwnTermAndPassesGradientsThrough) {
  const auto bottleneck = quantizer(at::tensor({0.0F, 3.0F}).view({2, 1}), {1});
  const auto pre_code = at::tensor({1.0F, 2.0F, 5.0F}).view({3, 1}).requires_grad_();
  const auto codebook = bottleneck.named_parameters()["codebook"];
  const auto pass = quantized(bottleneck, pre_code);
  const auto terms = quantization_terms(bottleneck, pass);
  EXPECT_TRUE(at::equal(terms.all()[0].rows, at::tensor({1.0F, 1.0F, 4.0F})));
  EXPECT_TRUE(at::equal(terms.all()[1].rows, at::tensor({1.0F, 1.0F, 4.0F})));
  EXPECT_EQ(terms.all()[1].weight, 0.25);
  const auto gradients = [&](const Tensor& value) {
    return torch::autograd::grad({value}, {pre_code, codebook}, {}, true, false, /*allow_unused=*/true);
  };
  const auto of_codebook = gradients(terms.all()[0].rows.sum());
  EXPECT_FALSE(of_codebook[0].defined());
  EXPECT_TRUE(at::equal(of_codebook[1].flatten(), at::tensor({-2.0F, 2.0F - 4.0F})));
  const auto of_commitment = gradients(terms.all()[1].rows.sum());
  EXPECT_TRUE(at::equal(of_commitment[0].flatten(), at::tensor({2.0F, -2.0F, 4.0F})));
  EXPECT_FALSE(of_commitment[1].defined());
  const auto through = gradients((pass.code.flatten() * at::tensor({1.0F, 2.0F, 3.0F})).sum());
  EXPECT_TRUE(at::equal(through[0].flatten(), at::tensor({1.0F, 2.0F, 3.0F})));
  EXPECT_FALSE(through[1].defined());
}

TEST(VectorQuantized, CommitsByTheSumOverARowAndTheMeanOverRows) {
  // Two rows of two places, with distances 1 + 4 and 9 + 0 from a codebook of zeros.
  const auto pre_code = at::tensor({1.0F, 2.0F, 3.0F, 0.0F}).view({2, 1, 1, 2});
  for (const auto update : {CodebookUpdate::gradient, CodebookUpdate::moving_average}) {
    const auto bottleneck = quantizer(at::zeros({2, 1}), {1, 1, 2}, {.update = update});
    const auto terms = quantization_terms(bottleneck, quantized(bottleneck, pre_code));
    EXPECT_EQ(terms.all().back().name, "commitment");
    EXPECT_TRUE(at::equal(terms.all().back().rows, at::tensor({5.0F, 9.0F})));
    EXPECT_EQ(terms.all().back().value.item<float>(), 7);
    const auto twice = quantization_terms(bottleneck, quantized(bottleneck, pre_code.repeat({2, 1, 1, 1})));
    EXPECT_EQ(twice.all().back().value.item<float>(), 7);
  }
}

TEST(VectorQuantized, RefusesACodeThatIsNotMadeOfItsVectors) {
  EXPECT_SAYS(
      message_of<Error>([] {
        quantizer(at::zeros({2, 4}), {6}, {.dimension = 4});
      }),
      "dimension: vectors of 4 values do not make up the 6 features of the code: their number must be "
      "a multiple of 4");
}

TEST(VectorQuantized, HasAGradientOfTheSameBitsWhateverTheThreads) {
  auto random = fixed_generator(4);
  const auto codebook = at::empty({8, 16}).normal_(0, 1, random);
  const auto pre_code = at::empty({20000, 16}).normal_(0, 1, random);
  const auto bottleneck = quantizer(codebook, {16});
  const auto gradient = [&](std::int64_t threads) {
    const Compute compute(threads);
    const auto terms = quantization_terms(bottleneck, quantized(bottleneck, pre_code));
    return torch::autograd::grad({terms.total()}, {bottleneck.named_parameters()["codebook"]}).front();
  };
  const auto one = gradient(1);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(same_bits(gradient(2), one));
}

// --- Moving averages ---

constexpr double kDecay = 0.9;

VectorQuantizedBottleneck averaging(const std::vector<float>& codebook, std::int64_t restart = 0) {
  return quantizer(column(codebook), {1},
                   {.update = CodebookUpdate::moving_average, .decay = kDecay, .restart = restart});
}

std::vector<double> codebook_of(const Bottleneck& bottleneck) {
  const auto values = buffer(bottleneck, "codebook").flatten().to(at::kDouble).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

void expect_codebook(const Bottleneck& bottleneck, const std::vector<double>& expected) {
  const auto found = codebook_of(bottleneck);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-5) << i;
}

TEST(MovingCodebook, IsTheMeanOfWhatChoseItFromTheFirstStepOn) {
  auto bottleneck = averaging({0, 5, 100});
  EXPECT_TRUE(bottleneck.parameters().empty());
  // 1 and 2 choose the first, 6 and 4 the second; no one the third, which stays. In two ragged batches.
  step_after(bottleneck,
             {quantized(bottleneck, column({1, 2, 6})), quantized(bottleneck, column({4}), /*first=*/3)});
  expect_codebook(bottleneck, {1.5, 5, 100});
  // 3, 1.5 and 2.5 choose the first: (.9 (1 + 2) + 3 + 1.5 + 2.5) / (.9 2 + 3).
  step_after(bottleneck,
             {quantized(bottleneck, column({3})), quantized(bottleneck, column({1.5, 2.5}), /*first=*/1)});
  expect_codebook(bottleneck, {(kDecay * 3 + 7) / (kDecay * 2 + 3), 5, 100});
  // 7 chooses the second, whose sums are two steps old.
  step_after(bottleneck, {quantized(bottleneck, column({7}))});
  expect_codebook(bottleneck, {(kDecay * 3 + 7) / (kDecay * 2 + 3),
                               (kDecay * kDecay * 10 + 7) / (kDecay * kDecay * 2 + 1), 100});
  // What is chosen late is a mean at once, too.
  step_after(bottleneck, {quantized(bottleneck, column({80, 90}))});
  EXPECT_NEAR(codebook_of(bottleneck)[2], 85, 1e-5);
}

TEST(MovingCodebook, StaysWhereItIsHoweverLongItIsUnused) {
  auto bottleneck = averaging({0, 50});
  step_after(bottleneck, {quantized(bottleneck, column({1, 60}))});
  const auto pass = quantized(bottleneck, column({1}));
  for (int i = 0; i < 2000; ++i) step_after(bottleneck, {pass});  // .9^2000 is 0 in float32
  expect_codebook(bottleneck, {1, 60});
  step_after(bottleneck, {quantized(bottleneck, column({70}))});
  expect_codebook(bottleneck, {1, 70});
}

TEST(MovingCodebook, HasACommitmentAlone) {
  const auto bottleneck = averaging({0, 3});
  const auto pre_code = column({1, 5}).requires_grad_();
  const auto terms = quantization_terms(bottleneck, quantized(bottleneck, pre_code));
  ASSERT_EQ(terms.all().size(), 1U);
  const auto gradient = torch::autograd::grad({terms.total()}, {pre_code}).front();
  EXPECT_TRUE(at::allclose(gradient.flatten(), at::tensor({0.25F * 2 * 1 / 2, 0.25F * 2 * 2 / 2})));
}

/// The order in which the pre-codes of rows 0, 1, ... are taken: that of their draws.
Tensor order_of_draws(std::int64_t rows, std::int64_t epoch) {
  return Noise(/*seed=*/3, epoch, at::arange(rows)).uniform_like("restart", at::empty({rows})).argsort();
}

TEST(MovingCodebook, RestartsTheDeadOnPreCodesOfTheStep) {
  auto bottleneck = averaging({0, 10, 200, 300}, /*restart=*/2);
  const std::vector<float> values = {1, 9, 2.5, 11, 3};
  const auto step = [&](std::int64_t epoch) {
    step_after(bottleneck, {quantized(bottleneck, column({1, 9, 2.5}), 0, epoch),
                            quantized(bottleneck, column({11, 3}), 3, epoch)});
  };
  const double first = (1 + 2.5 + 3) / 3;
  step(0);
  expect_codebook(bottleneck, {first, 10, 200, 300});
  step(1);
  const auto order = order_of_draws(5, 1);
  const auto taken = [&](std::int64_t i) {
    return values[static_cast<std::size_t>(order[i].item<std::int64_t>())];
  };
  expect_codebook(bottleneck, {first, 10, taken(0), taken(1)});
  for (const auto* name : {"counts", "sums", "unused"})
    EXPECT_EQ(buffer(bottleneck, name).slice(0, 2).abs().sum().item<float>(), 0) << name;
  // They are means of what chooses them from then on, and no restart follows.
  const auto third = codebook_of(bottleneck)[2];
  step_after(bottleneck, {quantized(bottleneck, column({taken(0)}), 0, 2)});
  EXPECT_NEAR(codebook_of(bottleneck)[2], third, 1e-6);
  EXPECT_EQ(buffer(bottleneck, "unused")[2].item<float>(), 0);
}

TEST(MovingCodebook, DrawsOtherPreCodesInAnotherEpochAndTheSameHoweverTheyAreBatched) {
  auto random = fixed_generator(6);
  const auto pre_codes = at::empty({20, 4}).normal_(0, 1, random);
  const auto restarted = [&](std::vector<std::int64_t> sizes, std::int64_t epoch) {
    auto bottleneck =
        quantizer(at::full({6, 2}, 1e3), {4},
                  {.dimension = 2, .update = CodebookUpdate::moving_average, .decay = 0.9, .restart = 1});
    std::vector<Pass> passes;
    std::int64_t first = 0;
    for (const auto size : sizes) {
      passes.push_back(quantized(bottleneck, pre_codes.slice(0, first, first + size), first, epoch));
      first += size;
    }
    step_after(bottleneck, passes);
    return buffer(bottleneck, "codebook");
  };
  const auto whole = restarted({20}, 0);
  EXPECT_TRUE(at::allclose(restarted({7, 12, 1}, 0), whole));
  EXPECT_FALSE(at::allclose(restarted({20}, 1), whole));
  // All but the first, which all pre-codes chose, are on pre-codes, and on different ones.
  const auto distances = at::cdist(whole.slice(0, 1), pre_codes.view({40, 2}));
  EXPECT_TRUE((std::get<0>(distances.min(1)) < 1e-5).all().item<bool>());
  EXPECT_EQ((std::get<0>(distances.min(0)) < 1e-5).sum().item<std::int64_t>(), 5);
}

TEST(MovingCodebook, RestartsMoreThanThereArePreCodes) {
  auto bottleneck = averaging({100, 200, 300, 400}, /*restart=*/1);
  step_after(bottleneck, {quantized(bottleneck, column({1}))});
  expect_codebook(bottleneck, {1, 1, 1, 1});
}

// --- Finite scalar quantization ---

FiniteScalarBottleneck grid(const std::vector<std::int64_t>& levels, const Shape& code) {
  FiniteScalarBottleneck bottleneck({.levels = levels});
  bottleneck.build(code, /*seed=*/0);
  return bottleneck;
}

/// The paper's formula for one value, in float64: the level, from 0, and the code.
std::pair<std::int64_t, double> level_and_code(double z, std::int64_t levels) {
  const double half = static_cast<double>(levels - 1) * 1.001 / 2, offset = levels % 2 == 0 ? 0.5 : 0;
  const double rounded = std::nearbyint(std::tanh(z + std::atanh(offset / half)) * half - offset);
  const auto width = levels / 2;
  return {static_cast<std::int64_t>(rounded) + width, rounded / static_cast<double>(width)};
}

/// A pre-code of that level.
double pre_code_of(std::int64_t level, std::int64_t levels) {
  const double half = static_cast<double>(levels - 1) * 1.001 / 2, offset = levels % 2 == 0 ? 0.5 : 0;
  const double value = static_cast<double>(level - levels / 2);
  return std::atanh((value + offset) / half) - std::atanh(offset / half);
}

TEST(FiniteScalar, IsTheFormulaOfThePaper) {
  for (const std::int64_t levels : {2, 3, 4, 5, 7, 8, 16}) {
    SCOPED_TRACE(levels);
    const auto bottleneck = grid({levels}, {1});
    for (double z = -6.013; z < 6; z += 0.097) {
      const auto pass = quantized(bottleneck, column({static_cast<float>(z)}));
      const auto [level, code] = level_and_code(z, levels);
      EXPECT_EQ(pass.extras.at("indices").item<std::int64_t>(), level) << z;
      EXPECT_NEAR(pass.code.item<double>(), code, 1e-6) << z;
    }
  }
}

TEST(FiniteScalar, CountsTheLevelsOfItsValuesInOneIndex) {
  const std::vector<std::int64_t> levels = {8, 5, 5, 5};
  const auto bottleneck = grid(levels, {4});
  ASSERT_EQ(bottleneck.codebook_size(), 1000);
  const auto all = at::arange(1000).unsqueeze(1);
  std::vector<float> pre_codes;
  for (std::int64_t index = 0; index < 1000; ++index)
    for (std::int64_t i = 0, rest = index; i < 4; rest /= levels[static_cast<std::size_t>(i)], ++i)
      pre_codes.push_back(static_cast<float>(
          pre_code_of(rest % levels[static_cast<std::size_t>(i)], levels[static_cast<std::size_t>(i)])));
  const auto pass = quantized(bottleneck, at::tensor(pre_codes).view({1000, 4}));
  EXPECT_TRUE(at::equal(pass.extras.at("indices"), all));
  EXPECT_TRUE(same_bits(bottleneck.from_indices(all), pass.code));
  // As distinct as they are many.
  EXPECT_EQ(std::get<0>(at::unique_dim(pass.code, 0)).size(0), 1000);
}

TEST(FiniteScalar, IsItsOwnQuantization) {
  // Codes are fixed points: a pre-code whose bounded value is the code's is quantized to it.
  for (const std::int64_t levels : {2, 5, 8, 1000})
    for (const auto level : {std::int64_t{0}, levels / 2, levels - 1}) {
      const auto bottleneck = grid({levels}, {1});
      const auto z = column({static_cast<float>(pre_code_of(level, levels))});
      const auto expected = static_cast<double>(level - levels / 2) / static_cast<double>(levels / 2);
      EXPECT_NEAR(bottleneck.read(z, {}).item<double>(), expected, 1e-6) << levels;
    }
}

TEST(FiniteScalar, ReachesEveryLevelAndNoOther) {
  for (const std::int64_t levels : {2, 3, 5, 8, 999, 1000}) {
    const auto z = at::linspace(-20, 20, 400001).unsqueeze(1);
    const auto pass = quantized(grid({levels}, {1}), z);
    const auto indices = pass.extras.at("indices");
    EXPECT_EQ(indices.min().item<std::int64_t>(), 0);
    EXPECT_EQ(indices.max().item<std::int64_t>(), levels - 1);
    EXPECT_EQ(std::get<0>(at::_unique(indices)).numel(), levels);
    EXPECT_EQ(pass.code.min().item<float>(), -1);
    EXPECT_LE(pass.code.max().item<float>(), 1);
  }
}

TEST(FiniteScalar, PassesGradientsThroughItsRounding) {
  constexpr std::int64_t kLevels = 8;
  const auto bottleneck = grid({kLevels}, {1});
  const auto z = column({-1.2F, 0.1F, 0.7F}).requires_grad_();
  const auto gradient = torch::autograd::grad({bottleneck.read(z, {}).sum()}, {z}).front();
  const double half = (kLevels - 1) * 1.001 / 2;
  for (std::int64_t i = 0; i < 3; ++i) {
    const double t = std::tanh(z[i].item<double>() + std::atanh(0.5 / half));
    EXPECT_NEAR(gradient[i].item<double>(), half * (1 - t * t) / (kLevels / 2), 1e-5);
  }
}

TEST(FiniteScalar, RefusesACodeThatIsNotMadeOfItsLevels) {
  EXPECT_SAYS(message_of<Error>([] {
                grid({8, 5, 5, 5}, {6});
              }),
              "levels: vectors of 4 values do not make up the 6 features of the code");
  EXPECT_SAYS(message_of<Error>([] { grid({8, 5}, {3, 2, 2}); }), "3 channels of the code");
}

}  // namespace
}  // namespace aelab
