#include "aelab/nn/product.h"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/custom_function.h>

#include "aelab/nn/transposed.h"

namespace aelab {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// oneDNN's product as torch.compile calls it: (X, W, B, attr, scalars, algorithm) -> X W^T + B, then attr.
using Pointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                             std::string_view, c10::List<std::optional<at::Scalar>>,
                             std::optional<std::string_view>);
constexpr const char* kArguments =
    "mkldnn::_linear_pointwise(Tensor X, Tensor W, Tensor? B, str attr, Scalar?[] scalars, str? algorithm)";

using Operator = c10::TypedOperatorHandle<Pointwise>;

/// None where LibTorch was built without it, or another version calls it otherwise.
const std::optional<Operator>& pointwise_operator() {
  static const auto found = []() -> std::optional<Operator> {
    const auto handle = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
    if (!handle || !at::hasMKLDNN() || !c10::toString(handle->schema()).starts_with(kArguments)) return {};
    return handle->typed<Pointwise>();
  }();
  return found;
}

/// oneDNN's operator wants the left matrix row by row: what it copies itself, it copies by one thread.
at::Tensor left(const at::Tensor& x) {
  return !x.is_contiguous() && x.t().is_contiguous() ? transposed(x.t()) : x.contiguous();
}

/// It takes the right one or its transpose as it lies. With rows further apart than they are long it falls to
/// a path 500 times slower.
at::Tensor right(const at::Tensor& w) { return w.t().is_contiguous() ? w : w.contiguous(); }

at::Tensor call(const at::Tensor& x, const at::Tensor& w, const std::optional<at::Tensor>& bias, bool relu) {
  static const c10::List<std::optional<at::Scalar>> kNoScalars;
  const at::AutoDispatchBelowADInplaceOrView below_autograd;  // of which the operator knows nothing
  return pointwise_operator()->call(left(x), right(w), bias, relu ? "relu" : "none", kNoScalars, "");
}

/// Its gradients are products again, which autograd can differentiate further.
class Product : public torch::autograd::Function<Product> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w,
                            const std::optional<at::Tensor>& bias, bool relu) {
    auto y = call(x, w, bias, relu);
    context->save_for_backward({x, w, bias.value_or(at::Tensor()), relu ? y : at::Tensor()});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &w = saved[1], &bias = saved[2], &y = saved[3];
    const auto g = y.defined() ? at::threshold_backward(gradients[0], y, 0) : gradients[0];
    variable_list results(4);
    if (context->needs_input_grad(0)) results[0] = onednn_product(g, w.t(), {}, false);
    if (context->needs_input_grad(1)) results[1] = onednn_product(g.t(), x.t(), {}, false);
    if (bias.defined() && context->needs_input_grad(2)) results[2] = g.sum(0);
    return results;
  }
};

}  // namespace

bool has_onednn_product() { return pointwise_operator().has_value(); }

bool suits_onednn(const at::Tensor& x, const at::Tensor& w) {
  constexpr std::int64_t kLeast = 4'000'000;  // multiply-adds; below, MKL is faster (1e6) or as fast (8e6)
  return x.dim() == 2 && x.scalar_type() == at::kFloat && w.scalar_type() == at::kFloat && x.is_cpu() &&
         w.is_cpu() && x.numel() * w.size(0) >= kLeast;
}

at::Tensor onednn_product(const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias, bool relu) {
  return Product::apply(x, w, bias.defined() ? std::optional(bias) : std::nullopt, relu);
}

}  // namespace aelab
