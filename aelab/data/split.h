#pragma once

#include <map>
#include <optional>

#include "aelab/core/fields.h"
#include "aelab/data/transform.h"

namespace aelab {

/// How a source's rows are divided, and changed. Amounts below 1 are shares of the rows, others are numbers
/// of rows.
struct SplitConfig {
  double validation = 0.1;
  std::optional<double> train = {};
  std::optional<double> test = {};
  bool stratified = false;
  std::vector<Choice<Transform>> transforms = {};  ///< in their order, each fitted to the training part

  void fields(Fields& f);
  /// Of a row of that shape after the transforms. Error when one does not fit.
  Shape changed(Shape shape) const;
};

using Transforms = std::vector<std::shared_ptr<Transform>>;

/// The three parts. Training never sees the other two.
struct Split {
  Dataset train, validation, test;
  Transforms transforms = {};  ///< that changed their rows
};

/// A set that is not divided, changed as a split's parts were.
Dataset transformed(Dataset dataset, const Transforms& transforms);

/// What a source opened: rows for training and, where the source has them, rows set apart for tests.
struct Data {
  std::string name;
  Dataset train;
  std::optional<Dataset> test = {};
  std::string origin = {};              ///< the file or folder that it was read from
  std::vector<std::string> files = {};  ///< all files, or folders of files, that it was read from
  std::vector<std::string> class_names =
      {};  ///< of the labels, in their order, where the source names classes
  /// What is known of rows that were made, the training part's and then the test part's: by name, such as
  /// "factors" [rows, factors], or of all of them, such as "dictionary" [atoms, features].
  std::map<std::string, Tensor> truth = {};

  Shape shape() const { return train.shape(); }
  std::int64_t classes() const;  ///< one more than the largest label; 0 without labels
  /// The same parts whenever seed and config are the same. Error when a part would be empty or too large.
  Split split(const SplitConfig& config = {}, std::int64_t seed = 0) const;
  /// The same, changed by transforms that are fitted already instead of the config's.
  Split split(const SplitConfig& config, std::int64_t seed, const Transforms& transforms) const;
};

}  // namespace aelab
