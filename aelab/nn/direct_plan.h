#pragma once

#include <optional>
#include <vector>

#include "aelab/nn/convolution.h"
#include "aelab/nn/direct_kernels.h"

namespace aelab::direct {

/// Where images lie in a buffer: in the middle of zeros, so that no kernel asks for borders.
struct Frame {
  std::int64_t channels = 0, height = 0, width = 0;
  std::int64_t before = 0, below = 0,
               right = 0;  ///< rows and columns of zeros; `before` above and on the left

  std::int64_t rows() const { return before + height + below; }
  std::int64_t columns() const { return before + width + right; }
  std::int64_t pixels() const { return channels * rows() * columns(); }

  /// With its borders.
  Images whole(float* data, std::int64_t lanes) const {
    return {data, channels, rows(), columns(), columns() * lanes, rows() * columns() * lanes};
  }
  /// Without.
  Images inner(float* data, std::int64_t lanes) const {
    auto images = whole(data, lanes);
    images.data += before * images.row + before * lanes;
    images.height = height;
    images.width = width;
    return images;
  }
  void clear_borders(float* data, std::int64_t lanes) const;
};

/// What the layers amount to: a convolution of enlarged images is two operations, one on the small images and
/// one that interleaves its channels.
struct Operation {
  enum class Kind { convolution, maximum, average, upsampling, interleaving };
  Kind kind;
  std::int64_t size = 1;   ///< of a pool's window; the factor of an upsampling or interleaving
  std::int64_t shift = 0;  ///< of an interleaving
  std::int64_t taps = 1, stride = 1;
  std::size_t convolution = 0;  ///< its number, counted over the network's convolutions
  bool relu = false;            ///< of the output

  Frame in = {};
  bool in_kept = true;     ///< whether the gradients need the input
  std::int64_t in_at = 0;  ///< where the input lies, in pixels of the tape if it is kept, else of the scratch
  std::int64_t places_at = 0;  ///< where a maximum's places lie, in bytes of the places
};

struct Plan {
  std::vector<Operation> operations;
  Frame out = {};
  std::int64_t out_at = 0;
  std::int64_t tape = 0;                            ///< pixels that a block keeps for the gradients
  std::int64_t scratch = 0;                         ///< pixels that a thread needs meanwhile
  std::int64_t places = 0;                          ///< bytes that a block keeps
  std::vector<std::optional<Polyphase>> polyphase;  ///< of the convolutions that follow an enlargement

  const Frame& output_of(std::size_t i) const {
    return i + 1 < operations.size() ? operations[i + 1].in : out;
  }
};

/// How images of one channel count and size, x [batch, channels, height, width], go through the layers.
Plan plan_of(const std::vector<ImageLayer>& layers, const at::Tensor& x);

}  // namespace aelab::direct
