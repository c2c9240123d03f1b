#pragma once

#include <cstdint>

// The loops of Noise. No LibTorch here: noise_kernels.inc, which holds them, is compiled once for each
// instruction set, without contraction of products and sums, so that all give the same bits.

namespace aelab::noise {

/// Fills `count` numbers of a row: four words of Philox4x32-10 for every block b < ceil(count / 4), with the
/// counter (b, pass, row) and the key; word w of block b is number w ceil(count / 4) + b.
/// `mask` writes from[i] where the row's uniform number i is at least `least`, and from[i] times 0 elsewhere.
struct Functions {
  void (*uniform)(float* to, std::int64_t count, std::uint64_t key, std::uint32_t pass, std::uint64_t row);
  void (*normal)(float* to, std::int64_t count, std::uint64_t key, std::uint32_t pass, std::uint64_t row);
  void (*mask)(float* to, const float* from, float least, std::int64_t count, std::uint64_t key,
               std::uint32_t pass, std::uint64_t row);
};

/// avx2 and avx512 exist where their files were compiled for x86-64; to be called on processors that have
/// these instructions.
extern const Functions plain, avx2, avx512;
/// The fastest for this processor (and for LibTorch's ATEN_CPU_CAPABILITY).
const Functions& chosen();

}  // namespace aelab::noise
