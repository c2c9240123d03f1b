#pragma once

#include <cstdint>

namespace aelab {

/// Version of comparison.json, which comparisons write and reports read. 2: levels, reasons, counts and
/// Pareto-optimal variants are in the file; reports decided them before.
constexpr std::int64_t kComparisonFormat = 2;

}  // namespace aelab
