#pragma once

#include <filesystem>
#include <map>

#include "aelab/runs/model_features.h"
#include "aelab/runs/run_config.h"
#include "aelab/training/trainer.h"

namespace aelab {

/// Data sets by their config, for runs that share them. Its errors are FieldErrors of the runs' "data".
class OpenedData {
 public:
  /// Relative paths are looked for in `working_folder` first, if it is not empty.
  explicit OpenedData(std::filesystem::path working_folder = {})
      : working_folder_(std::move(working_folder)) {}
  /// Throws the Error of open_dataset().
  const Data& open(const Choice<Source>& source);
  const std::filesystem::path& working_folder() const { return working_folder_; }
  /// Its split; the last one is kept, for runs that share its fitted transforms. Throws the Error of
  /// Data::split().
  const Split& split(const DataConfig& config, std::int64_t seed);

 private:
  std::filesystem::path working_folder_;
  std::map<std::string, Data> opened_;
  std::string last_;  // what split_ is of
  Split split_;
};

/// The objects that a run's config describes.
struct Made {
  std::optional<Data> source;
  Split data;  ///< checked for the model, where `checked` is set
  std::shared_ptr<Autoencoder> model;
  std::optional<CheckedTraining> checked = {};  ///< unset where errors were found
  std::optional<ModelFeatures> features = {};   ///< that its metrics name; unset where errors were found
  std::vector<std::string> notes = {};          ///< what was guessed or chosen, for the log and the user
};

/// Makes data and model, and adds to `problems` the errors in the config, of data and model together, and of
/// their training and evaluation. Fields with errors have their default values, so that others can be
/// checked; errors that follow from these defaults are not reported.
Made make(const RunConfig& config, Problems& problems, OpenedData& opened);
Made make(const RunConfig& config, Problems& problems);

/// Throws an Error if the variant cannot be made for these data, or does not expand to the config's
/// "expanded".
std::shared_ptr<Autoencoder> make_model(const RunConfig& config, const Data& data,
                                        at::Device device = at::kCPU);
/// The model of a run on record, whose config has "expanded"; throws as for data.
std::shared_ptr<Autoencoder> make_model(const RunConfig& config, const InputSchema& input);

}  // namespace aelab
