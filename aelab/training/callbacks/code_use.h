#pragma once

#include <optional>

#include "aelab/core/growing_file.h"
#include "aelab/nn/code_use.h"
#include "aelab/training/callback.h"

namespace aelab {

/// Writes code_use.jsonl: how the codes of the validation split are used at the end of each epoch, one object
/// per line with "epoch", "step" and "phase" and, to six significant digits,
///
///     divergences       for codes drawn from Gaussians: each dimension's KL divergence from the prior in
///     nats,
///                       averaged over rows; where the prior has a closed form of it, for codes of at most
///                       4,096 dimensions
///     perplexity, used  for codes from a codebook: exp of the entropy of the vectors' frequencies, and the
///                       share of the vectors that are chosen (CodebookCounts)
///
/// Models without any of these have no file. Takes the passes of the validation, and so next to no time.
/// Epochs of phases that train a part of the model have no line. On resume the file is truncated to its
/// length at the checkpoint; a damaged one is begun anew.
class CodeUse : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "code-use";
    static constexpr std::string_view summary =
        "records the KL divergence of each code dimension, or the use of the codebook";
    static constexpr std::string_view also_known_as[] = {"kl-per-dimension", "codebook-usage"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit CodeUse(const Config&) {}
  bool needs_folder() const override { return true; }
  void start(Training& training) override;
  void validated(Training& training, const Update& update, const Pass& pass) override;
  void epoch_end(Training& training) override;
  std::string state_key() const override { return "code-use"; }
  nlohmann::json save() const override;
  void load(const nlohmann::json& saved) override;

 private:
  GrowingFile::Mark keep_;
  std::optional<GrowingFile> file_;  // open from the first line on
  LatentUse dimensions_;             // of the epoch
  CodebookCounts vectors_;

  GrowingFile& file(Training& training);
};

}  // namespace aelab
