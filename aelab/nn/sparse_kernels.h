#pragma once

#include <cstdint>

// The loops of sparse codes (nn/sparse_codes.h, nn/largest.h). No LibTorch here: sparse_kernels.inc, which
// holds them, is compiled once for each instruction set, without contraction of products and sums and with
// vectors of sixteen numbers everywhere, so that all give the same bits.

namespace aelab::sparse {

/// The vectors of dictionaries, and rows that are like them, are rows of a matrix of `width` numbers each.
struct Functions {
  /// to = from + sum over i < count of values[i] matrix[rows[i]], added in this order; `from` may be null: 0.
  void (*combine)(float* to, const float* from, const float* values, const float* matrix,
                  const std::int64_t* rows, std::int64_t count, std::int64_t width);
  /// to[i] = row . matrix[rows[i]], i < count
  void (*dots)(float* to, const float* row, const float* matrix, const std::int64_t* rows, std::int64_t count,
               std::int64_t width);
  /// The squared norm of a row.
  float (*squared_norm)(const float* row, std::int64_t width);
  /// to[16 b + l] = the largest key of x[16 (b height + h) + l], h < height, for blocks b < blocks: see
  /// key().
  void (*largest_keys)(std::int32_t* to, const float* x, std::int64_t blocks, std::int64_t height,
                       bool absolute);
};

/// Numbers, or their absolute values, as integers of the same order, in which NaN is beyond
/// infinity and -0 before 0.
inline std::int32_t key(float x, bool absolute) {
  const auto bits = __builtin_bit_cast(std::int32_t, x);
  return absolute ? bits & 0x7fffffff : bits ^ ((bits >> 31) & 0x7fffffff);
}

/// avx2 and avx512 exist where their files were compiled for x86-64; to be called on processors that have
/// these instructions.
extern const Functions plain, avx2, avx512;
/// The fastest for this processor (and for LibTorch's ATEN_CPU_CAPABILITY).
const Functions& chosen();

}  // namespace aelab::sparse
