#pragma once

#include <optional>

#include "aelab/core/growing_file.h"
#include "aelab/training/callback.h"

namespace aelab {

/// Writes the metrics of every epoch to metrics.jsonl, one object per line, and to metrics.csv in long form
/// (step, epoch, phase, name, value); and remarks to log.txt. On resume the files are truncated to their
/// lengths at the checkpoint. A damaged or missing metrics.csv is then written again from metrics.jsonl, and
/// log.txt is begun anew; without metrics.jsonl a run cannot be resumed: Failure.
class Log : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "log";
    static constexpr std::string_view summary = "writes metrics.jsonl, metrics.csv and log.txt";
    static constexpr std::string_view also_known_as[] = {"csv-logger", "logger", "history"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Log(const Config&) {}
  bool needs_folder() const override { return true; }
  void start(Training& training) override;
  void phase_begin(Training& training) override;
  void epoch_end(Training& training) override;
  /// Adds what callbacks noted at the end of the last phase, such as cautions; notes of an epoch that was
  /// interrupted are kept by its checkpoint.
  void finish(Training& training) override;
  std::string state_key() const override { return "log"; }
  nlohmann::json save() const override;
  void load(const nlohmann::json& saved) override;

 private:
  struct Files {
    GrowingFile lines, table, remarks;
  };
  GrowingFile::Mark keep_lines_, keep_table_, keep_remarks_;
  std::optional<Files> files_;  // open once training starts
};

}  // namespace aelab
