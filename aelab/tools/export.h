#pragma once

#include "aelab/runs/run.h"

namespace aelab {

/// safetensors, npz: the weights, for other programs. model: a safetensors file that open_model() and the
/// commands of aelab take in place of a run folder. saelens, sparsify, dictionary_learning: a sparse
/// dictionary as a folder of that package (runs/package_folder.h).
enum class ExportFormat { safetensors, npz, model, saelens, sparsify, dictionary_learning };
std::span<const std::string_view> names(ExportFormat);

struct ExportConfig {
  std::optional<ExportFormat> format = {};  ///< if unset, that of the output's name: format_of()
  Which checkpoint = Which::best;
  /// File; if empty, <run folder>/model.<format>, or for a model trained-model.safetensors. For packages a
  /// new folder; if empty, <run folder>/<format>.
  std::string output = "";

  void fields(Fields& f);
};

/// The format that is written: the config's; or else that of the output's suffix, weights for .safetensors;
/// or else safetensors. Throws a FieldError if format and suffix differ, or the suffix does not say.
ExportFormat format_of(const ExportConfig& config);

/// Writes a run's model. Weights are the parameters, buffers and fitted state ("fitted...") with their names
/// in checkpoints, without "model."; a safetensors file of them also has the variant and aelab's version. A
/// model has all that a checkpoint has but the optimizer and the callbacks. Needs no data. Returns the path
/// of the file or folder. Throws an Error, before anything is created, if the file exists or the run has no
/// such checkpoint.
std::filesystem::path export_run(const std::filesystem::path& folder, const ExportConfig& config = {});

}  // namespace aelab
