#pragma once

#include <optional>

#include "aelab/core/image.h"
#include "aelab/training/training.h"

namespace aelab {

// What callbacks draw of a training on pictures, enlarged to be looked at.

/// The first `count` samples of the validation part, or of the training part without one, above their
/// reconstructions; of a model with a corruption: clean, noisy and denoised.
Image draw_reconstructions(const Training& training, std::int64_t count);

/// The codes of at most `count` samples of the validation part as dots, coloured by class where there are
/// labels, with a legend of the classes to the right: both numbers of a code of two, else its first two
/// principal components, from this sample. Nothing for codes of one number.
std::optional<Image> draw_codes(const Training& training, std::int64_t count);

/// The first layer's weights, at most 256 units, in a square; grey is zero. Nothing if they are no pictures.
std::optional<Image> draw_filters(const Training& training);

}  // namespace aelab
