#pragma once

#include <chrono>
#include <optional>

#include "aelab/core/growing_file.h"
#include "aelab/training/callback.h"

namespace aelab {

/// Writes throughput.csv: for each epoch the seconds of wall-clock time, and the training samples and steps
/// per second. Turns of models that are trained together with this one do not count. Separate from the
/// metrics, because times are not reproducible.
class Throughput : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "throughput";
    static constexpr std::string_view summary = "writes throughput.csv: samples and steps per second";
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Throughput(const Config&) {}
  bool needs_folder() const override { return true; }
  void start(Training& training) override;
  void step_end(Training& training) override;
  void epoch_end(Training& training) override;
  std::string state_key() const override { return "throughput"; }
  nlohmann::json save() const override;
  void load(const nlohmann::json& saved) override;

 private:
  using Clock = std::chrono::steady_clock;

  GrowingFile::Mark keep_;
  std::optional<GrowingFile> file_;
  Clock::time_point begun_;
  std::int64_t steps_ = 0;  // of this epoch, by this process
};

}  // namespace aelab
