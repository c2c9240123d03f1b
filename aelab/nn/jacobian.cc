#include "aelab/nn/jacobian.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "aelab/nn/layers.h"

namespace aelab {
namespace {

/// x W of each sample, x [batch, rows, in], W [in, out], by the seam for products.
Tensor times(const Tensor& x, const Tensor& w) {
  return aelab::linear(x.flatten(0, 1), w.t(), Tensor()).view({x.size(0), x.size(1), w.size(1)});
}

/// [batch, code]
Tensor code_slope(const Pass& pass, const Parts& parts, const Step& step) {
  return parts.bottleneck.slope(pass.pre_code, reading(pass, parts.bottleneck, step), step).flatten(1);
}

/// The encoder's layers at x; of the last one only the rows that the reading uses.
std::vector<AffineLayer> layers_to_code(const Parts& parts, const Tensor& x, const Step& step) {
  auto layers = parts.backbone.affine_layers(x, step);
  auto& weight = layers.back().weight;
  const auto used = elements(parts.backbone.code_shape());
  if (used < weight.size(0)) weight = weight.narrow(0, 0, used);
  return layers;
}

/// d code / d (output of the first layer before its activation), [batch, code, first]: the product of the
/// layers, from the code's side. For two or more layers.
Tensor code_side(const std::vector<AffineLayer>& layers, const Tensor& slope) {
  auto product = slope.unsqueeze(2) * layers.back().weight;
  for (std::size_t i = layers.size() - 1; i-- > 1;)
    product = times(product * layers[i].slope.unsqueeze(1), layers[i].weight);
  return product * layers.front().slope.unsqueeze(1);
}

/// ||A W||^2 of each sample as tr(A (W W^T) A^T), A [batch, code, first], W [first, input]. Its gradients are
/// 2 A (W W^T) and 2 (A^T A) W, given explicitly because autograd would compute the former again.
class SquaredNorm : public torch::autograd::Function<SquaredNorm> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& a, const Tensor& w) {
    const auto product = times(a, aelab::linear(w, w, Tensor()));
    context->save_for_backward({a, w});
    context->saved_data["product"] = product;
    return (product * a).sum({1, 2});
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &a = saved[0], &w = saved[1];
    const auto product = at::GradMode::is_enabled() ? times(a, aelab::linear(w, w, Tensor()))
                                                    : context->saved_data["product"].toTensor();
    const auto twice = (2 * gradients[0]).view({-1, 1, 1});
    const auto gram = aelab::linear((a * twice).flatten(0, 1).t(), a.flatten(0, 1).t(), Tensor());
    return {product * twice, aelab::linear(gram, w.t(), Tensor())};
  }
};
Tensor squared_norm(const Tensor& a, const Tensor& w) { return SquaredNorm::apply(a, w); }

/// sum_j s_j^2 ||W_j||^2, s [batch, code].
Tensor weighted_rows(const Tensor& s, const Tensor& w) { return at::mv(s.square(), w.square().sum(1)); }

/// J by one backward pass for each code dimension, [batch, code, input].
Tensor rows_by_autograd(const Tensor& code, const Tensor& input, bool differentiable) {
  const auto flat = code.flatten(1);
  std::vector<Tensor> rows;
  for (std::int64_t k = 0; k < flat.size(1); ++k) {
    const auto row =
        torch::autograd::grad({flat.select(1, k).sum()}, {input}, {}, /*retain_graph=*/true, differentiable);
    rows.push_back(row.front().flatten(1));
  }
  return at::stack(rows, 1);
}

}  // namespace

bool has_jacobian(const Parts& parts) { return parts.bottleneck.is_differentiable(); }

void require_jacobian(const Parts& parts, std::string_view user) {
  if (!has_jacobian(parts))
    throw FieldError("../bottleneck", "its codes have no Jacobian, which " + std::string(user) +
                                          " needs: choose another bottleneck, or leave " + std::string(user) +
                                          " out");
  if (parts.backbone.couples_rows())
    throw FieldError("../backbone",
                     "a code depends on the other rows of its batch, so " + std::string(user) +
                         " has no Jacobian of each row alone: choose a backbone whose rows are independent, "
                         "such as one with the normalization \"layer\" or \"none\"");
}

