// Noise against an independent Philox4x32-10, Box and Muller's transform in float64, and its own promises.

#include "aelab/nn/noise.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

#include "aelab/core/random.h"
#include "aelab/nn/noise_kernels.h"
#include "aelab/nn/noise_operators.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using Four = std::array<std::uint32_t, 4>;

/// Philox4x32-10 word by word, as the paper states it.
Four philox(Four counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const auto first = std::uint64_t{0xD2511F53} * counter[0],
               second = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {
        static_cast<std::uint32_t>(second >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(second),
        static_cast<std::uint32_t>(first >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(first)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// Those that this machine can run.
std::vector<const noise::Functions*> kernels_here() {
  std::vector<const noise::Functions*> all = {&noise::plain};
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2")) all.push_back(&noise::avx2);
  if (__builtin_cpu_supports("avx512f")) all.push_back(&noise::avx512);
#endif
  return all;
}

struct Place {
  std::int64_t count;
  std::uint64_t key;
  std::uint32_t pass;
  std::uint64_t row;
};
const Place kPlaces[] = {{1, 0, 0, 0},
                         {4, 1, 0, 0},
                         {13, 0x123456789abcdef0, 3, 7},
                         {64, 42, 1, 1},
                         {67, 42, 1, 1},
                         {784, ~0ull, 0xffffffff, 60'000},
                         {785, 5, 2, 1ull << 32},
                         {3, 5, 2, (1ull << 40) + 1}};

/// The words of a row in the order of its numbers.
std::vector<std::uint32_t> words_of(const Place& place) {
  const auto blocks = (place.count + 3) / 4;
  std::vector<std::uint32_t> words(static_cast<std::size_t>(4 * blocks));
  for (std::int64_t b = 0; b < blocks; ++b) {
    const auto four =
        philox({static_cast<std::uint32_t>(b), place.pass, static_cast<std::uint32_t>(place.row),
                static_cast<std::uint32_t>(place.row >> 32)},
               {static_cast<std::uint32_t>(place.key), static_cast<std::uint32_t>(place.key >> 32)});
    for (std::int64_t w = 0; w < 4; ++w)
      words[static_cast<std::size_t>(w * blocks + b)] = four[static_cast<std::size_t>(w)];
  }
  return words;
}

std::vector<float> filled(decltype(noise::Functions::uniform) fill, const Place& place) {
  constexpr float kUntouched = -77;
  std::vector<float> numbers(static_cast<std::size_t>(place.count) + 1, kUntouched);
  fill(numbers.data(), place.count, place.key, place.pass, place.row);
  EXPECT_EQ(numbers.back(), kUntouched);
  numbers.pop_back();
  return numbers;
}

TEST(Philox, GivesThePublishedWords) {  // kat_vectors of the authors' Random123
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Four{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Four{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Four{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(NoiseKernels, UniformNumbersAreTheUpperBitsOfTheWords) {
  for (const auto* kernels : kernels_here())
    for (const auto& place : kPlaces) {
      const auto numbers = filled(kernels->uniform, place);
      const auto words = words_of(place);
      for (std::size_t i = 0; i < numbers.size(); ++i)
        ASSERT_EQ(numbers[i], static_cast<float>(words[i] >> 8) / 16777216) << place.count << " " << i;
    }
}

TEST(NoiseKernels, NormalNumbersAreBoxAndMullersOfTheWords) {
  for (const auto& place : kPlaces) {
    const auto numbers = filled(noise::plain.normal, place);
    const auto words = words_of(place);
    const auto quarter = words.size() / 4;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const auto half = i / (2 * quarter) * 2 * quarter, b = (i - half) % quarter;
      const double u = std::ldexp((words[half + b] >> 1) | 1, -31);
      const double angle = 2 * std::numbers::pi * std::ldexp(words[half + quarter + b], -32);
      const double along = i - half < quarter ? std::cos(angle) : std::sin(angle);
      ASSERT_NEAR(numbers[i], std::sqrt(-2 * std::log(u)) * along, 2e-6) << place.count << " " << i;
    }
  }
}

TEST(NoiseKernels, GiveTheSameBitsOnEveryInstructionSet) {
  for (const auto* kernels : kernels_here())
    for (const auto& place : kPlaces) {
      EXPECT_EQ(filled(kernels->normal, place), filled(noise::plain.normal, place));
      EXPECT_EQ(filled(kernels->uniform, place), filled(noise::plain.uniform, place));
    }
}

TEST(NoiseKernels, MaskKeepsWhatTheUniformNumbersLet) {
  constexpr float kLeast = 0.3F, kUntouched = -77;
  for (const auto* kernels : kernels_here())
    for (const auto& place : kPlaces) {
      const auto uniform = filled(kernels->uniform, place);
      std::vector<float> from(uniform.size()), to(uniform.size() + 1, kUntouched);
      for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<float>(i) - 5.5F;
      kernels->mask(to.data(), from.data(), kLeast, place.count, place.key, place.pass, place.row);
      EXPECT_EQ(to.back(), kUntouched);
      for (std::size_t i = 0; i < from.size(); ++i)
        ASSERT_EQ(to[i], uniform[i] >= kLeast ? from[i] : 0) << place.count << " " << i;
    }
}

TEST(NoiseOperators, GiveTheBitsOfTheKernels) {
  // Rows of both ends of 64 bits side by side, and enough numbers to meet every quarter of a turn.
  const std::vector<std::int64_t> rows = {
      0, 1, 60'000, std::int64_t{1} << 32, (std::int64_t{1} << 40) + 1, 0xffffffff};
  for (const auto& [count, key, pass, row] : kPlaces) {
    auto all = rows;
    all.push_back(static_cast<std::int64_t>(row));
    const auto places = at::tensor(all, at::kLong);
    const auto uniform = noise::uniform_by_operators(places, count, key, pass),
               normal = noise::normal_by_operators(places, count, key, pass);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Place place = {count, key, pass, static_cast<std::uint64_t>(all[i])};
      const auto of_row = static_cast<std::int64_t>(i);
      EXPECT_TRUE(same_bits(uniform[of_row], at::tensor(filled(noise::plain.uniform, place))));
      EXPECT_TRUE(same_bits(normal[of_row], at::tensor(filled(noise::plain.normal, place))));
    }
  }
}

TEST(Noise, MasksToTheBitsOfAProductWithComparedNumbers) {
  const auto rows = at::tensor({4, 900, 17, 0, 2}, at::kLong);
  const Noise noise(3, 2, rows);
  for (const auto& x : {at::randn({5, 3, 7}), at::randn({7, 3, 5}).permute({2, 1, 0}),
                        at::randn({5, 21}, at::kDouble), at::full({5, 3}, std::nan("")), at::empty({5, 0})})
    for (const double probability : {0.0, 0.25, 0.3, 1.0}) {
      const auto kept = noise.uniform_like("corruption", x) >= probability;
      EXPECT_TRUE(same_bits(noise.masked("corruption", x, probability), x * kept)) << probability;
    }
  const auto x = at::randn({5, 4}).requires_grad_();
  const auto masked = noise.masked("corruption", x, 0.5);
  const auto kept = (noise.uniform_like("corruption", x) >= 0.5).to(at::kFloat);
  EXPECT_TRUE(at::equal(torch::autograd::grad({masked.sum()}, {x}).front(), kept));
  EXPECT_THROW(noise.masked("corruption", at::randn({3, 2}), 0.5), std::logic_error);
}

TEST(Noise, IsThatOfARowWhateverItsBatch) {
  const auto x = at::zeros({5, 3, 7});
  const auto rows = at::tensor({4, 900, 17, 0, 2}, at::kLong);
  const auto whole = Noise(3, 2, rows).normal_like("corruption", x);
  for (std::int64_t i = 0; i < 5; ++i) {
    const Noise alone(3, 2, rows.slice(0, i, i + 1));
    EXPECT_TRUE(same_bits(alone.normal_like("corruption", x[0].unsqueeze(0)), whole.slice(0, i, i + 1)));
  }
  EXPECT_TRUE(
      same_bits(Noise(3, 2, at::arange(5, at::kLong)).normal_like("a", x), Noise(3, 2).normal_like("a", x)));
}

TEST(Noise, DependsOnEverythingThatItIsAFunctionOf) {
  const auto x = at::zeros({1, 40});
  const auto row = [](std::int64_t place) { return at::tensor({place}, at::kLong); };
  const std::vector<at::Tensor> different = {
      Noise(1, 0, row(0)).uniform_like("a", x),
      Noise(2, 0, row(0)).uniform_like("a", x),
      Noise(1 + (1ll << 32), 0, row(0)).uniform_like("a", x),
      Noise(1, 1, row(0)).uniform_like("a", x),
      Noise(1, 0, row(1)).uniform_like("a", x),
      Noise(1, 0, row(1ll << 32)).uniform_like("a", x),
      Noise(1, 0, row(0)).uniform_like("b", x),
      Noise(1, 0, row(0), "layer 1/").uniform_like("a", x),
  };
  for (std::size_t i = 0; i < different.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      EXPECT_FALSE((different[i] == different[j]).any().item<bool>()) << i << j;
}

TEST(Noise, HasARowsSamplesSideBySide) {
  const auto rows = at::tensor({8, 3}, at::kLong);
  const auto samples = Noise(1, 0, rows).normal_like("code", at::zeros({6, 5}));  // three samples a row
  const auto alone = Noise(1, 0, rows.slice(0, 1)).normal_like("code", at::zeros({3, 5}));
  EXPECT_TRUE(same_bits(samples.slice(0, 3), alone));
  EXPECT_THROW(Noise(1, 0, rows).normal_like("code", at::zeros({5, 2})), std::logic_error);
}

TEST(Noise, HasTheMomentsOfItsDistributions) {
  const auto x = at::zeros({1000, 1001}, at::kDouble);
  const auto z = Noise(7, 0).normal_like("a", x), u = Noise(7, 0).uniform_like("a", x);
  const double n = 1001000;
  EXPECT_EQ(z.scalar_type(), at::kDouble);
  const auto moment = [](const at::Tensor& values, double k) { return values.pow(k).mean().item<double>(); };
  EXPECT_NEAR(moment(z, 1), 0, 5 / std::sqrt(n));
  EXPECT_NEAR(moment(z, 2), 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(moment(z, 3), 0, 5 * std::sqrt(15 / n));
  EXPECT_NEAR(moment(z, 4), 3, 5 * std::sqrt(96 / n));
  EXPECT_NEAR((z.abs() > 1.959963984540054).to(at::kDouble).mean().item<double>(), 0.05,
              5 * std::sqrt(0.0475 / n));
  EXPECT_NEAR(moment(u, 1), 0.5, 5 * std::sqrt(1 / 12.0 / n));
  EXPECT_NEAR(moment(u, 2), 1 / 3.0, 5 * std::sqrt(4 / 45.0 / n));
  EXPECT_GE(u.min().item<double>(), 0);
  EXPECT_LT(u.max().item<double>(), 1);
  const auto next = z.flatten().slice(0, 1), before = z.flatten().slice(0, 0, -1);
  EXPECT_NEAR((next * before).mean().item<double>(), 0, 5 / std::sqrt(n));
  EXPECT_NEAR((z.slice(0, 1) * z.slice(0, 0, -1)).mean().item<double>(), 0, 5 / std::sqrt(n)) << "rows";
}

}  // namespace
}  // namespace aelab
