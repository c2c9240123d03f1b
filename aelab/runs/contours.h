#pragma once

#include <ATen/core/Tensor.h>

#include <nlohmann/json_fwd.hpp>

#include "aelab/nn/prior.h"

namespace aelab {

/// Rounded to four significant digits, which is all that charts show; NaN and infinite values as they are.
double rounded(double value);
nlohmann::json rounded_list(const Tensor& values);

/// The density of a prior over codes of two numbers, for pages to draw its contours:
///
///     x, y           the ends of a grid of `points` by `points`, which covers 10,000 draws
///     log_densities  at the grid's points in nats, row by row, y and in each row x from the lower end on
///     contours       [{"mass", "log_density"}]: the level whose contour encloses that share of the prior's
///                    mass in the smallest area (Hyndman 1996, "Computing and graphing highest density
///                    regions"), a quantile of the log-densities of the draws
///
/// `code` is the shape of a code. null where a density is NaN, or draws are infinite.
nlohmann::json contours_json(const Prior& prior, const Shape& code, const at::TensorOptions& options);

}  // namespace aelab
