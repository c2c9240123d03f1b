#pragma once

#include <cstddef>
#include <cstdint>

// What LibTorch does in several passes or slowly, as plain loops. No LibTorch here, and no header with code
// of its own: direct_kernels.inc, which holds the loops, is compiled once for each instruction set.
//
// Convolutions and their companions work on blocks of images that lie side by side: the innermost dimension
// of every image is the sample, as many as `lanes`, so that plain loops over samples fill the processor's
// vectors whatever the images' sizes are.

namespace aelab::direct {

/// Images of one block, [channels, height, width, lanes], somewhere within a larger buffer whose rows and
/// channels are `row` and `plane` numbers apart.
struct Images {
  float* data;
  std::int64_t channels, height, width;
  std::int64_t row, plane;
};

struct Functions {
  std::int64_t lanes;

  /// out = conv(in, weight) + bias, then ReLU on request: out[o](y, x) = sum over i, ty, tx of
  /// weight[o][i][ty][tx] in[i](y stride + ty, x stride + tx). `weight` is packed; bias may be null.
  void (*convolve)(const Images& in, const float* weight, const float* bias, const Images& out,
                   std::int64_t taps, std::int64_t stride, bool relu);
  /// Reorders [out, in, taps, taps] for convolve, which takes several output channels at a time.
  void (*pack)(const float* weight, float* packed, std::int64_t out, std::int64_t in, std::int64_t taps);
  /// Adds the gradients to weight [out, in, taps, taps, lanes] and bias [out, lanes], a sum a lane.
  void (*add_weight_gradient)(const Images& in, const Images& gradient, float* weight, float* bias,
                              std::int64_t taps, std::int64_t stride);

  /// Samples of [channels, height, width] each, `stride` numbers apart, into and out of the lanes; lanes
  /// without a sample become zero.
  void (*load)(const float* from, std::int64_t samples, std::int64_t stride, const Images& to);
  void (*store)(const Images& from, float* to, std::int64_t samples, std::int64_t stride);

  /// Largest values of windows cut off at the border; their first places within the window, one byte each,
  /// [channels, height, width, lanes] of the output.
  void (*max_pool)(const Images& in, const Images& out, std::int64_t size, bool relu, std::uint8_t* places);
  void (*max_pool_gradient)(const Images& gradient, const std::uint8_t* places, const Images& to,
                            std::int64_t size);
  void (*average_pool)(const Images& in, const Images& out, std::int64_t size);
  void (*average_pool_gradient)(const Images& gradient, const Images& to, std::int64_t size);
  void (*upsample)(const Images& in, const Images& out, std::int64_t factor);
  void (*upsample_gradient)(const Images& gradient, const Images& to, std::int64_t factor);

  /// Channel (o factor + a) factor + b of the input is rows a - shift, a - shift + factor... and columns
  /// b - shift... of the output's channel o; and back, with zeros for what the output lacks.
  void (*interleave)(const Images& in, const Images& out, std::int64_t factor, std::int64_t shift, bool relu);
  void (*interleave_gradient)(const Images& gradient, const Images& to, std::int64_t factor,
                              std::int64_t shift);

  /// Sets the gradient to zero where the output of a ReLU is.
  void (*mask)(const Images& gradient, const Images& output);
  /// Copies the images with stride - 1 rows and columns of zeros in between.
  void (*spread)(const Images& in, const Images& out, std::int64_t stride);

  /// The sum of log(1 + e^x) - t x over `count` logits x and targets t; where `slopes` is there, also each
  /// one's derivative by x, sigmoid(x) - t.
  float (*cross_entropy)(const float* x, const float* t, std::int64_t count, float* slopes);
};

/// Each is there where its file was compiled for x86-64; to be called on processors that have its
/// instructions.
extern const Functions avx2, avx512;
/// The one for this processor (and for LibTorch's ATEN_CPU_CAPABILITY); null where it has neither.
const Functions* chosen();

}  // namespace aelab::direct
