#pragma once

#include <optional>

#include "aelab/core/image.h"
#include "aelab/training/training.h"

namespace aelab {

// Images that callbacks draw of a training, enlarged for viewing.

/// The first `count` samples of the validation split, or without one of the training split, above their
/// reconstructions; for a model with a corruption: clean, corrupted and denoised.
Image draw_reconstructions(const Training& training, std::int64_t count);

/// A scatter plot of the codes of at most `count` samples of the validation split, colored by class if there
/// are labels, with a legend on the right: both dimensions of a 2-dimensional code, otherwise its first two
/// principal components, of this sample. Nothing for 1-dimensional codes.
std::optional<Image> draw_codes(const Training& training, std::int64_t count);

/// The weights of the first layer, at most 256 units, in a square; gray is zero. Nothing if they are not
/// images.
std::optional<Image> draw_filters(const Training& training);

}  // namespace aelab
