#include "aelab/nn/noise.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <stdexcept>

#include "aelab/core/random.h"
#include "aelab/nn/instruction_sets.h"
#include "aelab/nn/noise_kernels.h"
#include "aelab/nn/noise_operators.h"

namespace aelab {

const noise::Functions& noise::chosen() { return *fastest<&plain, &avx2, &avx512>(); }

std::int64_t Noise::rows_of(const at::Tensor& x, std::int64_t samples) const {
  const auto rows = rows_.defined() ? rows_.size(0) : x.size(0) / samples;
  if (rows == 0 ? x.size(0) > 0 : x.size(0) % rows != 0)
    throw std::logic_error("noise for another batch than that of the rows");
  return rows;
}

template <class Fill>
void Noise::for_each_row(std::string_view stream, const at::Tensor& x, std::int64_t samples,
                         Fill fill) const {
  constexpr std::int64_t kGrain = 16384;  // numbers that are worth a thread
  const auto rows = rows_of(x, samples);
  if (rows == 0) return;
  const auto count = x.numel() / rows;
  const auto places = rows_.defined() ? rows_.contiguous() : at::Tensor();
  const auto* place = rows_.defined() ? places.const_data_ptr<std::int64_t>() : nullptr;
  const auto key = random_key(seed_, scope_ + std::string(stream));
  at::parallel_for(0, rows, std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, count)),
                   [&](auto begin, auto end) {
                     for (auto r = begin; r < end; ++r)
                       fill(r * count, count, key, static_cast<std::uint32_t>(pass_),
                            static_cast<std::uint64_t>(place ? place[r] : r));
                   });
}

template <class Fill, class Operators>
at::Tensor Noise::filled_like(std::string_view stream, const at::Tensor& x, std::int64_t samples, Fill fill,
                              Operators by_operators) const {
  if (!x.is_cpu()) {
    const auto rows = rows_of(x, samples);
    if (rows == 0) return at::empty_like(x);
    const auto places =
        rows_.defined() ? rows_.to(x.device()) : at::arange(rows, x.options().dtype(at::kLong));
    const auto key = random_key(seed_, scope_ + std::string(stream));
    return by_operators(places, x.numel() / rows, key, static_cast<std::uint32_t>(pass_))
        .reshape(x.sizes())
        .to(x.options());
  }
  const auto numbers = at::empty(x.sizes(), at::kFloat);
  auto* to = numbers.data_ptr<float>();
  for_each_row(stream, x, samples, [&](auto begin, auto count, auto key, auto pass, auto row) {
    fill(to + begin, count, key, pass, row);
  });
  return numbers.to(x.options());
}

at::Tensor repeated(const at::Tensor& rows, std::int64_t samples) {
  return samples == 1 ? rows : rows.repeat_interleave(samples, 0);
}

at::Tensor sample(const at::Tensor& repeated, std::int64_t i, std::int64_t samples) {
  return repeated.slice(0, i, repeated.size(0), samples);
}

at::Tensor Noise::uniform_like(std::string_view stream, const at::Tensor& x, std::int64_t samples) const {
  return filled_like(stream, x, samples, noise::chosen().uniform, noise::uniform_by_operators);
}

at::Tensor Noise::normal_like(std::string_view stream, const at::Tensor& x, std::int64_t samples) const {
  return filled_like(stream, x, samples, noise::chosen().normal, noise::normal_by_operators);
}

at::Tensor Noise::masked(std::string_view stream, const at::Tensor& x, double probability) const {
  const bool as_stored = x.is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous();
  if (!as_stored || (x.requires_grad() && at::GradMode::is_enabled()))
    return x * (uniform_like(stream, x) >= probability);
  const auto result = at::empty(x.sizes(), at::kFloat);
  const auto* from = x.const_data_ptr<float>();
  auto* to = result.data_ptr<float>();
  for_each_row(stream, x, /*samples=*/1, [&](auto begin, auto count, auto key, auto pass, auto row) {
    noise::chosen().mask(to + begin, from + begin, static_cast<float>(probability), count, key, pass, row);
  });
  return result;
}

}  // namespace aelab
