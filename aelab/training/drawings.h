#pragma once

#include <optional>

#include "aelab/core/image.h"
#include "aelab/training/training.h"

namespace aelab {

// What callbacks draw of a training on pictures; each pixel of a picture is 3x3 pixels of the drawing.

/// The first `count` samples of the validation part, or of the training part without one, above their
/// reconstructions.
Image draw_reconstructions(const Training& training, std::int64_t count);

/// The first layer's weights, at most 256 units, in a square; grey is zero. Nothing if they are no pictures.
std::optional<Image> draw_filters(const Training& training);

}  // namespace aelab
