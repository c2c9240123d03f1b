#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aelab/core/safetensors.h"

namespace aelab {

/// The tensors of a file that torch.save(module.state_dict(), file) wrote, PyTorch 1.6 and later: a ZIP
/// archive of a pickle and of one file for each storage. Nothing that the pickle names is called, and every
/// byte that is read is checked by its CRC-32.
/// Format: torch/serialization.py and torch/_utils.py of PyTorch.
class StateDictFile {
 public:
  /// Error names the file and what is wrong: damaged, or something else than a dictionary of tensors.
  static StateDictFile read(const std::filesystem::path& path);

  /// In their order, row by row whatever their strides were; types are named as in safetensors.
  const std::vector<TensorBytes>& tensors() const& { return tensors_; }
  const std::vector<TensorBytes>& tensors() && = delete;

 private:
  StateDictFile() = default;
  friend class StateDictReader;

  std::vector<TensorBytes> tensors_;
  std::vector<std::shared_ptr<const std::string>> buffers_;
};

/// Whether a file with these first bytes may be one of torch.save: a ZIP archive.
bool may_be_state_dict(std::string_view begin);

/// Writes such a file whole or not at all (see write_file), which torch.load(weights_only=True) reads. Error,
/// before anything is written, when it would be larger than 4 GB.
void write_state_dict(const std::filesystem::path& path, std::span<const TensorBytes> tensors);

}  // namespace aelab
