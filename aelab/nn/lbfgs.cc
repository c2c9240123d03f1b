#include "aelab/nn/lbfgs.h"

#include <ATen/ATen.h>

#include <cmath>

namespace aelab {
namespace {

enum Number { kIterations, kPairs, kStepSize, kNumbers };

Tensor flat(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> rows;
  for (const auto& tensor : tensors) rows.push_back(tensor.detach().reshape({-1}));
  return at::cat(rows);
}

void assign(const std::vector<Tensor>& parameters, const Tensor& values) {
  const at::NoGradGuard no_grad;
  std::int64_t begin = 0;
  for (const auto& parameter : parameters) {
    parameter.copy_(values.slice(0, begin, begin + parameter.numel()).view_as(parameter));
    begin += parameter.numel();
  }
}

double scalar_product(const Tensor& a, const Tensor& b) { return a.dot(b).item<double>(); }

/// The objective along a line: its value and slope at step size t.
struct Point {
  double t, value, slope;
};
using Line = std::function<Point(double t)>;

/// The minimum between two points of the cubic through their values and slopes (Nocedal & Wright, eq. 3.59),
/// kept within [least, most]; their middle where the cubic has none.
double cubic_minimum(Point a, Point b, double least, double most) {
  if (a.t > b.t) std::swap(a, b);
  const double d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.t - b.t);
  const double square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (least + most) / 2;
  const double d2 = std::sqrt(square);
  const double t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2));
  return std::clamp(t, least, most);
}

class WolfeSearch {
 public:
  WolfeSearch(const Line& line, Point start, double largest_change, std::int64_t evaluations)
      : line_(line), start_(start), largest_change_(largest_change), left_(evaluations) {}

  /// A step size that satisfies the strong Wolfe conditions, or the best found within the evaluations.
  double from(double t) {
    auto before = start_, now = evaluate(t);
    for (int i = 0; left_ > 0; ++i) {
      if (too_high(now) || (i > 1 && now.value >= before.value)) return zoom(before, now);
      if (flat_enough(now)) return now.t;
      if (now.slope >= 0) return zoom(before, now);
      const double next = cubic_minimum(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10);
      before = now;
      now = evaluate(next);
    }
    return start_.value <= now.value ? start_.t : now.t;
  }

 private:
  static constexpr double kDecrease = 1e-4, kCurvature = 0.9;  // Nocedal & Wright, section 3.1
  static constexpr double kLeastChange = 1e-9;                 // of any parameter

  const Line& line_;
  Point start_;
  double largest_change_;  // of a parameter, at step size 1
  std::int64_t left_;

  Point evaluate(double t) {
    --left_;
    return line_(t);
  }
  bool too_high(const Point& p) const { return p.value > start_.value + kDecrease * p.t * start_.slope; }
  bool flat_enough(const Point& p) const { return std::abs(p.slope) <= -kCurvature * start_.slope; }

  double zoom(Point a, Point b) {
    auto low = a.value <= b.value ? a : b, high = a.value <= b.value ? b : a;
    bool stuck = false;
    while (left_ > 0 && std::abs(high.t - low.t) * largest_change_ >= kLeastChange) {
      const auto now = evaluate(inner_step(low, high, stuck));
      if (too_high(now) || now.value >= low.value) {
        high = now;
        if (high.value < low.value) std::swap(low, high);
        continue;
      }
      if (flat_enough(now)) return now.t;
      if (now.slope * (high.t - low.t) >= 0) high = low;
      low = now;
    }
    return low.t;
  }

  /// The cubic's minimum, moved a tenth inwards when it came too near an end twice.
  static double inner_step(const Point& low, const Point& high, bool& stuck) {
    const double least = std::min(low.t, high.t), most = std::max(low.t, high.t),
                 tenth = 0.1 * (most - least);
    const double t = cubic_minimum(low, high, least, most);
    if (std::min(most - t, t - least) >= tenth) {
      stuck = false;
      return t;
    }
    if (!stuck && t < most && t > least) {
      stuck = true;
      return t;
    }
    stuck = false;
    return most - t < t - least ? most - tenth : least + tenth;
  }
};

}  // namespace

void Lbfgs::Config::fields(Fields& f) {
  rate_field(f, learning_rate, "the step size that the line search tries first");
  f("history", history, "iterations remembered", at_least(1));
  f("line_search", line_search, "evaluations of the objective in a line search, at most", at_least(1));
}

Lbfgs::Lbfgs(const Config& config, const NamedTensors& parameters) : config_(config) {
  for (const auto& item : parameters) parameters_.push_back(item.second);
  gradient_ = at::zeros_like(flat(parameters_));
  direction_ = at::zeros_like(gradient_);
  changes_ = at::zeros({config.history, gradient_.numel()}, gradient_.options());
  gradient_changes_ = at::zeros_like(changes_);
  numbers_ = at::zeros({kNumbers}, at::kDouble);
}

