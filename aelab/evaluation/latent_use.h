#pragma once

#include "aelab/nn/code_use.h"

namespace aelab {

/// A dimension is active where the variance of its mean over rows is above this (Burda, Grosse &
/// Salakhutdinov 2016, section 5).
constexpr double kActiveVariance = 0.01;
/// A dimension has collapsed where its KL divergence, averaged over rows, is below this, in nats: nearly the
/// prior, whatever the row.
constexpr double kCollapsedDivergence = 0.01;

/// Codes, one for each row, and the Gaussians that they were drawn from: [rows, dimensions] each.
struct DrawnCodes {
  Tensor code, mean, log_variance;
};

/// What codes tell of the rows that they were drawn for, and their aggregate distribution q(code), which is
/// the mean of q(code | row) over these rows (Hoffman & Johnson 2016). Estimates by one code for each row, in
/// nats: the expectation of the information is exact for rows that are drawn from these with equal
/// probability, and so is at most the logarithm of their number.
struct LatentInformation {
  double joint = 0;      ///< I(row; code): mean of log q(code | row) - log q(code)
  Tensor dimensions;     ///< the same of each dimension alone, [dimensions] in float64
  Tensor log_aggregate;  ///< log q(code) of each row's code, [rows] in float64
};
/// Takes a time that grows with the square of the number of rows.
LatentInformation latent_information(const DrawnCodes& codes);

}  // namespace aelab
