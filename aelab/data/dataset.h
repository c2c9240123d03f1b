#pragma once

#include <ATen/core/Tensor.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "aelab/core/shape.h"
#include "aelab/data/formats/column_type.h"
#include "aelab/data/truth.h"

namespace aelab {

struct SparseMatrix;
using at::Tensor;

/// A factor of variation, such as the scale of a shape: something that is known to differ between rows, with
/// `values` values, which are numbered from 0.
struct Factor {
  std::string name;
  std::int64_t values = 1;
  bool operator==(const Factor&) const = default;
};

struct Series;

/// Some rows of a data set.
struct Batch {
  Tensor inputs;        ///< [batch, ...shape] float
  Tensor labels;        ///< [batch] int64; undefined without labels
  Tensor rows;          ///< [batch] int64, their places in the stored set
  Tensor factors = {};  ///< [batch, factors] int64, their values; undefined without; like `rows` on the CPU

  std::int64_t size() const { return inputs.size(0); }
  Batch to(at::Device device) const;
};

/// What the random changes of training rows depend on, besides the row (nn/noise.h).
struct Chance {
  std::int64_t seed = 0, pass = 0;
  std::string scope = "";
};

/// Unset outside training.
using Randomness = std::optional<Chance>;

/// The smallest and the largest of some values; NaN if any value is that is not a missing cell, and
/// (infinity, -infinity) of no values.
using Range = std::pair<double, double>;

/// Where rows are stored: in memory, in files, or elsewhere. Implementations are immutable and thread-safe.
class Storage {
 public:
  Storage() = default;
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  virtual ~Storage() = default;
  virtual std::int64_t size() const = 0;
  virtual Shape shape() const = 0;
  virtual bool has_labels() const = 0;
  /// The factors of variation whose values are known of every row; none in most sets.
  virtual std::vector<Factor> factors() const { return {}; }
  /// The linear features that the rows were made of, where they are known; nullptr in most sets, and where
  /// rows were transformed since, which changes the features' directions.
  virtual std::shared_ptr<const Truth> truth() const { return nullptr; }
  /// Items that were held out of the rows, for metrics to find: a row of as many columns for each stored row
  /// (formats/sparse_npz.h); nullptr in most sets.
  virtual std::shared_ptr<const SparseMatrix> held_out() const { return nullptr; }
  /// The types of a table's columns, where it is more than numbers; none in other sets.
  virtual ColumnTypes types() const { return {}; }
  /// The points in time that rows are made of, where that is known; nullptr in most sets.
  virtual std::shared_ptr<const Series> series() const { return nullptr; }
  /// Of the given rows, the first point and the number of points, [n, 2] int64; undefined without series().
  virtual Tensor spans(const Tensor& /*rows*/) const { return {}; }
  /// Whether values may be NaN, which is what missing cells of a table are. Where not, NaN is an error.
  virtual bool has_missing() const { return false; }
  /// Copies of the given rows ([n] int64, within size), in that order. Failure when they can no longer be
  /// read.
  virtual Batch gather(const Tensor& rows, const Randomness& random) const = 0;
  /// Their labels alone, [n].
  virtual Tensor labels(const Tensor& rows) const { return gather(rows, {}).labels; }
  /// What messages call a row: "row 7 of faces.npy".
  virtual std::string where(std::int64_t row) const { return "row " + std::to_string(row); }
  /// Whether the rows rest in memory. Batches of others are gathered ahead, and their values are checked when
  /// they are read.
  virtual bool in_memory() const { return true; }

  /// The range of all values of all rows where they rest in memory, otherwise of a sample (expected_range).
  /// It is found at the first call.
  Range value_range() const;
  /// What value_range() found, if it was called before.
  std::optional<Range> known_range() const;

 protected:
  virtual Range find_range() const;

 private:
  mutable std::once_flag range_once_;
  mutable std::atomic<bool> range_is_known_ = false;
  mutable Range range_ = {};
};

class Transform;

/// What messages call a row of the stored set.
using Where = std::function<std::string(std::int64_t row)>;

/// Looks at rows that were gathered, before they are used. Throws if they must not be used.
using Inspection = std::function<void(const Batch& rows, const Where& where)>;

/// Rows of one shape, with or without class labels. A cheap handle: copies and subsets share the storage.
class Dataset {
 public:
  Dataset() = default;  ///< no rows
  explicit Dataset(std::shared_ptr<const Storage> storage) : storage_(std::move(storage)) {}

  /// inputs [rows, ...shape], converted to float; labels [rows] of class numbers from 0, or undefined.
  /// Error when they do not fit together.
  static Dataset from_tensors(const Tensor& inputs, const Tensor& labels = {}, Where where = {});

