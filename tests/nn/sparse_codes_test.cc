// Sparse codes: our kernels against LibTorch's operators on dense codes.

#include "aelab/nn/sparse_codes.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "aelab/nn/largest.h"
#include "aelab/nn/sparse_kernels.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Tensor normal_floats(at::IntArrayRef shape, std::int64_t seed = 0) {
  auto random = fixed_generator(seed);
  return at::empty(shape).normal_(0, 1, random);
}

/// Small whole numbers, of which many are equal.
Tensor with_ties(at::IntArrayRef shape, std::int64_t seed = 0) {
  return (normal_floats(shape, seed) * 1.5).round() + 0;  // no -0, which is less than 0 here
}

/// The first k places in the order of falling values, ascending; of equal values the first.
Tensor expected_places(const Tensor& list, std::int64_t k) {
  return std::get<0>(list.argsort(/*stable=*/true, 0, /*descending=*/true).slice(0, 0, k).sort());
}

TEST(Largest, OfRowsAreThoseOfAStableSort) {
  for (const std::int64_t width : {1, 2, 15, 16, 17, 100, 1000, 5000})
    for (const std::int64_t k :
         {std::int64_t{1}, std::int64_t{3}, std::int64_t{32}, width / 2, width - 1, width}) {
      if (k < 0 || k > width) continue;
      SCOPED_TRACE(std::to_string(k) + " of " + std::to_string(width));
      for (const auto& x : {normal_floats({3, width}), with_ties({3, width}), at::zeros({3, width})})
        for (const auto size : {Size::value, Size::magnitude}) {
          const auto found = largest_of_rows(x, k, size);
          const auto compared = size == Size::magnitude ? x.abs() : x;
          for (std::int64_t r = 0; r < 3; ++r) {
            const auto columns = found.places[1].slice(0, r * k, (r + 1) * k);
            EXPECT_TRUE(at::equal(columns, expected_places(compared[r], k)));
          }
          EXPECT_TRUE(at::equal(found.places[0], at::arange(3).repeat_interleave(k)));
          EXPECT_TRUE(at::equal(found.offsets, at::arange(4) * k));
        }
    }
}

TEST(Largest, OfAllRowsTogetherAreThoseOfAStableSort) {
  for (const std::int64_t width : {1, 7, 100, 3000})
    for (const std::int64_t count : {std::int64_t{0}, std::int64_t{1}, 2 * width, 5 * width - 1, 5 * width}) {
      SCOPED_TRACE(std::to_string(count) + " of 5 x " + std::to_string(width));
      for (const auto& x : {normal_floats({5, width}), with_ties({5, width})}) {
        const auto found = largest_of_all(x, count);
        EXPECT_TRUE(at::equal(flat_places(found), expected_places(x.flatten(), count)));
        for (std::int64_t r = 0; r <= 5; ++r)
          EXPECT_EQ(found.offsets[r].item<std::int64_t>(), (found.places[0] < r).sum().item<std::int64_t>());
      }
    }
}

TEST(Largest, AmongSomeColumnsAreAllOfThemIfTheyAreFew) {
  const auto x = normal_floats({4, 200});
  const auto mask = normal_floats({200}, 1) > 1;  // some 30
  const auto count = mask.sum().item<std::int64_t>();
  ASSERT_GT(count, 10);
  for (const std::int64_t k : {std::int64_t{5}, count, count + 1, std::int64_t{200}}) {
    const auto found = largest_among(x, k, mask);
    const auto some = std::min(k, count);
    ASSERT_EQ(found.places.size(1), 4 * some);
    for (std::int64_t r = 0; r < 4; ++r) {
      const auto allowed = at::where(mask, x[r], -std::numeric_limits<float>::infinity());
      EXPECT_TRUE(
          at::equal(found.places[1].slice(0, r * some, (r + 1) * some), expected_places(allowed, some)));
    }
  }
  EXPECT_EQ(largest_among(x, 3, at::zeros({200}, at::kBool)).places.size(1), 0);
}

