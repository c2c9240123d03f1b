#pragma once

#include "aelab/models/autoencoder.h"

namespace aelab {

/// Whether a model's reconstructions are an affine function of its codes, given the rows where it has a skip
/// connection.
bool has_affine_decoder(const Autoencoder& model);

/// The weights of an affine decoder, [code, features] in float64 on the CPU, of flattened codes and rows: the
/// directions that code dimensions add to a reconstruction.
Tensor decoder_directions(const Autoencoder& model);

}  // namespace aelab
