#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "aelab/core/shape.h"

namespace aelab {

using at::Tensor;

/// Some rows of a data set.
struct Batch {
  Tensor inputs;  ///< [batch, ...shape] float
  Tensor labels;  ///< [batch] int64; undefined without labels
  Tensor rows;    ///< [batch] int64, their places in the stored set

  std::int64_t size() const { return inputs.size(0); }
  Batch to(at::Device device) const;
};

/// Where rows lie: in memory, or elsewhere. Implementations are immutable and read from any thread.
class Storage {
 public:
  virtual ~Storage() = default;
  virtual std::int64_t size() const = 0;
  virtual Shape shape() const = 0;
  virtual bool has_labels() const = 0;
  /// The given rows ([n] int64, within size), in that order.
  virtual Batch gather(const Tensor& rows) const = 0;
};

/// Rows of one shape, with or without class labels. A cheap handle: copies and subsets share the storage.
class Dataset {
 public:
  Dataset() = default;  ///< no rows
  explicit Dataset(std::shared_ptr<const Storage> storage) : storage_(std::move(storage)) {}

  /// inputs [rows, ...shape], converted to float; labels [rows] of class numbers from 0, or undefined.
  /// Error when they do not fit together.
  static Dataset from_tensors(const Tensor& inputs, const Tensor& labels = {});

  std::int64_t size() const;
  Shape shape() const { return storage_->shape(); }
  bool has_labels() const { return storage_ && storage_->has_labels(); }

  /// Rows by their places in this set ([n] int64).
  Batch gather(const Tensor& places) const;
  /// The rows from `begin` up to, without, `end`.
  Batch range(std::int64_t begin, std::int64_t end) const;
  Dataset subset(const Tensor& places) const;
  /// All labels, [rows]; undefined without.
  Tensor labels() const;

  /// This set with every input's features shifted and scaled: (x - mean) / deviation, both of `shape`.
  Dataset standardized(const Tensor& mean, const Tensor& deviation) const;

 private:
  std::shared_ptr<const Storage> storage_;
  Tensor rows_;  // places in the storage; undefined: all of them
};

/// Mean and standard deviation of every feature, [...shape] each; a constant feature's deviation is 1.
std::pair<Tensor, Tensor> feature_statistics(const Dataset& dataset);

/// The smallest and the largest value of any feature; NaN if any value is.
std::pair<double, double> value_range(const Dataset& dataset);

}  // namespace aelab