  std::int64_t size() const;
  Shape shape() const { return storage_->shape(); }
  bool has_labels() const { return storage_ && storage_->has_labels(); }
  std::vector<Factor> factors() const { return storage_ ? storage_->factors() : std::vector<Factor>(); }
  ColumnTypes types() const { return storage_ ? storage_->types() : ColumnTypes(); }
  bool has_missing() const { return storage_ && storage_->has_missing(); }
  std::shared_ptr<const Series> series() const { return storage_ ? storage_->series() : nullptr; }
  /// Of each row, the first of its points and their number, [rows, 2] int64; undefined without series().
  Tensor spans() const;
  /// The features that its rows were made of, which takes Batch::rows; nullptr where they are not known.
  std::shared_ptr<const Truth> truth() const { return storage_ ? storage_->truth() : nullptr; }
  /// The items that were held out of its rows, by Batch::rows; nullptr where there are none.
  std::shared_ptr<const SparseMatrix> held_out() const { return storage_ ? storage_->held_out() : nullptr; }

  /// Rows by their places in this set ([n] int64).
  Batch gather(const Tensor& places, const Randomness& random = {}) const;
  /// The rows from `begin` up to but excluding `end`.
  Batch range(std::int64_t begin, std::int64_t end) const;
  Dataset subset(const Tensor& places) const;
  /// The same rows in the order in which they are stored: for passes whose order does not matter.
  Dataset in_storage_order() const;
  /// All labels, [rows]; undefined without.
  Tensor labels() const;

  /// This set with known factors of variation; `values` [rows, factors] int64. Error when they do not fit.
  Dataset with_factors(std::vector<Factor> factors, const Tensor& values) const;

  /// This set, whose rows [features] are those of a table with columns of these types; where its values have
  /// NaN, these are missing cells. Error when their number does not fit.
  Dataset with_types(ColumnTypes types) const;

  /// This set, each row of which is the point of `series` at the same place. Error when their numbers differ.
  Dataset with_series(std::shared_ptr<const Series> series) const;

  /// This set, each row changed by a fitted transform. Error when it does not fit the rows' shape.
  Dataset transformed(std::shared_ptr<const Transform> transform) const;

  /// This set, whose rows are inspected whenever they are gathered: in the threads that gather them.
  Dataset inspected(Inspection inspection) const;

  std::string where(std::int64_t place) const;
  bool in_memory() const { return !storage_ || storage_->in_memory(); }

  /// Whether all values are known, without a pass over the rows, to be finite and within these limits.
  bool surely_within(double least, double most) const;
  friend Range value_range(const Dataset& dataset);
  friend Range expected_range(const Dataset& dataset);

 private:
  std::shared_ptr<const Storage> storage_;
  Tensor rows_;  // places in the storage; undefined: all of them
};

/// Sets of one shape, concatenated; with labels where all have them, with factors where all have the same.
Dataset joined(const std::vector<Dataset>& sets);

/// Mean and variance of every feature, [...shape] each, in float64, by one pass over the rows. The variance
/// of a constant feature is 0, or no more than rounding.
std::pair<Tensor, Tensor> feature_moments(const Dataset& dataset);

/// `deviation`, of values with this mean, both in float64: 1 where it is no more than rounding, so that
/// constants can be divided by it.
Tensor divisor(const Tensor& deviation, const Tensor& mean);

/// The range of all values of these rows, by a pass over all of them.
Range value_range(const Dataset& dataset);

/// The range of all values where the rows rest in memory; otherwise that of a sample: of 64 blocks of rows of
/// up to 1 MiB, spread evenly over the set, which are all rows of a small one. Rows beyond the sample may
/// have values beyond the range.
Range expected_range(const Dataset& dataset);

/// The range of these values; there must be some.
Range range_of(const Tensor& values);

/// Where the first NaN or infinite value is: "row 7 of faces.npy, value 3"; "" where all are finite. NaN is
/// passed over in data that have missing cells, and in a batch if `may_lack_cells`.
std::string first_not_finite(const Dataset& dataset);
std::string first_not_finite(const Batch& batch, const Where& where, bool may_lack_cells = false);

/// Whether all values are finite, or NaN where that is a missing cell.
bool are_finite(const Tensor& values, bool may_lack_cells);

/// This set; whenever rows are gathered that have NaN or infinite values, but for missing cells, `refuse` is
/// called with the place
/// of the first one, as first_not_finite() names it. It throws.
Dataset without_nan(const Dataset& dataset, std::function<void(const std::string& place)> refuse);

}  // namespace aelab
