#pragma once

#include <ATen/core/Generator.h>

#include <cstdint>
#include <string_view>

#include "aelab/core/position.h"

namespace aelab {

/// A generator that depends on nothing but (seed, stream, position): there is no random state to save, so
/// resumed runs, repeated evaluations and compared variants see the same numbers. A CPU generator.
at::Generator random_generator(std::int64_t seed, std::string_view stream, Position at = {});

}  // namespace aelab
