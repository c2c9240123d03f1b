#include "aelab/core/random.h"

#include <ATen/CPUGeneratorImpl.h>

namespace aelab {
namespace {

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// FNV-1a, 64 bits
std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return h;
}

}  // namespace

std::uint64_t random_key(std::int64_t seed, std::string_view stream) {
  return mix(mix(static_cast<std::uint64_t>(seed)) ^ mix(hash(stream)));
}

std::uint64_t random_seed(std::int64_t seed, std::string_view stream, Position at) {
  std::uint64_t key = mix(static_cast<std::uint64_t>(seed));
  for (const auto part :
       {hash(stream), static_cast<std::uint64_t>(at.epoch), static_cast<std::uint64_t>(at.batch)})
    key = mix(key ^ mix(part));
  return (key ^ (key >> 32)) & 0xffffffff;
}

at::Generator random_generator(std::int64_t seed, std::string_view stream, Position at) {
  return at::make_generator<at::CPUGeneratorImpl>(random_seed(seed, stream, at));
}

}  // namespace aelab
