#pragma once

#include <optional>

#include "aelab/core/growing_file.h"
#include "aelab/training/callback.h"

namespace aelab {

/// Writes trace.csv: at every batch the checksums (CRC-32) of which rows it holds and of what the encoder saw
/// of them, noise included. Runs that are paired have the same rows at the same step, and under equal
/// corruptions the same inputs. Where a phase has several updates, a batch has a line for each, and its phase
/// is written <phase>/<update>, without the update named "model". Every batch is read from its device.
class Trace : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "trace";
    static constexpr std::string_view summary = "writes trace.csv: checksums of every batch's rows and noise";
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Trace(const Config&) {}
  bool needs_folder() const override { return true; }
  void start(Training& training) override;
  void batch_passed(Training& training, const Update& update, const Batch& batch, const Pass& pass) override;
  std::string state_key() const override { return "trace"; }
  nlohmann::json save() const override;
  void load(const nlohmann::json& saved) override;

 private:
  GrowingFile::Mark keep_;
  std::optional<GrowingFile> file_;
};

}  // namespace aelab
