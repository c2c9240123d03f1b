#pragma once

#include "aelab/runs/run.h"

namespace aelab {

/// A run brought back: the model that it trained, and the data that it trained it on.
struct TrainedRun {
  std::filesystem::path folder;
  RunConfig config;
  Data source;  ///< undivided, and as it is
  Split data;   ///< as the run divided and changed them
  std::shared_ptr<Autoencoder> model;

  /// Error when it has no rows.
  const Dataset& part(Part part) const;
  at::Device device() const { return model->parameters().front().device(); }
};

/// At the run's thread count and with its kernels where they can be had, so that its numbers come out to the
/// last bit. Error when the folder holds no
/// run, its data cannot be had, or it has no such checkpoint.
TrainedRun load_trained_run(const std::filesystem::path& folder, Which checkpoint = Which::best);

/// Error when the rows of other data, changed as the run's were, do not fit its model: another shape, or
/// other columns.
void require_inputs(const TrainedRun& run, const Data& other);

}  // namespace aelab
