#pragma once

#include "aelab/runs/run.h"

namespace aelab {

enum class WeightsFormat { safetensors, npz };
std::span<const std::string_view> names(WeightsFormat);

/// A finished run's weights, for other programs.
struct ExportConfig {
  std::optional<WeightsFormat> format = {};  ///< npz where the output is named so, else safetensors
  Which checkpoint = Which::best;
  std::string output = "";  ///< file; <run folder>/model.<format> when empty

  void fields(Fields& f);
};

/// Writes the model's parameters and buffers, what it fitted ("fitted...") included, by the names that they
/// have in checkpoints without "model."; nothing of the optimiser. A safetensors file also says the variant
/// and aelab's version. Needs no data. Returns the file's path. Error, before anything is created, when it is
/// there already or the run has no such checkpoint.
std::filesystem::path export_run(const std::filesystem::path& folder, const ExportConfig& config = {});

}  // namespace aelab
