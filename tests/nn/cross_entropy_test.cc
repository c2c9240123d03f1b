#include "aelab/nn/cross_entropy.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/nn/seams.h"

namespace aelab {
namespace {

/// log(1 + e^x) - t x by LibTorch's own operations.
Tensor definition(const Tensor& x, const Tensor& t) { return (at::softplus(x) - t * x).flatten(1).sum(1); }

TEST(CrossEntropy, HasTheDerivativesOfItsDefinition) {
  auto random = fixed_generator();
  for (const auto kernel : all_kernels())
    for (const auto type : {at::kDouble, at::kFloat})
      for (const auto& shape :
           {std::vector<std::int64_t>{1, 1}, {3, 7}, {5, 16}, {4, 33}, {40, 784}, {2, 3, 4, 5}}) {
        SCOPED_TRACE(std::string(name_of(kernel)) + " of " + std::to_string(elements(shape)));
        const Compute chosen({}, {.cross_entropy = kernel});
        const auto x = 3 * drawn(shape, type, random), t = at::sigmoid(drawn(shape, type, random));
        const auto ours = [](const auto& v) { return cross_entropy_of_logits(v[0], v[1]); };
        const auto reference = [](const auto& v) { return definition(v[0], v[1]); };
        expect_same_derivatives(ours, reference, {x, t});
        const at::NoGradGuard no_grad;
        EXPECT_TRUE(at::allclose(ours(std::vector{x, t}), definition(x, t), 1e-5));
      }
}

// One number in each row, so that nothing hides an error: of the loss a unit in its last place or three, of
// the slope an absolute one, since sigmoid(x) - t loses digits wherever it is computed.
TEST(CrossEntropy, IsExactFromEndToEnd) {
  const auto logits =
      at::cat({at::linspace(-110, 110, 20001), at::tensor({0.f, 1e-30f, -1e-30f, 1e4f, -1e4f})});
  for (const auto kernel : all_kernels())
    for (const double target : {0., .25, 1.}) {
      SCOPED_TRACE(std::string(name_of(kernel)) + " with " + std::to_string(target));
      const Compute chosen({}, {.cross_entropy = kernel});
      const auto x = logits.unsqueeze(1).requires_grad_(), t = at::full_like(x, target).detach();
      const auto loss = cross_entropy_of_logits(x, t);
      const auto slope = torch::autograd::grad({loss.sum()}, {x}).front();
      const auto wide = x.detach().to(at::kDouble);
      const auto exact = at::log1p((-wide.abs()).exp()) + wide.clamp_min(0) - target * wide;
      const auto allowed = 5e-7 * exact + 2e-7 * target * wide.abs() + 1e-36;
      const auto excess = ((loss.detach().unsqueeze(1) - exact).abs() - allowed).max(0);
      EXPECT_LE(std::get<0>(excess).item<double>(), 0)
          << "at " << wide[std::get<1>(excess).item<std::int64_t>()];
      EXPECT_LT((slope - (at::sigmoid(wide) - target)).abs().max().item<double>(), 2e-7);
    }
}

TEST(CrossEntropy, KeepsItsDigitsInLongRows) {
  auto random = fixed_generator();
  const auto x = 3 * drawn({2, 300'000}, at::kFloat, random), t = at::rand({2, 300'000}, random);
  const auto exact = definition(x.to(at::kDouble), t.to(at::kDouble));
  for (const auto kernel : all_kernels()) {
    const Compute chosen({}, {.cross_entropy = kernel});
    EXPECT_LT((cross_entropy_of_logits(x, t) / exact - 1).abs().max().item<double>(), 1e-6);
  }
}

TEST(CrossEntropy, KeepsNanInItsRow) {
  for (const auto kernel : all_kernels()) {
    const Compute chosen({}, {.cross_entropy = kernel});
    auto x = at::zeros({3, 20});
    x[1][18] = std::numeric_limits<float>::quiet_NaN();
    x.requires_grad_();
    const auto loss = cross_entropy_of_logits(x, at::full({3, 20}, .5));
    EXPECT_TRUE(std::isnan(loss[1].item<float>()));
    EXPECT_NEAR(loss[0].item<float>(), 20 * std::log(2), 1e-5);
    EXPECT_NEAR(loss[2].item<float>(), 20 * std::log(2), 1e-5);
    const auto slope = torch::autograd::grad({loss.sum()}, {x}).front();
    EXPECT_TRUE(std::isnan(slope[1][18].item<float>()));
    EXPECT_EQ(slope.isnan().sum().item<std::int64_t>(), 1);
  }
}

TEST(CrossEntropy, TakesTensorsAsTheyLieAndAnyNumberOfThreads) {
  auto random = fixed_generator();
  const int threads = at::get_num_threads();
  for (const auto kernel : all_kernels()) {
    const Compute chosen({}, {.cross_entropy = kernel});
    const auto x = drawn({300, 130}, at::kFloat, random), t = at::rand({300, 130}, random);
    const auto packed = cross_entropy_of_logits(x, t);
    EXPECT_TRUE(at::allclose(cross_entropy_of_logits(x.t().contiguous().t(), t), packed));
    EXPECT_TRUE(at::allclose(cross_entropy_of_logits(x, t[0].expand({300, 130})), definition(x, t[0])));
    EXPECT_TRUE(at::allclose(cross_entropy_of_logits(x, t[0]), definition(x, t[0])));
    EXPECT_EQ(cross_entropy_of_logits(x.slice(0, 0, 0), t.slice(0, 0, 0)).numel(), 0);
    at::set_num_threads(1);
    EXPECT_TRUE(at::equal(cross_entropy_of_logits(x, t), packed));
    at::set_num_threads(threads);
  }
}

}  // namespace
}  // namespace aelab
