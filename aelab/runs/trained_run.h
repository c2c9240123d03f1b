#pragma once

#include <nlohmann/json_fwd.hpp>

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

/// The config of the source that reads the file or folder `path` as the run in `folder` reads its own files,
/// label column and delimiter included; of the source for such files (source_of_file) if the run's data come
/// from another type of source. Fields with default values are left out.
nlohmann::ordered_json source_like_run(const std::filesystem::path& folder, const std::string& path);

/// Opens other data for the run's model: columns of tables are found by their names, whatever their order,
/// and what differs from the run's data is reported on stderr. Throws an Error if the rows, transformed like
/// the run's, do not fit the model: another shape, or missing columns.
Data open_other(const TrainedRun& run, const Choice<Source>& source);

}  // namespace aelab
