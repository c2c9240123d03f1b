#pragma once

#include <functional>

#include "aelab/models/autoencoder.h"

namespace aelab {

/// Rows with what the networks make of them and are given with them.
struct EncodedRows {
  Tensor x;          ///< [rows, ...input]
  Tensor target;     ///< [rows, ...target]
  Tensor condition;  ///< [rows, features]; undefined for models that take none
  Tensor pre_code;   ///< the encoder's output
};

EncodedRows encoded_rows(const Autoencoder& model, const Tensor& x, const Tensor& condition);

/// log p(row, code) - log q(code | row) in nats, all constants included, of `count` codes that are drawn of
/// each row at a step, [rows, count] float64. For models whose codes have a density and are drawn.
/// `see(output, owners)` is given the decoder's outputs [n, ...] of some of the codes, and the rows [n] that
/// they are of, in order.
Tensor log_importance_weights(
    const Autoencoder& model, const EncodedRows& rows, std::int64_t count, const Step& step,
    const std::function<void(const Tensor& output, const Tensor& owners)>& see = {});

}  // namespace aelab
