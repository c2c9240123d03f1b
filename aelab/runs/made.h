#pragma once

#include <map>

#include "aelab/runs/run_config.h"

namespace aelab {

/// Data sets by their config, for runs that share them.
class OpenedData {
 public:
  /// Error as open_dataset's.
  const Data& open(const Choice<Source>& source);

 private:
  std::map<std::string, Data> opened_;
};

/// What a run's config names, made.
struct Made {
  std::optional<Data> source;
  Split data;
  std::shared_ptr<Autoencoder> model;
  std::vector<std::string> notes = {};  ///< what was guessed or chosen, for the log and the user
};

/// Makes what can be made and adds what is wrong to `problems`: with the config, with data and model
/// together, with how they are to be trained and measured. Fields that problems concern have their defaults:
/// these serve to look further, and what goes wrong with them is not told.
Made make(const RunConfig& config, Problems& problems, OpenedData& opened);
Made make(const RunConfig& config, Problems& problems);

/// Error where the variant cannot be made for these data, or does not expand to what the config says.
std::shared_ptr<Autoencoder> make_model(const RunConfig& config, const Data& data);

}  // namespace aelab
