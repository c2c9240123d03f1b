#include "aelab/nn/likelihoods.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>

namespace aelab {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Cross-entropy from logits x, summed over each row: x - t x - log sigmoid(x). With the gradient written
/// down, (sigmoid(x) - t) of the row's, a step passes over the images 7 times instead of 14.
class CrossEntropy : public torch::autograd::Function<CrossEntropy> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& t) {
    context->save_for_backward({x, t});
    return at::addcmul(x, x, t, -1).sub_(at::log_sigmoid(x)).flatten(1).sum(1);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &t = saved[1];
    auto shape = std::vector<std::int64_t>(static_cast<std::size_t>(x.dim()), 1);
    shape[0] = x.size(0);
    const auto row = gradients[0].reshape(shape);
    return {(at::sigmoid(x) - t) * row, context->needs_input_grad(1) ? -x * row : Tensor()};
  }
};

}  // namespace

Tensor BernoulliLikelihood::negative_log(const Tensor& output, const Tensor& target) const {
  return CrossEntropy::apply(output, target);
}

Tensor BernoulliLikelihood::mean(const Tensor& output) const { return at::sigmoid(output); }

std::span<const std::string_view> names(GaussianMean) {
  static constexpr std::array<std::string_view, 2> kNames = {"identity", "sigmoid"};
  return kNames;
}

Tensor GaussianLikelihood::negative_log(const Tensor& output, const Tensor& target) const {
  return 0.5 * (mean(output) - target).square().flatten(1).sum(1);
}

Tensor GaussianLikelihood::mean(const Tensor& output) const {
  return mean_ == GaussianMean::sigmoid ? at::sigmoid(output) : output;
}

}  // namespace aelab