NamedTensors Lbfgs::state() const {
  return {{"changes", changes_},
          {"gradient_changes", gradient_changes_},
          {"direction", direction_},
          {"gradient", gradient_},
          {"numbers", numbers_}};
}

void Lbfgs::forget(const Tensor& parameter, const Tensor&) {
  for (const auto& own : parameters_)
    if (own.is_same(parameter)) numbers_.zero_();
}

void Lbfgs::remember(const Tensor& gradient) {
  const auto change = direction_ * numbers_[kStepSize].item<double>(), gradient_change = gradient - gradient_;
  if (scalar_product(change, gradient_change) <= 1e-10) return;  // would not keep the curvature positive
  auto pairs = numbers_[kPairs].item<std::int64_t>();
  if (pairs == config_.history) {
    changes_.copy_(changes_.roll(-1, 0));
    gradient_changes_.copy_(gradient_changes_.roll(-1, 0));
    --pairs;
  }
  changes_[pairs].copy_(change);
  gradient_changes_[pairs].copy_(gradient_change);
  numbers_[kPairs] = pairs + 1;
}

Tensor Lbfgs::next_direction(const Tensor& gradient) {
  auto direction = -gradient;
  if (numbers_[kIterations].item<double>() == 0) return direction;
  remember(gradient);
  const auto pairs = numbers_[kPairs].item<std::int64_t>();
  if (pairs == 0) return direction;
  std::vector<double> curvature(static_cast<std::size_t>(pairs)), alpha(curvature.size());
  for (std::int64_t i = pairs - 1; i >= 0; --i) {
    const auto k = static_cast<std::size_t>(i);
    curvature[k] = scalar_product(gradient_changes_[i], changes_[i]);
    alpha[k] = scalar_product(changes_[i], direction) / curvature[k];
    direction.sub_(gradient_changes_[i], alpha[k]);
  }
  const auto latest = gradient_changes_[pairs - 1];
  direction.mul_(curvature.back() / scalar_product(latest, latest));
  for (std::int64_t i = 0; i < pairs; ++i) {
    const auto k = static_cast<std::size_t>(i);
    direction.add_(changes_[i], alpha[k] - scalar_product(gradient_changes_[i], direction) / curvature[k]);
  }
  return direction;
}

/// An objective that fails in the middle of a line search leaves parameters and memory as they were.
void Lbfgs::step(const Objective& objective, const Step& at) {
  const auto start = flat(parameters_);
  std::vector<Tensor> memory;
  for (const auto& item : state()) memory.push_back(item.second.clone());
  try {
    descend(objective, at);
  } catch (...) {
    assign(parameters_, start);
    const auto all = state();
    for (std::size_t i = 0; i < all.size(); ++i) all[i].second.copy_(memory[i]);
    throw;
  }
}

void Lbfgs::descend(const Objective& objective, const Step& at) {
  constexpr double kFlat = 1e-7, kDescent = 1e-9;  // below these nothing is left to gain
  const auto here = objective();
  const at::NoGradGuard no_grad;
  const auto gradient = flat(here.gradients);
  if (gradient.abs().max().item<double>() <= kFlat) return;
  const auto direction = next_direction(gradient);
  const double slope = scalar_product(gradient, direction);
  const bool first = numbers_[kIterations].item<double>() == 0;
  const double rate = at.rate(config_.learning_rate);
  gradient_.copy_(gradient);
  direction_.copy_(direction);
  numbers_[kIterations] += 1;
  numbers_[kStepSize] = 0;
  if (slope > -kDescent) return;
  const auto start = flat(parameters_);
  const Line line = [&](double t) {
    assign(parameters_, start + direction * t);
    const at::AutoGradMode grad(true);
    const auto there = objective();
    return Point{t, there.loss.item<double>(), scalar_product(flat(there.gradients), direction)};
  };
  WolfeSearch search(line, {0, here.loss.item<double>(), slope}, direction.abs().max().item<double>(),
                     config_.line_search);
  const double t = search.from(first ? std::min(1.0, 1 / gradient.abs().sum().item<double>()) * rate : rate);
  numbers_[kStepSize] = t;
  assign(parameters_, start + direction * t);
}

std::string Lbfgs::caution() const {
  return "caution: lbfgs takes every batch for the whole objective, and here a step sees some of the rows: "
         "its line search and its curvature follow the batches' noise; raise \"batch_size\" to all rows, or "
         "take another optimizer";
}

}  // namespace aelab
