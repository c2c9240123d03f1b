#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "aelab/nn/activation.h"

namespace aelab {

enum class Pooling { max, average };
std::span<const std::string_view> names(Pooling);

/// One layer of a convolutional network, on images [batch, channels, height, width].
struct ImageLayer {
  enum class Kind { convolution, pooling, upsampling };

  Kind kind = Kind::convolution;

  at::Tensor weight = {}, bias = {};  ///< of a convolution: [out, in, kernel, kernel] and [out]
  std::int64_t padding = 0;           ///< pixels of zeros on every side
  std::int64_t stride = 1;
  Activation activation = Activation::linear;

  Pooling pooling = Pooling::max;
  bool ceil = false;      ///< keeps pooling windows that are cut off at the border
  std::int64_t size = 2;  ///< height and width of the pooling window, its stride too; the upsampling's factor

  /// Rows (or columns) of the output, from those of the input.
  std::int64_t output(std::int64_t input) const;
};

/// Whether layer i is an upsampling right before a convolution, so that both can be one operation
/// (Polyphase).
bool enlarges_a_convolution(const std::vector<ImageLayer>& layers, std::size_t i);

/// The second seam for speed (see linear()): x [batch, channels, height, width] through the layers
/// of a convolutional network. Differentiable to the second order; the gradient of a maximum that occurs
/// several times goes to its first place.
at::Tensor convolve(const std::vector<ImageLayer>& layers, const at::Tensor& x);

/// convolve() by LibTorch's operators alone.
at::Tensor convolve_by_operators(const std::vector<ImageLayer>& layers, const at::Tensor& x);

/// Enlarging by `factor` and then convolving is one convolution of the small image, with `taps` instead of
/// `kernel` weights a side and factor^2 times the channels, whose pixels are then interleaved: the kernel's
/// weights that fall on copies of one pixel are added up first. Work is done in taps^2 / (factor kernel)^2 of
/// the time: 4/9 for 3x3 kernels, 9/25 for 5x5.
///
/// Row y of the large image is row (y + shift) / factor of the small one's phase (y + shift) % factor.
struct Polyphase {
  std::int64_t factor, kernel;
  std::int64_t shift;   ///< rows that interleaving makes before the first one that is wanted
  std::int64_t before;  ///< rows of zeros before the small image
  std::int64_t taps;
  Polyphase(std::int64_t factor, std::int64_t kernel, std::int64_t padding);

  /// The tap that weight k of the kernel falls on, in phase a.
  std::int64_t tap(std::int64_t a, std::int64_t k) const { return (a + k) / factor; }
  /// Rows of the convolution of the small image from which `rows` of the large one are made.
  std::int64_t small_rows(std::int64_t rows) const { return (rows + shift + factor - 1) / factor; }
};

/// The weights of the small image's convolution, [out factor^2, in, taps, taps], from those of the large
/// one's, [out, in, kernel, kernel].
at::Tensor polyphase_weight(const Polyphase& polyphase, const at::Tensor& weight);
/// The gradient of the large image's weights, of `shape`, from that of the small one's.
at::Tensor polyphase_weight_gradient(const Polyphase& polyphase, const at::Tensor& gradient,
                                     at::IntArrayRef shape);

}  // namespace aelab
