#pragma once

#include "aelab/core/registry.h"
#include "aelab/models/autoencoder.h"

namespace aelab {

/// What a score says of rows, float64 on the CPU.
struct ScoredRows {
  Tensor scores;  ///< [n]; the higher, the stranger
  /// [n, features of the reconstruction]: what each adds to the score. Undefined where a score is no sum over
  /// features, or contributions were not asked for.
  Tensor contributions = {};
};

/// How strange rows are to a trained model, as a number for each row: the higher, the stranger. A row's score
/// depends on the row alone, not on the batch that it is in. Models are in evaluation mode.
class AnomalyScore {
 public:
  static Registry<AnomalyScore>& registry();
  virtual ~AnomalyScore() = default;
  /// What the score is, "squared reconstruction error, summed over features".
  virtual std::string definition() const = 0;
  /// Why it does not apply to this model, and what does; "" if it applies. By default models whose decoder no
  /// longer belongs to their encoder are refused.
  virtual std::string unsuited(const Autoencoder& model) const;
  /// Learns what it needs of rows that the model was trained on. The seed fixes what chance decides. Throws
  /// an Error if the score is unsuited, or if there are too few rows.
  void fit(const Autoencoder& model, const Dataset& rows, std::int64_t seed);
  /// Of rows on the model's device; contributions only if `explain`.
  virtual ScoredRows score(const Autoencoder& model, const Batch& rows, bool explain) const = 0;
  /// What fit() found, by distinct names, to be kept. load() restores it, for the same model, which outlives
  /// the score; it throws an Error if the state is another score's.
  virtual NamedTensors state() const = 0;
  virtual void load(const Autoencoder& model, const NamedTensors& state) = 0;

 protected:
  virtual void fit_rows(const Autoencoder& model, const Dataset& rows, std::int64_t seed) = 0;
};

/// The scores of all rows, in batches, in inference and evaluation mode. Stopped when StopSignals receives a
/// signal.
ScoredRows score_rows(const AnomalyScore& score, const Autoencoder& model, const Dataset& rows,
                      bool explain = false);

/// At most 100,000 of the rows, evenly spread: what scores are fitted to.
Dataset rows_to_fit(const Dataset& rows);

}  // namespace aelab
