#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace aelab::noise {

/// The numbers of noise_kernels.h by LibTorch's operators, to the same bits, on the device of `rows`: for
/// devices that have no kernels of ours. rows [rows] int64 -> [rows, count] float32. Nothing is copied from
/// or to the host, and nothing waits: some 70 operators for uniform numbers and 120 for normal ones, each on
/// a quarter or half of the numbers.
at::Tensor uniform_by_operators(const at::Tensor& rows, std::int64_t count, std::uint64_t key,
                                std::uint32_t pass);
at::Tensor normal_by_operators(const at::Tensor& rows, std::int64_t count, std::uint64_t key,
                               std::uint32_t pass);

}  // namespace aelab::noise
