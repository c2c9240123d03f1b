#pragma once

#include <map>
#include <optional>

#include "aelab/core/fields.h"
#include "aelab/data/formats/column_summary.h"
#include "aelab/data/transform.h"

namespace aelab {

/// What decides which rows are in which split.
enum class SplitBy {
  random,  ///< the seed
  time,    ///< the rows' times: the first ones are trained on, the last ones are for the test
};
std::span<const std::string_view> names(SplitBy);

/// How a source's rows are split and transformed. Amounts below 1 are fractions of the rows, others are
/// numbers of rows.
struct SplitConfig {
  double validation = 0.1;
  std::optional<double> train = {};
  std::optional<double> test = {};
  bool stratified = false;
  std::optional<SplitBy> by = {};  ///< unset: by time where the rows have times or are windows, else random
  AnyJson normal = {};             ///< classes to train on (data/normal_classes.h); empty: all
  std::vector<Choice<Transform>> transforms = {};  ///< in their order, each fitted to the training split

  void fields(Fields& f);
  /// The transforms that rows with columns of these types are changed by: where a table is more than numbers,
  /// "columns" is added if it is left out. FieldError of "transforms[i]" where others are listed for such a
  /// table.
  SplitConfig completed(const ColumnTypes& types) const;
  /// The transforms, which know the columns that they are for.
  std::vector<std::shared_ptr<Transform>> make_transforms(const ColumnTypes& types) const;
  /// The shape of a row of that shape after the transforms. FieldError of "transforms[i]"
  /// when one does not fit.
  Shape changed(Shape shape, const ColumnTypes& types = {}) const;
  /// Kinds of the features after the transforms, of a table that is more than numbers; else none.
  FeatureGroups features(const ColumnTypes& types) const;
  /// Whether each feature of a row after the transforms is the same feature before them.
  bool keeps_features() const;
  /// Limits that the transforms guarantee for values within `values`, whatever the split and its seed.
  Bounds changed(Bounds values) const;
};

using Transforms = std::vector<std::shared_ptr<Transform>>;

/// Which classes are normal, where training and validation splits hold rows of these alone.
struct NormalRows {
  std::vector<std::int64_t> classes = {};  ///< in ascending order; empty: no class was left out
  /// Rows of other classes that the validation split would have. Nothing is fitted to them, and no model is
  /// chosen by them: only a threshold of a detector may be (evaluation/detector.h).
  Dataset left_out = {};
  std::int64_t not_trained = 0;  ///< number of rows of other classes that the training split would have
};

/// The three splits of a data set. Training never sees the other two.
struct Split {
  Dataset train, validation, test;
  Transforms transforms = {};  ///< that changed their rows
  /// Numbers of features of the blocks that rows consist of: the source's (Data::blocks), where the
  /// transforms keep features apart.
  std::vector<std::int64_t> blocks = {};
  /// Kinds of the features, of an encoded table; else none.
  FeatureGroups features = {};
  /// Expected limits of all values, by a rule that does not depend on seed or split: the range of the
  /// source's values (Data::values) and what the transforms guarantee. A likelihood that is left out is
  /// chosen by them. Unset in a split that was not made by Data::split.
  std::optional<Bounds> values = {};
  NormalRows normal = {};
  bool by_time = false;  ///< whether times decided which rows are in which split
  std::int64_t crossing =
      0;  ///< number of windows that cross a border between splits by time: they are in none
  std::vector<std::string> class_names = {};  ///< of the labels, where the source names classes

  /// `values`, or else the expected range of the values of the three splits.
  Bounds limits() const;
};

/// A data set that is not split, changed by fitted transforms.
Dataset transformed(Dataset dataset, const Transforms& transforms);

/// What a source opened: rows for training and, where the source has them, held-out rows for the test.
struct Data {
  std::string name;
  Dataset train;
  std::optional<Dataset> test = {};
  std::string origin = {};              ///< the file or folder that it was read from
  std::vector<std::string> files = {};  ///< all files, or folders of files, that it was read from
  std::vector<std::string> class_names =
      {};  ///< of the labels, in their order, where the source names classes
  /// What is known of rows that were made, those for training and then those for the test: by name, such as
  /// "codes" [rows, atoms], or of all of them, such as "dictionary" [atoms, features]. Factors of variation
  /// belong to the rows themselves (Dataset::factors).
  std::map<std::string, Tensor> truth = {};
  /// Numbers of features of the blocks that rows consist of, where sources were joined side by side, in
  /// order.
  std::vector<std::int64_t> blocks = {};
  std::vector<std::string> columns = {};  ///< names of a row's features, in order, where the source has them
  /// Types of a table's columns, where it is more than numbers: those of train.types().
  ColumnTypes types() const { return train.types(); }
  std::string label = {};  ///< the name of the labels' column, where the source has one
  /// What is known of the columns' training values before they were rounded to float32; none elsewhere.
  std::vector<ColumnSummary> summaries = {};
  /// What the source guessed or found odd, for the user to read: "fields are separated by ";"".
  std::vector<std::string> notes = {};
  std::int64_t opened = 0;  ///< when reading its files began (file_time()); 0: unknown

  Shape shape() const { return train.shape(); }
  std::int64_t classes() const;  ///< one more than the largest label; 0 without labels
  /// The range of all values, training and test rows, or of a sample of rows that do not rest in memory
  /// (expected_range); without limits where a value is NaN or infinite.
  Bounds values() const;
  /// The blocks of rows that these transforms have changed: none where one mixes features.
  std::vector<std::int64_t> changed_blocks(const SplitConfig& config) const;
  /// The config with what these data have if it is left out: a test split of 0.2 of the rows where the source
  /// has no test rows, a split by time where the rows have times, the transform "columns" for a table that is
  /// more than numbers, and "standardize" over channels for windows.
  SplitConfig completed(SplitConfig config) const;
  /// The same splits whenever seed and config are the same. FieldError of the split
  /// that would be empty or too large, of "by", or of "transforms[i]".
  ///
  /// By time, an amount of rows is the last ones: a split has the rows that begin after its border, the time
  /// at which as many remain, or fewer where rows begin at one time. Rows with points on both sides of a
  /// border are in no split, so that no point of a split is in another one.
  Split split(const SplitConfig& config = {}, std::int64_t seed = 0) const;
  /// These splits with already fitted transforms in place of the config's.
  Split split(const SplitConfig& config, std::int64_t seed, const Transforms& transforms) const;
};

}  // namespace aelab
