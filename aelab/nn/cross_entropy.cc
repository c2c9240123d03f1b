#include "aelab/nn/cross_entropy.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "aelab/nn/direct_kernels.h"
#include "aelab/nn/kernels.h"

namespace aelab {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool suits_direct_kernel(const at::Tensor& x, const at::Tensor& t) {
  return kernels().cross_entropy == DirectKernel::direct && x.is_cpu() && x.scalar_type() == at::kFloat &&
         t.scalar_type() == at::kFloat && x.sizes() == t.sizes() && x.numel() > 0;
}

/// In one pass over x and t, where LibTorch's operators take six: each row's sum, and on request the slopes
/// sigmoid(x) - t for the gradient. There and back with 1024 x 784: .35 instead of 1.19 ms.
at::Tensor by_direct_kernel(const at::Tensor& x, const at::Tensor& t, float* slopes) {
  constexpr std::int64_t kGrain = 16384;  // numbers that are worth a thread
  const auto logits = x.contiguous(), targets = t.contiguous();
  const auto rows = x.size(0), width = x.numel() / rows;
  auto sums = at::empty({rows}, x.options());
  const float *from = logits.const_data_ptr<float>(), *wanted = targets.const_data_ptr<float>();
  float* to = sums.data_ptr<float>();
  at::parallel_for(0, rows, std::max<std::int64_t>(1, kGrain / width), [&](auto begin, auto end) {
    for (auto r = begin; r < end; ++r)
      to[r] = direct::chosen()->cross_entropy(from + r * width, wanted + r * width, width,
                                              slopes ? slopes + r * width : nullptr);
  });
  return sums;
}

class CrossEntropy : public torch::autograd::Function<CrossEntropy> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& t,
                            bool differentiable) {
    at::Tensor sums, slopes;
    if (suits_direct_kernel(x, t)) {
      if (differentiable) slopes = at::empty(x.sizes(), x.options());
      sums = by_direct_kernel(x, t, differentiable ? slopes.data_ptr<float>() : nullptr);
    } else {
      constexpr double kLinear = 40;  // from where on log(1 + e^x) is x in float64
      sums = at::softplus(x, 1, kLinear).addcmul_(x, t, -1).flatten(1).sum(1);
    }
    context->save_for_backward({x, t, slopes});
    return sums;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &t = saved[1], &slopes = saved[2];
    auto shape = std::vector<std::int64_t>(static_cast<std::size_t>(x.dim()), 1);
    shape[0] = x.size(0);
    const auto row = gradients[0].reshape(shape);
    const bool at_hand = slopes.defined() && !at::GradMode::is_enabled();
    return {(at_hand ? slopes : at::sigmoid(x) - t) * row,
            context->needs_input_grad(1) ? -x * row : at::Tensor(),
            {}};
  }
};

}  // namespace

at::Tensor cross_entropy_of_logits(const at::Tensor& x, const at::Tensor& t) {
  return CrossEntropy::apply(x, t, at::GradMode::is_enabled() && x.requires_grad());
}

}  // namespace aelab
