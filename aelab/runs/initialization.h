#pragma once

#include "aelab/models/autoencoder.h"

namespace aelab {

/// The name of a tensor in a file, and in the model: the whole name, or all of it up to a dot.
struct TensorName {
  std::string from = "", to = "";

  void fields(Fields& f);
};

/// The initial weights of a model.
struct InitializationConfig {
  std::string path = "";               ///< a run's folder, or a safetensors file such as PyTorch's state_dict
  std::string checkpoint = "best";     ///< of the run
  std::vector<TensorName> names = {};  ///< for files with other names than the model
  bool partial = false;  ///< whether file and model may each have tensors that the other does not have

  void fields(Fields& f);
};

/// Copies the file's tensors, of any numeric type, into the model's parameters and buffers. Throws an Error
/// that names the file and the tensor if a tensor is missing, has another shape, or is left over although
/// `partial` is false.
void initialize(Autoencoder& model, const InitializationConfig& config);
/// The CRC-32 of the model's parameters and buffers, in 8 hex digits: equal weights have equal checksums.
std::string weights_checksum(const Autoencoder& model);

}  // namespace aelab
