#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace aelab {

/// Random numbers of a batch's rows. Each is a function of the seed, the stream, the pass over the data, the
/// row in the stored set, and its place among the row's numbers, and of nothing else: a row has the same
/// noise in whatever batch, in whichever thread or process, on whichever device. From Philox4x32-10, a
/// counter-based generator (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3");
/// the same bits on every instruction set. On the CPU by kernels of our own; on other devices by LibTorch's
/// operators, whose integers and IEEE sums, products and roots give the same bits (noise_operators.h):
/// nothing is made on the CPU and copied.
class Noise {
 public:
  /// Of rows 0, 1, 2, ... in pass 0 under seed 0.
  Noise() = default;
  /// `rows` [batch] int64: places in the stored set; undefined: 0, 1, 2, ... `scope` begins the streams'
  /// names, so that nested models draw different numbers.
  Noise(std::int64_t seed, std::int64_t pass, at::Tensor rows = {}, std::string scope = {})
      : seed_(seed), pass_(pass), rows_(std::move(rows)), scope_(std::move(scope)) {}

  /// Uniform in [0, 1), multiples of 2^-24, of x's shape, type and device. x is [batch x samples, ...], a
  /// row's samples side by side; `samples` counts where the rows are not given. Throws std::logic_error if
  /// the batch is not that of the rows.
  at::Tensor uniform_like(std::string_view stream, const at::Tensor& x, std::int64_t samples = 1) const;
  /// Standard normal, by Box and Muller's transform (1958) of pairs of uniform numbers: at most 6.6 in
  /// absolute value.
  at::Tensor normal_like(std::string_view stream, const at::Tensor& x, std::int64_t samples = 1) const;
  /// x * (uniform_like(stream, x) >= probability), to the same bits: each number of x becomes zero with this
  /// probability. Differentiable.
  at::Tensor masked(std::string_view stream, const at::Tensor& x, double probability) const;

 private:
  std::int64_t seed_ = 0, pass_ = 0;
  at::Tensor rows_;
  std::string scope_;

  /// The number of rows of the batch that x is for.
  std::int64_t rows_of(const at::Tensor& x, std::int64_t samples) const;
  /// Calls `fill(begin, count, key, pass, row)` for each row of x, whose numbers are those from `begin` on.
  template <class Fill>
  void for_each_row(std::string_view stream, const at::Tensor& x, std::int64_t samples, Fill fill) const;
  template <class Fill, class Operators>
  at::Tensor filled_like(std::string_view stream, const at::Tensor& x, std::int64_t samples, Fill fill,
                         Operators by_operators) const;
};

/// Every row `samples` times side by side: [batch, ...] -> [batch x samples, ...], and a row's `i`-th sample:
/// [batch x samples, ...] -> [batch, ...].
at::Tensor repeated(const at::Tensor& rows, std::int64_t samples);
at::Tensor sample(const at::Tensor& repeated, std::int64_t i, std::int64_t samples);

}  // namespace aelab
