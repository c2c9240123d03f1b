#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace aelab {

/// A matrix's rows as LIBLINEAR and LIBSVM take them: lists of (feature's number from 1, value) without the
/// zeros, each ended by -1. 16 bytes a value.
template <class Node>
class SparseRows {
 public:
  /// matrix [rows, features], float64, contiguous, on the CPU.
  explicit SparseRows(const at::Tensor& matrix) {
    const auto columns = static_cast<int>(matrix.size(1));
    const auto* value = matrix.const_data_ptr<double>();
    std::vector<std::size_t> begins;
    for (std::int64_t row = 0; row < matrix.size(0); ++row) {
      begins.push_back(nodes_.size());
      for (int column = 1; column <= columns; ++column, ++value)
        if (*value != 0) nodes_.push_back({column, *value});
      nodes_.push_back({-1, 0});
    }
    for (const auto begin : begins) rows_.push_back(&nodes_[begin]);
  }
  SparseRows(const SparseRows&) = delete;
  SparseRows& operator=(const SparseRows&) = delete;

  Node** data() { return rows_.data(); }
  int size() const { return static_cast<int>(rows_.size()); }

 private:
  std::vector<Node> nodes_;
  std::vector<Node*> rows_;
};

}  // namespace aelab
