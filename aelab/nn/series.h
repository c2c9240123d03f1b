#pragma once

#include <string_view>

#include "aelab/core/shape.h"

namespace aelab {

/// Throws an Error unless rows of this shape are series, [channels, length]. `layers` is what needs them,
/// "recurrent layers".
void require_series(const Shape& rows, std::string_view layers);

}  // namespace aelab
