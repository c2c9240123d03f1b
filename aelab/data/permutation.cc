#include "aelab/data/permutation.h"

#include <algorithm>
#include <bit>

namespace aelab {
namespace {

/// A bijection of 64 bits in which each depends on all: the finalizer of SplitMix64 (Steele, Lea & Flood
/// 2014, "Fast splittable pseudorandom number generators").
std::uint64_t scrambled(std::uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

constexpr int kLeastBits = 8;  // a network over fewer bits would reach too few permutations

}  // namespace

Permutation::Permutation(std::int64_t size, std::uint64_t key) : size_(static_cast<std::uint64_t>(size)) {
  const int bits = std::max(kLeastBits, static_cast<int>(std::bit_width(size_ - (size_ > 0))));
  low_bits_ = bits / 2;
  low_mask_ = (std::uint64_t{1} << low_bits_) - 1;
  high_mask_ = (std::uint64_t{1} << (bits - low_bits_)) - 1;
  constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;  // SplitMix64's increment
  for (auto& round_key : keys_) round_key = scrambled(key += kGoldenRatio);
}

std::uint64_t Permutation::once(std::uint64_t x) const {
  auto low = x & low_mask_, high = x >> low_bits_;
  for (std::size_t round = 0; round < kRounds; round += 2) {
    high ^= scrambled(low ^ keys_[round]) & high_mask_;
    low ^= scrambled(high ^ keys_[round + 1]) & low_mask_;
  }
  return high << low_bits_ | low;
}

std::int64_t Permutation::operator()(std::int64_t i) const {
  auto x = static_cast<std::uint64_t>(i);
  do x = once(x);
  while (x >= size_);
  return static_cast<std::int64_t>(x);
}

}  // namespace aelab
