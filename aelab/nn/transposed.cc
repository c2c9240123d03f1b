#include "aelab/nn/transposed.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

namespace aelab {
namespace {

using Four = float __attribute__((vector_size(4 * sizeof(float))));

/// to[c][r] = from[r][c] for four rows and columns.
void transpose_four(const float* from, std::int64_t width, float* to, std::int64_t height) {
  Four rows[4];
  for (int r = 0; r < 4; ++r) std::memcpy(&rows[r], from + r * width, sizeof(Four));
  const auto low = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5),
             low_next = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5),
             high = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7),
             high_next = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
  const Four columns[4] = {__builtin_shufflevector(low, low_next, 0, 1, 4, 5),
                           __builtin_shufflevector(low, low_next, 2, 3, 6, 7),
                           __builtin_shufflevector(high, high_next, 0, 1, 4, 5),
                           __builtin_shufflevector(high, high_next, 2, 3, 6, 7)};
  for (int c = 0; c < 4; ++c) std::memcpy(to + c * height, &columns[c], sizeof(Four));
}

/// Rows top .. bottom - 1 of a packed matrix become these columns of the packed transpose.
void transpose_rows(const float* from, std::int64_t height, std::int64_t width, float* to, std::int64_t top,
                    std::int64_t bottom) {
  for (std::int64_t c = 0; c < width; c += 4)
    for (auto r = top; r < bottom; r += 4)
      if (r + 4 <= bottom && c + 4 <= width)
        transpose_four(from + r * width + c, width, to + c * height + r, height);
      else
        for (auto i = r; i < std::min(r + 4, bottom); ++i)
          for (auto j = c; j < std::min(c + 4, width); ++j) to[j * height + i] = from[i * width + j];
}

}  // namespace

at::Tensor transposed(const at::Tensor& x) {
  if (x.scalar_type() != at::kFloat || !x.is_cpu()) return x.t().contiguous();
  constexpr std::int64_t kRows = 16;  // floats of a cache line, which is written at once
  const auto packed = x.contiguous();
  const auto height = x.size(0), width = x.size(1);
  auto result = at::empty({width, height}, x.options());
  const float* from = packed.const_data_ptr<float>();
  float* to = result.data_ptr<float>();
  // A thread takes the rows that it has most likely written before, as LibTorch's operators divide tensors.
  at::parallel_for(0, (height + kRows - 1) / kRows, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto block = begin; block < end; ++block)
      transpose_rows(from, height, width, to, block * kRows, std::min((block + 1) * kRows, height));
  });
  return result;
}

}  // namespace aelab
