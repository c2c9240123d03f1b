#pragma once

#include <filesystem>
#include <map>

#include "aelab/data/input_schema.h"
#include "aelab/evaluation/features.h"
#include "aelab/runs/run_config.h"

namespace aelab {

/// Opens trained models as features for metrics: their codes. Copies share what was opened.
///
/// Rows of the evaluated model have passed the transforms of its run. These are undone as far as they have
/// inverses, and what remains must be what the model of the features begins with, the same transforms fitted
/// to the same values; its own are applied to the rest. A model that was trained on the source's own rows
/// takes those of any run whose transforms all have inverses.
class ModelFeatures {
 public:
  /// For rows that `fitted`, the transforms of `chosen`, made of rows of the source `input`. Relative paths
  /// are first looked for in `working_folder`, unless it is empty.
  ModelFeatures(std::vector<Choice<Transform>> chosen, Transforms fitted, InputSchema input,
                std::filesystem::path working_folder = {});

  /// The codes of the model in a run folder or a file. Throws an Error if there is no such model, or if it
  /// does not take these rows.
  std::shared_ptr<const Features> operator()(const std::string& path) const;

 private:
  struct Rows;
  std::shared_ptr<Rows> rows_;
};

/// Throws a FieldError of "evaluation[i].features" if features that the metrics name cannot be opened.
void check_features(const std::vector<Choice<Metric>>& metrics, const ModelFeatures& features);

}  // namespace aelab
