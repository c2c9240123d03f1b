#include "aelab/evaluation/anomaly_score.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "aelab/core/signals.h"
#include "aelab/data/batches.h"
#include "aelab/nn/mode.h"

namespace aelab {

std::string AnomalyScore::unsuited(const Autoencoder& model) const {
  if (model.reconstructs()) return {};
  return "this model no longer reconstructs: its decoder was not trained together with the classifier. "
         "Choose "
         "\"mahalanobis\" or \"density\", scores of its codes";
}

void AnomalyScore::fit(const Autoencoder& model, const Dataset& rows, std::int64_t seed) {
  if (const auto reason = unsuited(model); !reason.empty()) throw Error(reason);
  const ModeScope evaluation(model, /*training=*/false);
  const c10::InferenceMode outside_inference(false);  // what is found may be trained further, and is kept
  const at::NoGradGuard no_gradients;
  fit_rows(model, rows_to_fit(rows), seed);
}

ScoredRows score_rows(const AnomalyScore& score, const Autoencoder& model, const Dataset& rows,
                      bool explain) {
  constexpr std::int64_t kRows = 1000;
  const c10::InferenceMode inference;
  const ModeScope evaluation(model, /*training=*/false);
  const auto device = model.parameters().front().device();
  const Batches batches(rows, kRows);
  std::vector<Tensor> scores, contributions;
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    StopSignals::check();
    auto scored = score.score(model, batches[i].to(device), explain);
    scores.push_back(std::move(scored.scores));
    if (scored.contributions.defined()) contributions.push_back(std::move(scored.contributions));
  }
  if (scores.empty()) return {at::empty({0}, at::kDouble)};
  return {at::cat(scores), contributions.empty() ? Tensor() : at::cat(contributions)};
}

Dataset rows_to_fit(const Dataset& rows) {
  constexpr std::int64_t kMost = 100'000;
  if (rows.size() <= kMost) return rows;
  return rows.subset((at::arange(kMost, at::kLong) * rows.size()).floor_divide(kMost));
}

}  // namespace aelab