TEST(Largest, AreTheSameByLibTorchWhereNoneAreEqual) {
  const auto x = normal_floats({4, 300});
  const auto mask = normal_floats({300}, 1) > 0;
  const auto same = [](const ActiveElements& a, const ActiveElements& b) {
    return at::equal(a.places, b.places) && at::equal(a.offsets, b.offsets);
  };
  EXPECT_TRUE(same(largest_of_rows(x, 7), largest_of_rows(x.to(at::kDouble), 7)));
  EXPECT_TRUE(
      same(largest_of_rows(x, 7, Size::magnitude), largest_of_rows(x.to(at::kDouble), 7, Size::magnitude)));
  EXPECT_TRUE(same(largest_of_all(x, 29), largest_of_all(x.to(at::kDouble), 29)));
  EXPECT_TRUE(same(largest_among(x, 9, mask), largest_among(x.to(at::kDouble), 9, mask)));
}

TEST(Largest, ChooseNaNSoThatItIsSeen) {
  auto x = normal_floats({2, 100});
  x[1][37] = std::numeric_limits<float>::quiet_NaN();
  x[1][38] = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(
      (largest_of_rows(x, 1).places == at::tensor({0, 1, 0, 37}, at::kLong).view({2, 2}))[1][1].item<bool>());
  EXPECT_TRUE((flat_places(largest_of_all(x, 1)) == 137).all().item<bool>());
}

/// Rows of 0 to 5 elements with values of both signs, and one vector that none uses.
ActiveElements ragged(std::int64_t rows, std::int64_t width) {
  std::vector<std::int64_t> row, column, offsets = {0};
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = 0; i < r % 6; ++i) {
      row.push_back(r);
      column.push_back((i * (width - 1)) / 6);
    }
    offsets.push_back(static_cast<std::int64_t>(row.size()));
  }
  return {.places = at::stack({at::tensor(row, at::kLong), at::tensor(column, at::kLong)}),
          .offsets = at::tensor(offsets, at::kLong),
          .values = normal_floats({static_cast<std::int64_t>(row.size())}, 3),
          .width = width};
}

/// The largest difference relative to the largest number.
double difference_of(const Tensor& a, const Tensor& b) {
  return ((a - b).abs().max() / b.abs().max().clamp_min(1e-30)).item<double>();
}

TEST(SparseCodes, AreDenseAndBack) {
  const auto active = ragged(20, 30);
  const auto whole = dense(active);
  EXPECT_TRUE(at::equal(values_at(whole, active), active.values));
  EXPECT_EQ((whole != 0).sum().item<std::int64_t>(), active.values.numel());
}

TEST(SparseCodes, HaveSparseGradientsThatEqualDenseOnes) {
  const auto x = normal_floats({20, 30}).requires_grad_();
  const auto weights = normal_floats({ragged(20, 30).values.numel()}, 1);
  const auto gradient = [&](bool sparse) {
    // The gradient reaches a leaf through an operator that knows no sparse ones.
    const auto y = encode_for_sparse(x, {at::eye(30), {}, {}, {}});
    return torch::autograd::grad({(values_at(y, ragged(20, 30), sparse) * weights).sum()}, {x}).front();
  };
  EXPECT_TRUE(at::equal(gradient(true), gradient(false)));
}