JacobianMethod exact_jacobian_method(const Parts& parts) {
  const auto layers = parts.backbone.dense_depth();
  if (layers == 0 || !parts.bottleneck.has_slope()) return JacobianMethod::autograd;
  return layers == 1 ? JacobianMethod::closed_form : JacobianMethod::propagation;
}

std::string in_words(JacobianMethod method) {
  switch (method) {
    case JacobianMethod::closed_form:
      return "closed form for one dense layer";
    case JacobianMethod::propagation:
      return "exact propagation from the code's side through the dense layers";
    case JacobianMethod::autograd:
      return "exact, by one backward pass for each code dimension";
    case JacobianMethod::hutchinson:
      return "Hutchinson's estimate";
  }
  throw std::logic_error("a Jacobian method without a name");
}

Tensor squared_jacobian_norm(const Pass& pass, const Parts& parts, const Step& step) {
  if (exact_jacobian_method(parts) == JacobianMethod::autograd)
    return rows_by_autograd(reading(pass, parts.bottleneck, step), pass.input, true).square().sum({1, 2});
  const auto layers = layers_to_code(parts, pass.input, step);
  const auto slope = code_slope(pass, parts, step);
  if (layers.size() == 1) return weighted_rows(slope, layers.front().weight);
  return squared_norm(code_side(layers, slope), layers.front().weight);
}

Tensor estimated_jacobian_norm(const Pass& pass, std::int64_t directions, const Parts& parts,
                               const Step& step) {
  const auto code = reading(pass, parts.bottleneck, step);
  const auto coins = step.noise().uniform_like("hutchinson", repeated(code.detach(), directions), directions);
  auto sum = at::zeros({code.size(0)}, code.options());
  for (std::int64_t i = 0; i < directions; ++i) {
    const auto signs = at::where(sample(coins, i, directions) < 0.5, -1.0, 1.0).to(code.scalar_type());
    const auto product = (code * signs).sum();
    sum = sum +
          torch::autograd::grad({product}, {pass.input}, {}, true, true).front().flatten(1).square().sum(1);
  }
  return sum / directions;
}

Tensor squared_jacobian_distance(const Pass& at_x, const Pass& at_y, const Parts& parts, const Step& step) {
  if (exact_jacobian_method(parts) == JacobianMethod::autograd)
    return (rows_by_autograd(reading(at_x, parts.bottleneck, step), at_x.input, true) -
            rows_by_autograd(reading(at_y, parts.bottleneck, step), at_y.input, true))
        .square()
        .sum({1, 2});
  const auto layers = layers_to_code(parts, at_x.input, step),
             others = layers_to_code(parts, at_y.input, step);
  const auto slope = code_slope(at_x, parts, step), other = code_slope(at_y, parts, step);
  const auto& first = layers.front().weight;
  if (layers.size() == 1) return weighted_rows(slope - other, first);
  return squared_norm(code_side(layers, slope) - code_side(others, other), first);
}

Tensor jacobian(const Parts& parts, const Tensor& x, const Step& step) {
  const c10::InferenceMode outside_inference(false);  // and with gradients on
  const auto input = x.detach().clone().requires_grad_();
  const auto pre_code = parts.backbone.encode(input, step);
  const auto code = parts.bottleneck.read(pre_code, step);
  if (exact_jacobian_method(parts) == JacobianMethod::autograd) return rows_by_autograd(code, input, false);
  const at::NoGradGuard no_grad;
  const auto layers = layers_to_code(parts, input, step);
  const auto slope = parts.bottleneck.slope(pre_code, code, step).flatten(1);
  const auto& first = layers.front().weight;
  if (layers.size() == 1) return slope.unsqueeze(2) * first;
  return times(code_side(layers, slope), first);
}

}  // namespace aelab
