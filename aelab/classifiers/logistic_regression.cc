#include "aelab/classifiers/logistic_regression.h"

#include <ATen/ATen.h>

#include <cmath>
#include <deque>
#include <limits>

#include "aelab/core/signals.h"

namespace aelab {
namespace {

double dot_product(const at::Tensor& a, const at::Tensor& b) { return (a * b).sum().item<double>(); }

struct SoftmaxPoint {
  at::Tensor w, gradient;  // [classes, features + 1]
  double value = 0;
};

/// The mean over rows of -log softmax(z w^T)[label], plus |w without its last column|^2 / (2 C rows).
class SoftmaxLoss {
 public:
  SoftmaxLoss(const at::Tensor& z, const at::Tensor& labels, std::int64_t classes, double C)
      : z_(z), labels_(labels.unsqueeze(1)), targets_(at::one_hot(labels, classes).to(at::kDouble)) {
    decay_ = at::full({z.size(1)}, 1 / (C * static_cast<double>(z.size(0))), at::kDouble);
    decay_[-1] = 0;
  }

  SoftmaxPoint at(const at::Tensor& w) const {
    const auto logarithms = z_.matmul(w.t()).log_softmax(1);
    const auto decayed = w * decay_;
    return {w, (logarithms.exp() - targets_).t().matmul(z_) / z_.size(0) + decayed,
            -logarithms.gather(1, labels_).mean().item<double>() + dot_product(decayed, w) / 2};
  }

 private:
  at::Tensor z_, labels_, targets_, decay_;
};

/// The changes of the latest iterations.
class CurvatureHistory {
 public:
  void add(const SoftmaxPoint& before, const SoftmaxPoint& after) {
    if (pairs_.size() == kPairs) pairs_.pop_front();
    const auto step = after.w - before.w, change = after.gradient - before.gradient;
    pairs_.push_back({step, change, dot_product(step, change)});
  }

  /// Nocedal & Wright 2006, algorithm 7.4.
  at::Tensor direction(const at::Tensor& gradient) const {
    auto direction = -gradient;
    std::vector<double> shares;
    for (auto pair = pairs_.rbegin(); pair != pairs_.rend(); ++pair) {
      shares.push_back(dot_product(pair->step, direction) / pair->curvature);
      direction.sub_(pair->change, shares.back());
    }
    if (!pairs_.empty())
      direction.mul_(pairs_.back().curvature / dot_product(pairs_.back().change, pairs_.back().change));
    for (const auto& pair : pairs_) {
      direction.add_(pair.step, shares.back() - dot_product(pair.change, direction) / pair.curvature);
      shares.pop_back();
    }
    return direction;
  }

 private:
  static constexpr std::size_t kPairs = 20;
  struct Pair {
    at::Tensor step, change;
    double curvature;  // positive, by the Wolfe conditions
  };
  std::deque<Pair> pairs_;
};

/// A point along the direction that keeps the weak Wolfe conditions, by bisection (Lewis & Overton 2013,
/// algorithm 2.6), from a first step on; nothing where rounding leaves none.
std::optional<SoftmaxPoint> search_line(const SoftmaxLoss& loss, const SoftmaxPoint& from,
                                        const at::Tensor& direction, double step) {
  constexpr int kEvaluations = 50;
  const double slope = dot_product(from.gradient, direction);
  double low = 0, high = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kEvaluations; ++i) {
    StopSignals::check();
    auto there = loss.at(from.w + direction * step);
    if (there.value > from.value + 1e-4 * step * slope)
      high = step;
    else if (dot_product(there.gradient, direction) < 0.9 * slope)
      low = step;
    else
      return there;
    step = std::isinf(high) ? 2 * step : (low + high) / 2;
  }
  return std::nullopt;
}

}  // namespace

void LogisticRegression::Config::fields(Fields& f) {
  f("C", C, "weight of the errors against the regularisation |W|^2 / 2", above(0));
  f("standardize", standardize, "scale features to mean 0 and standard deviation 1 over the training rows");
}

at::Tensor LogisticRegression::solve(const at::Tensor& z, const at::Tensor& labels, std::int64_t classes,
                                     double C) const {
  constexpr double kTolerance = 3e-6;
  constexpr int kIterations = 10'000;
  const SoftmaxLoss loss(z, labels, classes, C);
  auto here = loss.at(at::zeros({classes, z.size(1)}, at::kDouble));
  CurvatureHistory history;
  for (int i = 0; i < kIterations && here.gradient.abs().max().item<double>() > kTolerance; ++i) {
    const double first = 1 / here.gradient.norm().item<double>();
    const auto next = search_line(loss, here, history.direction(here.gradient), i == 0 ? first : 1);
    if (!next) break;  // nothing is left to gain in float64
    history.add(here, *next);
    here = *next;
  }
  return here.w;
}

}  // namespace aelab
