#include "aelab/nn/compute.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

namespace aelab {
namespace {

const Kernels kByLibTorch = {.linear = LinearKernel::libtorch,
                             .convolution = DirectKernel::libtorch,
                             .cross_entropy = DirectKernel::libtorch};

TEST(Compute, HoldsUntilTheEndOfItsScope) {
  const auto kernels_before = kernels();
  const int threads_before = at::get_num_threads();
  {
    const Compute outer(2, kByLibTorch);
    EXPECT_EQ(kernels(), kByLibTorch);
    EXPECT_TRUE(outer.threads() == 2 || std::getenv("OMP_THREAD_LIMIT"));
    EXPECT_EQ(at::get_num_threads(), outer.threads());
    {
      const Compute inner(1, {});
      EXPECT_EQ(inner.threads(), 1);
      EXPECT_EQ(at::get_num_threads(), 1);
      EXPECT_EQ(kernels(), resolve({}));
    }
    EXPECT_EQ(kernels(), kByLibTorch);
    EXPECT_EQ(at::get_num_threads(), outer.threads());
    const Compute same({});
    EXPECT_EQ(kernels(), kByLibTorch) << "kernels that are left out stay";
    EXPECT_EQ(same.threads(), outer.threads());
  }
  EXPECT_EQ(kernels(), kernels_before);
  EXPECT_EQ(at::get_num_threads(), threads_before);
}

TEST(Compute, IsRestoredWhereItsScopeIsLeftByAnException) {
  const auto kernels_before = kernels();
  const int threads_before = at::get_num_threads();
  try {
    const Compute compute(threads_before + 1, kByLibTorch);
    throw std::runtime_error("within");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(kernels(), kernels_before);
  EXPECT_EQ(at::get_num_threads(), threads_before);
}

TEST(Compute, DoesNotAffectOtherThreads) {
  const auto rule = resolve({});
  const Compute here(1, kByLibTorch);
  Kernels there, changed;
  std::thread([&] {
    there = kernels();
    const Compute compute(1, rule);
    changed = kernels();
  }).join();
  EXPECT_EQ(there, rule);
  EXPECT_EQ(changed, rule);
  EXPECT_EQ(kernels(), kByLibTorch);
}

}  // namespace
}  // namespace aelab
