#pragma once

#include "aelab/runs/run.h"

namespace aelab {

/// Rows of a source: all of them as they lie, first those for training and then those set apart for tests; or
/// a part of the split.
enum class AppliedRows { all, train, validation, test };
std::span<const std::string_view> names(AppliedRows);

/// What a model makes of a row: its code, its reconstruction, and the squared error between reconstruction
/// and input, summed over features.
enum class Applied { code, reconstruction, error };
std::span<const std::string_view> names(Applied);

/// npy and csv: a file each. png: pictures of reconstructions below their originals, 100 a file.
enum class AppliedFormat { npy, csv, png };
std::span<const std::string_view> names(AppliedFormat);

/// A finished run's model, applied to data of any source that have its input's shape. Other data than the
/// run's own are scaled as the run's were; what is written is in that scale.
struct ApplicationConfig {
  std::optional<DataConfig> data = {};   ///< other data than the run's own
  std::optional<AppliedRows> part = {};  ///< all of other data, the test part of the run's own
  Which checkpoint = Which::best;
  std::vector<Applied> write = {};  ///< all that format and model can give when empty
  AppliedFormat format = AppliedFormat::npy;
  std::string output = "";  ///< folder; <run folder>/applications/<n> when empty

  void fields(Fields& f);
};

/// How the errors are distributed.
struct ErrorSummary {
  double mean = 0, median = 0, quantile_95 = 0;
  std::vector<std::pair<std::int64_t, double>> largest;  ///< at most five rows, counted in what was written
};

struct ApplicationOutcome {
  std::filesystem::path folder;
  std::vector<std::string> files;
  std::int64_t rows = 0;
  std::optional<ErrorSummary> error;  ///< where errors were written
};

/// Writes code.npy [rows, ...code], reconstruction.npy [rows, ...input], error.npy [rows], float32; or the
/// same as .csv, a line a row below the columns' names; or reconstruction-1.png and so on. Rows pass through
/// in batches; every file appears whole. Error, before anything is created, on data of another shape and on
/// whatever else cannot be.
ApplicationOutcome apply_run(const std::filesystem::path& folder, const ApplicationConfig& config = {});

}  // namespace aelab
