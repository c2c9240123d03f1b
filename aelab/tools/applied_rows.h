#pragma once

#include "aelab/runs/trained_run.h"
#include "aelab/tools/application_tables.h"

namespace aelab {

/// Rows of a source: all of them in order, first those for training and then those held out for tests; or one
/// split.
enum class AppliedRows { all, train, validation, test };
std::span<const std::string_view> names(AppliedRows);

/// Rows that a model is applied to, as its networks take them, with what their source says of them.
struct AppliedSets {
  std::vector<std::pair<std::string, Dataset>> parts;  ///< one after the other
  std::vector<Dataset> read = {};                      ///< the same rows before transforms
  CsvNames names = {};
  bool has_targets = true;  ///< of reconstructions, so that these have errors

  bool has_labels() const {
    return std::all_of(parts.begin(), parts.end(), [](const auto& part) { return part.second.has_labels(); });
  }
  std::int64_t size() const;
};

/// All rows of other data, or one of their splits; without `other`, the test split of the model's own data,
/// or the part that is chosen. Throws an Error for data that the model does not take (open_for_model()).
AppliedSets choose_rows(const OpenedModel& opened, const std::optional<DataConfig>& other,
                        std::optional<AppliedRows> part);

}  // namespace aelab
