#pragma once

#include <string>
#include <vector>

#include "aelab/models/autoencoder.h"

namespace aelab {

/// One layer of a model's networks, in words.
struct LayerOutline {
  std::string network;  ///< "encoder", "decoder"
  std::string what;     ///< "3x3 convolution, relu"
  Shape output;
  std::int64_t parameters;
};

/// The layers from the input to the code and back. Empty if the backbone is not one of aelab's own.
std::vector<LayerOutline> outline(const Autoencoder& model);

}  // namespace aelab
