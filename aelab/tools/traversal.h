#pragma once

#include <nlohmann/json_fwd.hpp>

#include "aelab/evaluation/latent_interpolation.h"

namespace aelab {

/// Traversals of single dimensions from a row's code, and how much the dimensions tell of rows.
struct RowTraversals {
  Traversals paths;
  /// The KL divergence of each path's dimension from the prior, in nats, averaged over the rows, [dimensions]
  /// in float64; undefined unless codes are drawn from Gaussians and the prior has a closed form of it.
  Tensor divergence;

  /// The dimension of every path, with its KL divergence where there is one.
  nlohmann::json dimensions() const;
};

/// From the code of `input` [...input] through the means and deviations of the codes of `rows` (traverse()),
/// along at most `most` dimensions, those that vary most first.
RowTraversals traverse_row(const Autoencoder& model, const Tensor& input, const Dataset& rows,
                           const PathOptions& options, std::int64_t most);

}  // namespace aelab
