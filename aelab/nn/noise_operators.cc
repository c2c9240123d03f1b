#include "aelab/nn/noise_operators.h"

#include <ATen/ATen.h>

#include <array>

namespace aelab::noise {
namespace {

using at::Tensor;

constexpr std::int64_t kLow = 0xffffffff;  // 32 bits, which a word has in an int64

/// [2, 1, 1] int64, one number for each half of the words.
Tensor two(std::int64_t first, std::int64_t second, const Tensor& like) {
  auto both = at::full({2, 1, 1}, first, like.options());
  both[1].fill_(second);
  return both;
}

/// Words 0 and 2, and words 1 and 3 of every block: [2, rows, blocks] int64 each.
using Words = std::array<Tensor, 2>;

/// Philox4x32-10 on the counters (block, pass, row). Products of 32-bit words wrap around in 64 bits, whose
/// halves are right whatever the sign.
Words philox(const Tensor& rows, std::int64_t blocks, std::uint64_t key, std::uint32_t pass) {
  const auto factor = two(0xD2511F53, 0xCD9E8D57, rows), step = two(0x9E3779B9, 0xBB67AE85, rows);
  auto keys = two(static_cast<std::int64_t>(key & kLow), static_cast<std::int64_t>(key >> 32), rows);
  const auto shape = std::array{rows.size(0), blocks};
  const auto place = rows.unsqueeze(1).expand(shape);
  auto even = at::stack({at::arange(blocks, rows.options()).expand(shape), place.bitwise_and(kLow)});
  auto odd = at::stack(
      {at::full(shape, static_cast<std::int64_t>(pass), rows.options()), place.bitwise_right_shift(32)});
  for (int round = 0; round < 10; ++round) {
    const auto own = even * factor, product = at::stack({own[1], own[0]});
    even = product.bitwise_right_shift(32).bitwise_xor_(odd).bitwise_xor_(keys).bitwise_and_(kLow);
    odd = product;
    keys = keys + step;
  }
  return {even, odd.bitwise_and(kLow)};
}

/// [2, rows, blocks] numbers of words 0 and 2, and 1 and 3 -> [rows, count]: word by word.
Tensor in_rows(const Tensor& even, const Tensor& odd, std::int64_t count) {
  const auto words = at::stack({even[0], odd[0], even[1], odd[1]}, 1);  // [rows, 4, blocks]
  return words.flatten(1).slice(1, 0, count);
}

/// The bits of float32 numbers, and numbers of bits.
Tensor bits(const Tensor& x) { return x.view(at::kInt); }
Tensor number(const Tensor& x) { return x.view(at::kFloat); }

/// c[0] + z (c[1] + z (...)), rounded after each product and each sum.
template <std::size_t N>
Tensor polynomial(const Tensor& z, const std::array<float, N>& c) {
  auto sum = z * c.back();
  for (auto i = N - 1; i-- > 1;) sum.add_(c[i]).mul_(z);
  return sum.add_(c[0]);
}

/// log u for u in (0, 1].
Tensor logarithm(const Tensor& u) {
  const auto pattern = bits(u);
  const auto exponent = (pattern - 0x3f3504f3).bitwise_right_shift_(23);
  const auto f = number(pattern - exponent.bitwise_left_shift(23)) - 1;
  const auto q = polynomial(f, std::array{-0.499999948f, 0.333336598f, -0.250016096f, 0.199731059f,
                                          -0.165750481f, 0.148064596f, -0.14257795f, 0.0900420213f});
  return exponent.to(at::kFloat) * 0.693147181f + (f + f * f * q);
}

/// The signed 32-bit number that a word stands for.
Tensor as_signed(const Tensor& word) { return word.to(at::kInt); }

/// Two independent normal numbers from two words each.
std::array<Tensor, 2> normal_pair(const Tensor& x, const Tensor& y) {
  const auto u = x.bitwise_right_shift(1).bitwise_or_(1).to(at::kFloat) * 0x1p-31f;
  // Rounded from float64, a root is the nearest in float32; that of MKL in float32 is not always.
  const auto radius = at::sqrt((logarithm(u) * -2.0f).to(at::kDouble)).to(at::kFloat);
  const auto quarter = as_signed((y + 0x20000000).bitwise_and_(kLow)).bitwise_right_shift_(30);
  const auto rest = as_signed((y - quarter.to(at::kLong).bitwise_left_shift_(30)).bitwise_and_(kLow));
  const auto t = rest.to(at::kFloat) * 0x1p-30f, z = t * t;
  const auto s = t * polynomial(z, std::array{1.57079633f, -0.645964096f, 0.0796925827f, -0.00468126637f,
                                              0.000158206527f});
  const auto c = polynomial(z, std::array{1.0f, -1.23370054f, 0.253669204f, -0.0208600704f, 0.000903629886f});
  const auto swapped = quarter.bitwise_and(1).to(at::kBool);
  const auto cosine = bits(at::where(swapped, s, c)), sine = bits(at::where(swapped, c, s));
  const auto sign = [](const Tensor& of) { return of.bitwise_and(2).bitwise_left_shift_(30); };
  return {number(cosine.bitwise_xor(sign(quarter + 1))) * radius,
          number(sine.bitwise_xor(sign(quarter))) * radius};
}

std::int64_t philox_blocks(std::int64_t count) { return (count + 3) / 4; }

}  // namespace

Tensor uniform_by_operators(const Tensor& rows, std::int64_t count, std::uint64_t key, std::uint32_t pass) {
  const auto [even, odd] = philox(rows, philox_blocks(count), key, pass);
  const auto uniform = [](const Tensor& word) {
    return word.bitwise_right_shift(8).to(at::kFloat).mul_(0x1p-24f);
  };
  return in_rows(uniform(even), uniform(odd), count);
}

Tensor normal_by_operators(const Tensor& rows, std::int64_t count, std::uint64_t key, std::uint32_t pass) {
  const auto [even, odd] = philox(rows, philox_blocks(count), key, pass);
  const auto [first, second] = normal_pair(even, odd);
  return in_rows(first, second, count);
}

}  // namespace aelab::noise
