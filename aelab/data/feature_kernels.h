#pragma once

#include <cstdint>

// The loops of FeatureRows. No LibTorch here: feature_kernels.inc, which holds them, is compiled once for
// each instruction set. `products` and `add` give the same bits on all of them; `possible` need not.

namespace aelab::feature_kernels {

/// The features of a block of `possible`, and the multiple of floats that a row of `products` takes.
inline constexpr std::int64_t kBlock = 32, kStride = 8;

struct Functions {
  /// to[i] = the scalar product of x and row which[i] of the table, both of `width` numbers, a multiple of
  /// kStride.
  void (*products)(float* to, const float* x, const float* table, const std::int32_t* which,
                   std::int64_t count, std::int64_t width);
  /// For each of `rows` rows x of `width` numbers and each block of features, bit i of masks[row blocks +
  /// block] says whether the scalar product of x and feature i of the block is at least 0, up to rounding.
  /// `panels` is [blocks, terms, kBlock]; the first `terms` numbers of x count.
  void (*possible)(std::uint32_t* masks, const float* panels, std::int64_t blocks, std::int64_t terms,
                   const float* x, std::int64_t rows, std::int64_t width);
  /// to = start + the sum of sizes[i] times row which[i] of the table, in this order, of `width` numbers.
  void (*add)(float* to, const float* start, const float* table, const std::int32_t* which,
              const float* sizes, std::int64_t count, std::int64_t width);
};

/// avx2 and avx512 exist where their files were compiled for x86-64; to be called on processors that have
/// these instructions.
extern const Functions plain, avx2, avx512;
/// The fastest for this processor (and for LibTorch's ATEN_CPU_CAPABILITY).
const Functions& chosen();

}  // namespace aelab::feature_kernels
