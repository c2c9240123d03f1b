#pragma once

#include <optional>

#include "aelab/training/callback.h"
#include "aelab/training/event_file.h"

namespace aelab {

/// Writes tensorboard/events.out.tfevents.0.aelab, for `tensorboard --logdir RUN_FOLDER` or the folder of
/// many runs:
///
///     scalars      the epoch's metrics, by their names
///     images       "reconstructions" and "filters", as Pictures draws them; where the data are pictures
///     histograms   "parameters/<name>" of every parameter
///     hparams      the model's config, the seed, and the run file's data and training; nested fields' names
///                  are joined by dots
///
/// Steps are those of metrics.csv. On resume the file is cut back to what the checkpoint knew.
class TensorBoard : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "tensorboard";
    static constexpr std::string_view summary =
        "writes scalars, images, histograms and hyper-parameters for TensorBoard";
    std::int64_t every = 5;
    std::int64_t count = 16;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.every = 1, .count = 4}}; }
  };

  explicit TensorBoard(const Config& config) : config_(config) {}
  bool needs_folder() const override { return true; }
  void start(Training& training) override;
  void epoch_end(Training& training) override;
  std::string state_key() const override { return "tensorboard"; }
  nlohmann::json save() const override;
  void load(const nlohmann::json& saved) override;

 private:
  Config config_;
  GrowingFile::Mark keep_;
  std::optional<EventFile> file_;  // open once training starts

  void add_images(const Training& training);
  void add_histograms(const Training& training);
};

}  // namespace aelab
