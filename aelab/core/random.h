#pragma once

#include <ATen/core/Generator.h>

#include <cstdint>
#include <string_view>

#include "aelab/core/position.h"

namespace aelab {

/// A seed that depends only on (seed, stream, position). LibTorch's CPU generators use its low 32 bits, which
/// depend on all of these.
std::uint64_t random_seed(std::int64_t seed, std::string_view stream, Position at = {});

/// 64 bits that depend only on (seed, stream): the key of a counter-based generator.
std::uint64_t random_key(std::int64_t seed, std::string_view stream);

/// A CPU generator with that seed. There is no random state to save: resumed runs, repeated evaluations and
/// compared variants see the same numbers.
at::Generator random_generator(std::int64_t seed, std::string_view stream, Position at = {});

}  // namespace aelab
