#pragma once

#include <optional>

#include "aelab/core/fields.h"
#include "aelab/data/dataset.h"

namespace aelab {

enum class Scaling { unit, standardize };
std::span<const std::string_view> names(Scaling);

/// How a source's rows are divided. Amounts below 1 are shares of the rows, others are numbers of rows.
struct SplitConfig {
  double validation = 0.1;
  std::optional<double> train = {};
  std::optional<double> test = {};
  bool stratified = false;
  Scaling scale = Scaling::unit;

  void fields(Fields& f);
};

/// The three parts. Training never sees the other two.
struct Split {
  Dataset train, validation, test;
};

/// What a source opened: rows for training and, where the source has them, rows set apart for tests.
struct Data {
  std::string name;
  Dataset train;
  std::optional<Dataset> test = {};
  std::string origin = {};  ///< the file or folder that it was read from

  Shape shape() const { return train.shape(); }
  std::int64_t classes() const;  ///< one more than the largest label; 0 without labels
  /// The same parts whenever seed and config are the same. Error when a part would be empty or too large.
  Split split(const SplitConfig& config = {}, std::int64_t seed = 0) const;
};

}  // namespace aelab
