#pragma once

#include "aelab/runs/run.h"

namespace aelab {

enum class WeightsFormat { safetensors, npz };
std::span<const std::string_view> names(WeightsFormat);

/// The weights of a run, for other programs.
struct ExportConfig {
  std::optional<WeightsFormat> format = {};  ///< npz if the output is named so, otherwise safetensors
  Which checkpoint = Which::best;
  std::string output = "";  ///< file; <run folder>/model.<format> when empty

  void fields(Fields& f);
};

/// Writes the model's parameters, buffers and fitted state ("fitted...") with their names in checkpoints,
/// without "model."; the optimizer is left out. A safetensors file also has the variant and aelab's version.
/// Needs no data. Returns the file's path. Throws an Error, before anything is created, if the file exists or
/// the run has no such checkpoint.
std::filesystem::path export_run(const std::filesystem::path& folder, const ExportConfig& config = {});

}  // namespace aelab
