#pragma once

#include "aelab/runs/run.h"

namespace aelab {

/// A completed or stopped run: its model, in evaluation mode, and its data.
struct TrainedRun {
  std::filesystem::path folder;
  RunConfig config;
  Data source;  ///< before splitting and transforms
  Split data;   ///< with the run's splits and transforms
  std::shared_ptr<Autoencoder> model;

  /// Throws an Error if the split has no rows.
  const Dataset& part(Part part) const;
  at::Device device() const { return model->parameters().front().device(); }
};

/// Loads a run. Uses the run's number of threads and its kernels, if this machine has them, so that results
/// are the same to the last bit. Throws an Error if the folder has no run, its data cannot be opened, or it
/// has no such checkpoint.
TrainedRun load_trained_run(const std::filesystem::path& folder, Which checkpoint = Which::best);

/// Throws an Error if rows of other data, transformed like the run's, do not have the shape of the model's
/// input.
void require_inputs(const TrainedRun& run, const Data& other);

}  // namespace aelab