TEST(SparseCodes, AreCombinedAsDenseOnes) {
  for (const std::int64_t width : {7, 40})
    for (const std::int64_t features : {1, 5, 16, 37, 64})
      for (const bool normalized : {false, true}) {
        SCOPED_TRACE(std::to_string(width) + " x " + std::to_string(features));
        auto active = ragged(25, width);
        active.values.requires_grad_();
        const auto vectors = (normal_floats({width, features}, 1) * 0.5).requires_grad_();
        const auto weights = normal_floats({25, features}, 2);
        const auto by_kernels = combine(active, vectors, normalized);
        const auto used = normalized ? vectors / vectors.norm(2, 1, true) : vectors;
        const auto by_operators = at::matmul(dense(active), used);
        EXPECT_LT(difference_of(by_kernels, by_operators), 1e-6);
        const auto gradients = [&](const Tensor& output) {
          return torch::autograd::grad({(output * weights).sum()}, {active.values, vectors});
        };
        const auto ours = gradients(by_kernels), theirs = gradients(by_operators);
        EXPECT_LT(difference_of(ours[0], theirs[0]), 3e-6);
        if (!normalized || features > 1) {  // of single numbers it is 0, and rounding is all that is seen
          EXPECT_LT(difference_of(ours[1], theirs[1]), 3e-6);
        }
        EXPECT_TRUE((ours[1][width - 1] == 0).all().item<bool>());
      }
}

TEST(SparseCodes, HaveGradientsOfGradients) {
  for (const bool normalized : {false, true}) {
    auto active = ragged(12, 9);
    active.values.requires_grad_();
    const auto vectors = normal_floats({9, 20}, 1).requires_grad_();
    const auto second = [&](const Tensor& output) {
      const auto first =
          torch::autograd::grad({output.square().sum()}, {active.values, vectors}, {}, true, true);
      return torch::autograd::grad({first[0].square().sum() + first[1].square().sum()},
                                   {active.values, vectors});
    };
    const auto ours = second(combine(active, vectors, normalized));
    const auto used = normalized ? vectors / vectors.norm(2, 1, true) : vectors;
    const auto theirs = second(at::matmul(dense(active), used));
    for (int i = 0; i < 2; ++i) EXPECT_LT(difference_of(ours[i], theirs[i]), 1e-5);
  }
}

TEST(SparseCodes, AreEncodedWithTheGradientsOfDenseOnes) {
  const auto active = ragged(25, 40);
  for (int which = 0; which < 16; ++which) {
    SCOPED_TRACE(which);
    std::vector<Tensor> leaves = {normal_floats({25, 18}).requires_grad_(which & 8),
                                  normal_floats({40, 18}, 1).requires_grad_()};
    const auto leaf = [&](bool there, std::int64_t size, std::int64_t seed) {
      if (!there) return Tensor();
      leaves.push_back((normal_floats({size}, seed) + 3).requires_grad_());
      return leaves.back();
    };
    const auto x = leaves[0], weight = leaves[1];
    const auto bias = leaf(which & 1, 40, 2), center = leaf(which & 2, 18, 3), scale = leaf(which & 4, 40, 4);
    if (!x.requires_grad()) leaves.erase(leaves.begin());
    auto expected = at::matmul(center.defined() ? x - center : x, weight.t());
    if (bias.defined()) expected = expected + bias;
    if (scale.defined()) expected = expected * scale;
    const auto encoded = encode_for_sparse(x, {weight, bias, center, scale});
    EXPECT_LT(difference_of(encoded, expected), 1e-6);
    const auto gradients = [&](const Tensor& y, bool sparse) {
      return torch::autograd::grad({(values_at(y, active, sparse) * active.values).sum()}, leaves, {}, true);
    };
    const auto theirs = gradients(expected, false), by_sparse = gradients(encoded, true),
               by_dense = gradients(encoded, false);
    // Sparse gradients of two uses add up, and to dense ones, too.
    const auto of_two =
        torch::autograd::grad({(values_at(encoded, active, true) * active.values).sum() * 2 +
                               (values_at(encoded, ragged(25, 40), true) * active.values).sum()},
                              leaves, {}, true);
    const auto with_dense = torch::autograd::grad(
        {(values_at(encoded, active, true) * active.values).sum() + 0 * encoded.sum()}, leaves);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      EXPECT_LT(difference_of(by_sparse[i], theirs[i]), 3e-6) << i;
      EXPECT_LT(difference_of(by_dense[i], theirs[i]), 3e-6) << i;
      EXPECT_LT(difference_of(of_two[i], 3 * theirs[i]), 3e-6) << i;
      EXPECT_LT(difference_of(with_dense[i], theirs[i]), 3e-6) << i;
    }
  }
}

