#include "aelab/classifiers/logistic_regression.h"

#include <ATen/ATen.h>

#include <cmath>

namespace aelab {
namespace {

double dot_product(const at::Tensor& a, const at::Tensor& b) { return (a * b).sum().item<double>(); }

/// The mean over rows of -log softmax(z w^T)[label], plus |w without its last column|^2 / (2 C rows).
class SoftmaxLoss {
 public:
  SoftmaxLoss(const at::Tensor& z, const at::Tensor& labels, std::int64_t classes, double C)
      : z_(z), labels_(labels.unsqueeze(1)), targets_(at::one_hot(labels, classes).to(at::kDouble)) {
    decay_ = at::full({z.size(1)}, 1 / (C * rows()), at::kDouble);
    decay_[-1] = 0;
  }

  /// The loss at w, where gradient and curvature are then taken.
  double move_to(const at::Tensor& w) {
    w_ = w;
    const auto logarithms = z_.matmul(w.t()).log_softmax(1);
    probabilities_ = logarithms.exp();
    return -logarithms.gather(1, labels_).mean().item<double>() + dot_product(w * decay_, w) / 2;
  }
  at::Tensor gradient() const { return (probabilities_ - targets_).t().matmul(z_) / rows() + w_ * decay_; }
  /// The Hessian times a direction.
  at::Tensor curvature(const at::Tensor& direction) const {
    const auto weighted = probabilities_ * z_.matmul(direction.t());
    const auto change = weighted - probabilities_ * weighted.sum(1, /*keepdim=*/true);
    return change.t().matmul(z_) / rows() + direction * decay_;
  }

 private:
  at::Tensor z_, labels_, targets_, decay_;
  at::Tensor w_, probabilities_;

  double rows() const { return static_cast<double>(z_.size(0)); }
};

/// Solves curvature * direction = -gradient as exactly as the gradient is small.
at::Tensor newton_direction(const SoftmaxLoss& loss, const at::Tensor& gradient) {
  constexpr int kIterations = 1000;
  auto direction = at::zeros_like(gradient), residual = gradient.clone(), search = -gradient;
  double square = dot_product(residual, residual);
  const double size = std::sqrt(square), tolerance = std::min(0.5, std::sqrt(size)) * size;
  for (int i = 0; i < kIterations && std::sqrt(square) > tolerance; ++i) {
    const auto curved = loss.curvature(search);
    const double along = dot_product(search, curved);
    if (along <= 0) break;  // flat, as far as float64 can tell
    const double step = square / along;
    direction.add_(search, step);
    residual.add_(curved, step);
    const double before = std::exchange(square, dot_product(residual, residual));
    search = search * (square / before) - residual;
  }
  return direction;
}

/// Halves the step along a direction until the loss falls as Armijo asks; nothing when it does not.
std::optional<std::pair<at::Tensor, double>> descend(SoftmaxLoss& loss, const at::Tensor& from, double value,
                                                     const at::Tensor& direction, double slope) {
  for (double step = 1; step > 1e-10; step /= 2) {
    const auto there = from + direction * step;
    const double next = loss.move_to(there);
    if (next <= value + 1e-4 * step * slope) return std::pair(there, next);
  }
  return std::nullopt;
}

}  // namespace

void LogisticRegression::Config::fields(Fields& f) {
  f("C", C, "weight of the errors against the regularisation |W|^2 / 2", above(0));
  f("standardize", standardize, "bring features to mean 0 and deviation 1 by the training rows");
}

at::Tensor LogisticRegression::solve(const at::Tensor& z, const at::Tensor& labels, std::int64_t classes,
                                     double C) const {
  constexpr double kTolerance = 1e-6;
  constexpr int kIterations = 200;
  SoftmaxLoss loss(z, labels, classes, C);
  auto w = at::zeros({classes, z.size(1)}, at::kDouble);
  double value = loss.move_to(w);
  for (int i = 0; i < kIterations; ++i) {
    const auto gradient = loss.gradient();
    if (gradient.abs().max().item<double>() <= kTolerance) break;
    const auto direction = newton_direction(loss, gradient);
    const auto next = descend(loss, w, value, direction, dot_product(gradient, direction));
    if (!next) break;  // nothing is left to gain in float64
    std::tie(w, value) = *next;
  }
  return w;
}

}  // namespace aelab
