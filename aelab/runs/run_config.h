#pragma once

#include "aelab/data/source.h"
#include "aelab/evaluation/metric.h"
#include "aelab/evaluation/metrics/reconstruction.h"
#include "aelab/runs/initialization.h"
#include "aelab/training/trainer.h"

namespace aelab {

/// A variant; and, in the config.json of a run folder, what it expanded to.
struct ModelConfig {
  Choice<Autoencoder> variant = {};
  std::optional<AutoencoderConfig> expanded = {};  ///< checked against the variant's, never merged
  std::optional<InitializationConfig> initialize_from = {};

  void fields(Fields& f);
};

/// A run file: what is trained on what, how, and what is measured afterwards.
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

/// Whether it is made of at most 100 letters, digits, '-', '_', '.' and the signs in `beside`, and does not
/// begin with '.' or '-'.
bool is_folder_name(std::string_view name, std::string_view beside = "");
/// What is said of one that is not.
inline constexpr std::string_view kNoFolderName =
    "must be made of at most 100 letters, digits, '-', '_' and '.', and not begin with '.' or '-'";

/// Reads a run file's text, `overrides` ("training.epochs=3", "callbacks[0].patience=2") laid over it. Error
/// with every mistake.
RunConfig read_run_config(const std::string& text, const std::string& file,
                          const std::vector<std::string>& overrides = {});
/// The same, with the fields' mistakes added to `problems`; what they concern keeps its default.
RunConfig read_run_config(const std::string& text, const std::string& file,
                          const std::vector<std::string>& overrides, Problems& problems);

}  // namespace aelab
