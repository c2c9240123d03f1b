#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace aelab {

/// Assigns every row of `costs` [n, m] float, n <= m, finite, a column of its own, so that the sum of their
/// costs is the least: the columns, in the order of the rows. By rows' own minima and their augmenting
/// reduction, then shortest augmenting paths, which take at most n^2 m operations (Jonker & Volgenant 1987,
/// "A shortest augmenting path algorithm for dense and sparse linear assignment problems"; for rectangles:
/// Crouse 2016, "On implementing 2D rectangular assignment algorithms"). Stopped when StopSignals receives a
/// signal.
std::vector<std::int64_t> best_assignment(const at::Tensor& costs);

}  // namespace aelab
