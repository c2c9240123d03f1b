#pragma once

#include "aelab/tools/applied_rows.h"

namespace aelab {

/// What is written of each row: its code; its reconstruction, in the units of the source (data/inversion.h);
/// the squared error between input and reconstruction, summed over features, of the values that the model
/// sees; its place in the source's files, from 0, training and test files each; its label; and, of tables
/// that are more than numbers, if it is asked for, the row as it was read, with its missing cells filled by
/// the reconstruction.
enum class Applied { code, reconstruction, error, row, label, imputed };
std::span<const std::string_view> names(Applied);

/// npy and csv: a file for each of code, reconstruction and error, where row and label are columns of every
/// csv and files beside the npy. Imputed rows are always a csv, with the columns of the table. png: pictures
/// of reconstructions below their originals, 100 a file.
enum class AppliedFormat { npy, csv, png };
std::span<const std::string_view> names(AppliedFormat);

/// A trained model, applied to data of any source that have its input's shape and columns. The transforms of
/// its training change other data, too.
struct ApplicationConfig {
  std::optional<DataConfig> data = {};   ///< other data than the run's own
  std::optional<AppliedRows> part = {};  ///< all of other data, the test split of the run's own
  std::optional<Which> checkpoint = {};  ///< of a run's folder; the best if unset
  std::vector<Applied> write = {};       ///< all that format, model and data have when empty
  AppliedFormat format = AppliedFormat::npy;
  std::string output = "";  ///< folder; <run folder>/applications/<n> when empty

  void fields(Fields& f);
};

/// How the errors are distributed.
struct ErrorSummary {
  double mean = 0, median = 0, quantile_95 = 0;
  std::vector<std::pair<std::int64_t, double>>
      largest;  ///< of at most five rows, by their place in the source
};

struct ApplicationOutcome {
  std::filesystem::path folder;
  std::vector<std::string> files;
  std::int64_t rows = 0;
  /// Whether reconstructions and errors are "in the units of the source", or what stands in the way.
  std::string reconstruction_units = {}, error_units = {};
  std::vector<std::string> columns = {};  ///< names of a reconstruction's features, where they have names
  std::optional<ErrorSummary> error;      ///< where errors were written
};

/// Writes code.npy [rows, ...code], reconstruction.npy [rows, ...source], error.npy [rows], float32, row.npy
/// and label.npy [rows], int64; or code.csv, reconstruction.csv and error.csv, a line for each row below a
/// header, with the columns' and classes' names of the source; or reconstruction-1.png and so on. Rows pass
/// through in batches; every file appears whole. Throws an Error, before anything is created, for data of
/// another shape or with other columns, and for rows in memory with NaN or infinite values; of rows that stay
/// in their files, such values are found when they are read, and no file is left then.
///
/// The model is that of a run folder, or of a file (open_model()). With other data, the run's own are not
/// needed; a file has none.
ApplicationOutcome apply_model(const std::filesystem::path& folder_or_file,
                               const ApplicationConfig& config = {});

}  // namespace aelab
