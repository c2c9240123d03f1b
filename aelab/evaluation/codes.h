#pragma once

#include <ATen/ops/cat.h>

#include <vector>

#include "aelab/data/dataset.h"
#include "aelab/models/autoencoder.h"

namespace aelab {

/// The codes of all rows, [rows, ...code], on the model's device; a conditional model takes the rows' labels.
/// Computed in inference mode. Stopped when StopSignals receives a signal.
Tensor codes_of_rows(const Autoencoder& model, const Dataset& rows);

/// function(x, condition) of so many rows at once, which takes less memory than all together: [n, ...] and
/// [n, classes], or an undefined condition.
template <class Function>
Tensor in_pieces(const Tensor& x, const Tensor& condition, std::int64_t rows, Function function) {
  std::vector<Tensor> pieces;
  for (std::int64_t i = 0; i < x.size(0); i += rows)
    pieces.push_back(
        function(x.slice(0, i, i + rows), condition.defined() ? condition.slice(0, i, i + rows) : Tensor()));
  return at::cat(pieces);
}

}  // namespace aelab
