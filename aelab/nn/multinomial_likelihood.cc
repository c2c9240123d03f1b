#include "aelab/nn/multinomial_likelihood.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

namespace aelab {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Of rows of counts x and logits y [batch, features], what is not log sum_i exp(y_i).
struct MultinomialSums {
  Tensor counts;     ///< [batch]: sum_i x_i
  Tensor remainder;  ///< [batch]: -sum_i x_i y_i - log(n! / prod_i x_i!)
};

/// log Gamma(x + 1); std::lgamma would write to a global variable.
double log_factorial(double x) {
  int sign = 0;
  return ::lgamma_r(x + 1, &sign);
}

/// In one pass over both, where the factorials of counts 0 and 1, which are most, take no time.
template <class Number>
MultinomialSums multinomial_sums_of(const Tensor& logits, const Tensor& counts) {
  constexpr std::int64_t kGrain = 16384;  // numbers that are worth a thread
  const auto rows = logits.size(0), width = logits.size(1);
  MultinomialSums sums{at::empty({rows}, logits.options()), at::empty({rows}, logits.options())};
  const auto *y = logits.const_data_ptr<Number>(), *x = counts.const_data_ptr<Number>();
  auto *total = sums.counts.mutable_data_ptr<Number>(), *rest = sums.remainder.mutable_data_ptr<Number>();
  at::parallel_for(0, rows, std::max<std::int64_t>(1, kGrain / width), [&](auto begin, auto end) {
    for (auto row = begin; row < end; ++row) {
      double n = 0, sum = 0;
      for (auto i = row * width; i < (row + 1) * width; ++i) {
        if (x[i] == 0) continue;
        const auto count = static_cast<double>(x[i]);
        n += count;
        sum -= count * static_cast<double>(y[i]);
        if (count != 1) sum += log_factorial(count);
      }
      total[row] = static_cast<Number>(n);
      rest[row] = static_cast<Number>(sum - log_factorial(n));
    }
  });
  return sums;
}

MultinomialSums multinomial_sums(const Tensor& logits, const Tensor& counts) {
  if (logits.is_cpu() && logits.scalar_type() == counts.scalar_type() && logits.numel() > 0) {
    if (logits.scalar_type() == at::kFloat)
      return multinomial_sums_of<float>(logits.contiguous(), counts.contiguous());
    if (logits.scalar_type() == at::kDouble)
      return multinomial_sums_of<double>(logits.contiguous(), counts.contiguous());
  }
  const auto n = counts.sum(1);
  return {n, at::lgamma(counts + 1).sum(1) - at::lgamma(n + 1) - (counts * logits).sum(1)};
}

/// The gradient by the logits is n softmax(y) - x: without the sums' temporaries of autograd.
class MultinomialCost : public torch::autograd::Function<MultinomialCost> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& logits, const Tensor& counts) {
    const auto log_sum = logits.logsumexp(1);
    const auto [n, remainder] = multinomial_sums(logits, counts);
    context->save_for_backward({logits, counts, log_sum, n});
    return n * log_sum + remainder;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &logits = saved[0], &counts = saved[1], &log_sum = saved[2];
    const auto row = gradients[0].unsqueeze(1), n = saved[3].unsqueeze(1);
    if (at::GradMode::is_enabled())  // for derivatives of higher order
      return {(at::softmax(logits, 1) * n - counts) * row, Tensor()};
    auto gradient = logits - log_sum.unsqueeze(1);
    gradient.exp_().mul_(n * row).addcmul_(counts, row, -1);
    return {gradient, Tensor()};
  }
};

}  // namespace

Tensor MultinomialLikelihood::negative_log(const Tensor& output, const Tensor& target) const {
  return MultinomialCost::apply(output.flatten(1), target.flatten(1));
}

bool MultinomialLikelihood::is_distribution_of(const Tensor& target) const {
  return (target >= 0).logical_and(target == target.floor()).all().item<bool>();
}

Tensor MultinomialLikelihood::mean(const Tensor& output) const {
  return at::softmax(output.flatten(1), 1).view_as(output);
}

Tensor MultinomialLikelihood::draw(const Tensor& output, const Step& step) const {
  constexpr double kLeast = 1e-8;  // of a uniform number, whose logarithm is taken
  const auto logits = output.flatten(1);
  const auto uniform = step.noise().uniform_like("likelihood", logits).clamp_min(kLeast);
  const auto drawn = (logits - (-uniform.log()).log()).argmax(1, /*keepdim=*/true);
  return at::zeros_like(logits).scatter_(1, drawn, 1).view_as(output);
}

}  // namespace aelab
