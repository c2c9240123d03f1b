#pragma once

#include "aelab/data/dataset.h"

namespace aelab {

/// The rows of a set, of which a derived class changes something; all else is as it is there.
class ChangedRows : public Storage {
 public:
  explicit ChangedRows(Dataset set) : set_(std::move(set)) {}
  std::int64_t size() const override { return set_.size(); }
  Shape shape() const override { return set_.shape(); }
  bool has_labels() const override { return set_.has_labels(); }
  std::vector<Factor> factors() const override { return set_.factors(); }
  ColumnTypes types() const override { return set_.types(); }
  bool has_missing() const override { return set_.has_missing(); }
  std::shared_ptr<const Series> series() const override { return set_.series(); }
  Tensor spans(const Tensor& rows) const override { return set_.subset(rows).spans(); }
  Batch gather(const Tensor& rows, const Randomness& random) const override;
  Tensor labels(const Tensor& rows) const override { return set_.subset(rows).labels(); }
  std::string where(std::int64_t row) const override { return set_.where(row); }
  bool in_memory() const override { return set_.in_memory(); }

 protected:
  const Dataset& set() const { return set_; }
  /// That of the set: overridden where values are changed.
  Range find_range() const override { return expected_range(set_); }

 private:
  Dataset set_;
};

}  // namespace aelab
