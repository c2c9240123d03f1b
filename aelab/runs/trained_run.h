#pragma once

#include "aelab/runs/trained_model.h"

namespace aelab {

/// The model of a run with the data that it was trained on.
struct TrainedRun {
  std::filesystem::path folder;
  TrainedModel model;
  Data source;  ///< before splitting and transforms
  Split data;   ///< with the run's splits and transforms

  const RunConfig& config() const { return model.config(); }
  Autoencoder& network() const { return *model.network(); }  ///< in evaluation mode
  /// Throws an Error if the split has no rows.
  const Dataset& part(SplitPart part) const;
  Compute compute() const { return model.compute(); }
  at::Device device() const { return network().parameters().front().device(); }
};

/// A model, and its run if its own data are needed.
struct OpenedModel {
  TrainedModel model;
  std::optional<TrainedRun> run;
};

/// Opens the model of a run folder or of a file, the folder with its data if `with_data`. Throws the Errors
/// of open_model() and load_trained_run(), and one that asks for --data if a file was to have data.
OpenedModel open_for_use(const std::filesystem::path& folder_or_file, std::optional<Which> checkpoint,
                         bool with_data);

/// Loads a run. Throws an Error if the folder has no run or no such checkpoint, or its data cannot be opened
/// or are not those that it was trained on; and where rows that stay in files are gathered, one that names
/// the first with NaN or infinite values.
TrainedRun load_trained_run(const std::filesystem::path& folder, Which checkpoint = Which::best);

}  // namespace aelab
