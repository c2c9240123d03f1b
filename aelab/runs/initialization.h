#pragma once

#include "aelab/data/split.h"
#include "aelab/models/autoencoder.h"

namespace aelab {

/// The name of a tensor in a file, and in the model: the whole name, or all of it up to a dot.
struct TensorName {
  std::string from = "", to = "";

  void fields(Fields& f);
};

/// The initial weights of a model.
struct InitializationConfig {
  /// A run's folder, a file of tensors such as PyTorch's state_dict, or a package's folder
  /// (runs/package_folder.h).
  std::string path = "";
  std::string checkpoint = "best";     ///< of the run
  std::vector<TensorName> names = {};  ///< for files with other names than the model
  bool partial = false;  ///< whether file and model may each have tensors that the other does not have

  void fields(Fields& f);
};

/// Copies the file's tensors, of any numeric type, into the model's parameters and buffers; of a package's
/// folder, makes the model that dictionary, for rows before the split's transforms. Throws an Error that
/// names the file and the tensor if a tensor is missing, has another shape, or is left over although
/// `partial` is false.
void initialize(Autoencoder& model, const InitializationConfig& config, const Split& data);
/// The same. Returns what was recognised and how the model does on the first rows, for the log: sentences, of
/// which those that begin with "caution: " are for the user, too.
std::vector<std::string> initialize_and_verify(Autoencoder& model, const InitializationConfig& config,
                                               const Split& data);
/// The CRC-32 of the model's parameters and buffers, in 8 hex digits: equal weights have equal checksums.
std::string weights_checksum(const Autoencoder& model);

}  // namespace aelab
