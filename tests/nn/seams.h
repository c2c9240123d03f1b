#pragma once

// What the tests of the seams share.

#include <algorithm>

#include "aelab/nn/compute.h"
#include "aelab/nn/direct_kernels.h"
#include "tests/torch_support.h"

namespace aelab {

using Function = std::function<Tensor(const std::vector<Tensor>&)>;

/// Value, gradients and the gradients of a function of the gradients, in one list.
inline std::vector<Tensor> derivatives(const Function& f, std::vector<Tensor> inputs) {
  for (auto& input : inputs) input = input.detach().requires_grad_();
  const auto value = f(inputs);
  auto random = fixed_generator(7);
  const auto weights = at::empty(value.sizes()).normal_(0, 1, random).to(value.scalar_type());
  const auto first =
      torch::autograd::grad({(value * weights).sum()}, inputs, {}, true, /*create_graph=*/true);
  auto squares = value.square().sum();
  for (const auto& gradient : first) squares = squares + gradient.square().sum();
  auto all = torch::autograd::grad({squares}, inputs);
  all.insert(all.end(), first.begin(), first.end());
  all.push_back(value);
  return all;
}

inline void expect_same_derivatives(const Function& ours, const Function& reference,
                                    const std::vector<Tensor>& inputs) {
  const auto a = derivatives(ours, inputs), b = derivatives(reference, inputs);
  ASSERT_EQ(a.size(), b.size());
  const bool wide = inputs.front().scalar_type() == at::kDouble;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double size = std::max(1.0, b[i].abs().max().item<double>());
    EXPECT_LT((a[i] - b[i]).abs().max().item<double>(), (wide ? 1e-11 : 1e-4) * size) << i;
  }
}

inline Tensor drawn(at::IntArrayRef shape, at::ScalarType type, at::Generator& random) {
  return at::empty(shape, type).normal_(0, 1, random);
}

/// The kernels that there are here.
inline std::vector<DirectKernel> all_kernels() {
  std::vector<DirectKernel> all = {DirectKernel::libtorch};
  if (direct::chosen()) all.push_back(DirectKernel::direct);
  return all;
}

}  // namespace aelab
