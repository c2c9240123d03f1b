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
///     latents, silent   for sparse codes of a decoder that is linear in them: the number of elements, and of
///                       those that are 0 in every row of the validation split
///     dead, dead_after  the number of elements that were 0 in the last `dead_after` training rows, by the
///                       model's own count (Parts::silent_rows), where a penalty revives dead ones
///     threshold         what elements must exceed outside training, for codes of a batch's largest elements
///
/// None of these needs a definition that changes: version 1 of each. /// Models without any of these have no
/// file. Takes the passes of the validation, and so next to no time. Epochs of phases that train a part of
/// the model have no line. On resume the file is truncated to its length at the checkpoint; a damaged one is
/// begun anew.
class CodeUse : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "code-use";
    static constexpr std::string_view summary =
        "records the KL divergence of each code dimension, the use of the codebook, or dead latents";
    static constexpr std::string_view also_known_as[] = {"kl-per-dimension", "codebook-usage",
                                                         "dead-latents"};
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
  ElementUse elements_;
  bool is_dictionary_ = false;  // whether the decoder is linear in the code

  GrowingFile& file(Training& training);
  void add_dictionary(const Autoencoder& model, nlohmann::ordered_json& line) const;
};

}  // namespace aelab
