#pragma once

#include "aelab/data/source.h"
#include "aelab/evaluation/metric.h"
#include "aelab/evaluation/metrics/reconstruction.h"
#include "aelab/runs/initialization.h"
#include "aelab/training/trainer.h"

namespace aelab {

/// A variant, and in the config.json of a run folder the parts that it expands to.
struct ModelConfig {
  Choice<Autoencoder> variant = {};
  std::optional<AutoencoderConfig> expanded =
      {};  ///< compared with what the variant expands to, never merged
  std::optional<InitializationConfig> initialize_from = {};

  void fields(Fields& f);
};

/// A run file: data, model, training, callbacks and metrics.
struct RunConfig {
  std::string name = "run";
  std::int64_t seed = 0;
  DataConfig data = {};
  ModelConfig model = {};
  TrainerConfig training = {};
  std::vector<CallbackConfig> callbacks = {};
  std::vector<Choice<Metric>> evaluation = {Reconstruction::Config{}};
  std::string output = "runs";

  std::optional<std::string> schema = {};
  std::int64_t format = 1;

  void fields(Fields& f);
};

/// Whether a name has at most 100 letters, digits, '-', '_', '.' and the characters of `beside`, and does not
/// begin with '.' or '-'.
bool is_folder_name(std::string_view name, std::string_view beside = "");
/// The error about a name that is not a folder name.
inline constexpr std::string_view kNoFolderName =
    "must be made of at most 100 letters, digits, '-', '_' and '.', and not begin with '.' or '-'";

/// The paths of the hidden widths of a run, as its model's fields declare them; empty when it has none.
std::vector<std::string> hidden_widths(RunConfig run);

/// Reads the text of a run file and applies `overrides` ("training.epochs=3", "callbacks[0].patience=2").
/// Throws an Error with all errors, or one that names the right command for a file of another kind.
RunConfig read_run_config(const std::string& text, const std::string& file,
                          const std::vector<std::string>& overrides = {});
/// Reads a run file, and adds the errors of fields to `problems`; these fields keep their defaults.
RunConfig read_run_config(const std::string& text, const std::string& file,
                          const std::vector<std::string>& overrides, Problems& problems);

}  // namespace aelab
