#pragma once

#include "aelab/models/autoencoder.h"

namespace aelab {

/// A name that a file uses for a tensor, and the model's: both stand for a whole tensor, or for all whose
/// names begin so and go on with a dot.
struct TensorName {
  std::string from = "", to = "";

  void fields(Fields& f);
};

/// Weights that a model begins with.
struct InitializationConfig {
  std::string path = "";               ///< a run's folder, or a safetensors file such as PyTorch's state_dict
  std::string checkpoint = "best";     ///< of the run
  std::vector<TensorName> names = {};  ///< for files whose names are not the model's
  bool partial = false;                ///< whether file and model may have tensors that the other lacks

  void fields(Fields& f);
};

/// Copies the file's tensors, of any type of numbers, into the model's parameters and buffers. Error that
/// names the file and the tensor: not there, of another shape, left over where `partial` is false.
void initialize(Autoencoder& model, const InitializationConfig& config);

}  // namespace aelab
