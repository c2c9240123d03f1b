#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "aelab/core/signals.h"
#include "aelab/data/feature_model.h"

namespace aelab {
namespace {

/// Adam on the rows of a dictionary. Each product has one shape whatever the number of threads, and is
/// computed by one of them.
class Orthogonalization {
 public:
  explicit Orthogonalization(const at::Tensor& rows)
      : rows_(rows.clone()),
        mean_(at::zeros_like(rows)),
        square_(at::zeros_like(rows)),
        gram_(at::empty({rows.size(1), rows.size(1)})) {}

  const at::Tensor& rows() const { return rows_; }

  void step(double rate) {
    ++steps_;
    find_gram();
    const auto count = rows_.size(0);
    at::parallel_for(0, (count + kRows - 1) / kRows, 1, [&](std::int64_t begin, std::int64_t end) {
      const at::NoGradGuard no_grad;
      for (auto i = begin; i < end; ++i) step_rows(i * kRows, std::min((i + 1) * kRows, count), rate);
    });
  }

 private:
  static constexpr std::int64_t kRows = 128, kColumns = 192;
  at::Tensor rows_, mean_, square_;
  at::Tensor gram_;  // the sum over rows of d d^T
  std::int64_t steps_ = 0;

  /// By blocks on and above its diagonal.
  void find_gram() {
    const auto width = rows_.size(1), across = (width + kColumns - 1) / kColumns;
    const auto columns = [&](const at::Tensor& of, std::int64_t dimension, std::int64_t block) {
      return of.slice(dimension, block * kColumns, std::min((block + 1) * kColumns, width));
    };
    at::parallel_for(0, across * across, 1, [&](std::int64_t begin, std::int64_t end) {
      const at::NoGradGuard no_grad;
      for (auto place = begin; place < end; ++place) {
        const auto i = place / across, j = place % across;
        if (i > j) continue;
        const auto block = at::mm(columns(rows_, 1, i).t(), columns(rows_, 1, j));
        columns(columns(gram_, 0, i), 1, j).copy_(block);
        if (i != j) columns(columns(gram_, 0, j), 1, i).copy_(block.t());
      }
    });
  }

  /// The gradient is 4 (sum over j of (d_i d_j) d_j - |d_i|^2 d_i + n (|d_i|^2 - 1) d_i).
  void step_rows(std::int64_t begin, std::int64_t end, double rate) {
    constexpr double kFirst = 0.9, kSecond = 0.999, kEpsilon = 1e-8;
    auto rows = rows_.slice(0, begin, end), mean = mean_.slice(0, begin, end),
         square = square_.slice(0, begin, end);
    const auto count = static_cast<double>(rows_.size(0));
    const auto norms = rows.square().sum(1, /*keepdim=*/true);
    const auto gradient = (at::mm(rows, gram_).add_(rows * ((count - 1) * norms - count))).mul_(4);
    mean.mul_(kFirst).add_(gradient, 1 - kFirst);
    square.mul_(kSecond).addcmul_(gradient, gradient, 1 - kSecond);
    const auto done = static_cast<double>(steps_);
    const double first = 1 - std::pow(kFirst, done), second = 1 - std::pow(kSecond, done);
    rows.addcdiv_(mean, square.sqrt().div_(std::sqrt(second)).add_(kEpsilon), -rate / first);
  }
};

}  // namespace

at::Tensor nearly_orthogonal(const at::Tensor& rows, std::int64_t steps, double rate) {
  const at::NoGradGuard no_grad;
  const auto of_norm_one = [](const at::Tensor& x) { return x / x.norm(2, 1, /*keepdim=*/true); };
  Orthogonalization orthogonalization(of_norm_one(rows));
  for (std::int64_t i = 0; i < steps; ++i) {
    StopSignals::check();
    orthogonalization.step(rate);
  }
  return of_norm_one(orthogonalization.rows());
}

}  // namespace aelab
