#pragma once

#include <array>
#include <cstdint>

namespace aelab {

/// A pseudo-random permutation of 0, ..., size - 1: a function of the key, which needs neither time nor
/// memory for the other numbers. A Feistel network of keyed functions (Luby & Rackoff 1988, "How to construct
/// pseudorandom permutations from pseudorandom functions") over the next power of two, applied until the
/// result is below `size` (Black & Rogaway 2002, "Ciphers with arbitrary finite domains").
class Permutation {
 public:
  Permutation(std::int64_t size, std::uint64_t key);
  /// The number at place `i`, 0 <= i < size.
  std::int64_t operator()(std::int64_t i) const;

 private:
  static constexpr std::size_t kRounds = 8;

  std::uint64_t size_;
  std::uint64_t low_mask_, high_mask_;
  int low_bits_;
  std::array<std::uint64_t, kRounds> keys_;

  std::uint64_t once(std::uint64_t x) const;
};

}  // namespace aelab