TEST(SparseCodes, NormalizeRowsAndLeaveThoseOfZeroAlone) {
  auto rows = normal_floats({5, 33});
  rows[2].zero_();
  normalize_rows(rows);
  EXPECT_TRUE(at::allclose(rows.norm(2, 1), at::tensor({1.0F, 1.0F, 0.0F, 1.0F, 1.0F})));
}

TEST(SparseCodes, DoNotDependOnThreads) {
  const auto threads = at::get_num_threads();
  const auto compute = [](int used) {
    at::set_num_threads(used);
    const auto x = normal_floats({300, 64}).requires_grad_();
    const auto weight = normal_floats({1000, 64}, 1).requires_grad_();
    const auto vectors = normal_floats({1000, 64}, 2).requires_grad_();
    const auto encoded = at::matmul(x, weight.t()).detach().requires_grad_();
    std::vector<Tensor> results;
    for (auto places : {largest_of_rows(encoded, 8), largest_of_all(encoded, 2500)}) {
      places.values = values_at(encoded, places);
      const auto output = combine(places, vectors, /*normalized=*/true);
      results.push_back(output);
      for (const auto& gradient : torch::autograd::grad({output.square().sum()}, {encoded, vectors}))
        results.push_back(gradient);
    }
    return results;
  };
  const auto one = compute(1), two = compute(2);
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(same_bits(one[i], two[i])) << i;
}

#ifdef __x86_64__
/// What each kernel of an instruction set computes of the same numbers.
std::vector<Tensor> all_of(const sparse::Functions& kernels, std::int64_t width) {
  const auto matrix = normal_floats({9, width}), row = normal_floats({width}, 1),
             values = normal_floats({7}, 2);
  const auto rows = at::tensor({8, 0, 3, 3, 1, 7, 2}, at::kLong);
  const auto* place = rows.const_data_ptr<std::int64_t>();
  auto combined = at::empty({width}), dots = at::empty({7}), norm = at::empty({1});
  kernels.combine(combined.data_ptr<float>(), row.const_data_ptr<float>(), values.const_data_ptr<float>(),
                  matrix.const_data_ptr<float>(), place, 7, width);
  kernels.dots(dots.data_ptr<float>(), row.const_data_ptr<float>(), matrix.const_data_ptr<float>(), place, 7,
               width);
  norm.fill_(kernels.squared_norm(row.const_data_ptr<float>(), width));
  const auto blocks = width / 32;
  auto keys = at::empty({2, 16 * std::max<std::int64_t>(1, blocks)}, at::kInt).zero_();
  for (int absolute = 0; absolute < 2; ++absolute)
    kernels.largest_keys(keys[absolute].data_ptr<std::int32_t>(), row.const_data_ptr<float>(), blocks, 2,
                         absolute);
  return {combined, dots, norm, keys};
}

TEST(SparseKernels, GiveTheSameBitsOnEveryInstructionSet) {
  for (const std::int64_t width : {1, 15, 16, 100, 768}) {
    const auto plain = all_of(sparse::plain, width);
    const auto same_as_plain = [&](const sparse::Functions& kernels) {
      const auto others = all_of(kernels, width);
      for (std::size_t i = 0; i < plain.size(); ++i)
        EXPECT_TRUE(same_bits(others[i], plain[i])) << width << ", " << i;
    };
    if (__builtin_cpu_supports("avx2")) same_as_plain(sparse::avx2);
    if (__builtin_cpu_supports("avx512f")) same_as_plain(sparse::avx512);
  }
}
#endif

}  // namespace
}  // namespace aelab
