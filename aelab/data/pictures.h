#pragma once

#include <ATen/core/Tensor.h>

#include "aelab/core/image.h"
#include "aelab/core/shape.h"

namespace aelab {

/// Whether samples of this shape can be shown: [1 or 3, height, width].
bool is_picture(const Shape& shape);

/// Pixels [channels, height, width], 1 or 3 channels, values from `low` to `high`; others are clipped.
Image to_image(const at::Tensor& pixels, double low = 0, double high = 1);

/// The factor by which a small picture is enlarged for display, so that it is at least 56 pixels high.
std::int64_t enlargement(std::int64_t height);

/// One image for each of [n, channels, height, width].
std::vector<Image> to_images(const at::Tensor& pixels, double low = 0, double high = 1);

/// Weights [units, channels, height, width] as images, each scaled so that gray is zero and its largest
/// weight black or white. Where there are neither 1 nor 3 channels, each channel becomes one image.
std::vector<Image> filter_images(const at::Tensor& weights);

}  // namespace aelab
