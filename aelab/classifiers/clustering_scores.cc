#include "aelab/classifiers/clustering_scores.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

namespace aelab {
namespace {

/// Numbers of rows, [clusters, classes].
at::Tensor contingency(const at::Tensor& clusters, const at::Tensor& classes) {
  const auto rows = clusters.max().item<std::int64_t>() + 1, columns = classes.max().item<std::int64_t>() + 1;
  return (clusters * columns + classes)
      .cpu()
      .bincount({}, rows * columns)
      .view({rows, columns})
      .to(at::kDouble);
}

/// -sum p log p in nats, of numbers of rows.
double entropy(const at::Tensor& counts) {
  const auto p = counts / counts.sum();
  return -at::xlogy(p, p).sum().item<double>();
}

double pairs(const at::Tensor& counts) { return (counts * (counts - 1) / 2).sum().item<double>(); }

/// Matches the rows of a square cost matrix to its columns, one row at a time, along the shortest augmenting
/// path in costs reduced by potentials. Rows and columns count from 1; 0 stands for "none yet".
class Assignment {
 public:
  explicit Assignment(const at::Tensor& costs)
      : n_(static_cast<std::size_t>(costs.size(0))),
        costs_(costs.contiguous()),
        cost_(costs_.const_data_ptr<double>()),
        row_potential_(n_ + 1),
        column_potential_(n_ + 1),
        row_of_(n_ + 1),
        previous_(n_ + 1) {
    for (std::size_t row = 1; row <= n_; ++row) insert(row);
  }

  std::vector<std::int64_t> columns_of_rows() const {
    std::vector<std::int64_t> columns(n_);
    for (std::size_t column = 1; column <= n_; ++column)
      columns[row_of_[column] - 1] = static_cast<std::int64_t>(column) - 1;
    return columns;
  }

 private:
  std::size_t n_;
  at::Tensor costs_;
  const double* cost_;
  std::vector<double> row_potential_, column_potential_;
  std::vector<std::size_t> row_of_, previous_;  // of each column

  double reduced(std::size_t row, std::size_t column) const {
    return cost_[(row - 1) * n_ + column - 1] - row_potential_[row] - column_potential_[column];
  }

  void insert(std::size_t row) {
    std::vector<double> distance(n_ + 1, std::numeric_limits<double>::infinity());
    std::vector<bool> done(n_ + 1);
    row_of_[0] = row;
    std::size_t column = 0;
    while (row_of_[column] != 0) {
      done[column] = true;
      column = nearest(column, distance, done);
    }
    for (; column != 0; column = previous_[column]) row_of_[column] = row_of_[previous_[column]];
  }

  /// Grows the tree of shortest paths by the nearest column outside it.
  std::size_t nearest(std::size_t from, std::vector<double>& distance, const std::vector<bool>& done) {
    std::size_t next = 0;
    for (std::size_t column = 1; column <= n_; ++column) {
      if (done[column]) continue;
      const double length = reduced(row_of_[from], column);
      if (length < distance[column]) {
        distance[column] = length;
        previous_[column] = from;
      }
      if (next == 0 || distance[column] < distance[next]) next = column;
    }
    const double step = distance[next];
    for (std::size_t column = 0; column <= n_; ++column) {
      if (done[column]) {
        row_potential_[row_of_[column]] += step;
        column_potential_[column] -= step;
      } else {
        distance[column] -= step;
      }
    }
    return next;
  }
};

}  // namespace

double normalized_mutual_information(const at::Tensor& clusters, const at::Tensor& classes) {
  const auto table = contingency(clusters, classes);
  const double of_clusters = entropy(table.sum(1)), of_classes = entropy(table.sum(0));
  if (of_clusters + of_classes == 0) return 1;  // both are one group
  const double shared = of_clusters + of_classes - entropy(table);
  return std::clamp(2 * shared / (of_clusters + of_classes), 0., 1.);
}

double adjusted_rand_index(const at::Tensor& clusters, const at::Tensor& classes) {
  const auto table = contingency(clusters, classes);
  const double together = pairs(table), in_clusters = pairs(table.sum(1)), in_classes = pairs(table.sum(0));
  const double most = (in_clusters + in_classes) / 2;
  const double all = pairs(table.sum());
  const double expected = all > 0 ? in_clusters * in_classes / all : 0;
  return most == expected ? 1 : (together - expected) / (most - expected);
}

double best_matching_accuracy(const at::Tensor& clusters, const at::Tensor& classes) {
  const auto table = contingency(clusters, classes);
  const auto matching = best_matching(table);
  double right = 0;
  for (std::size_t i = 0; i < matching.size(); ++i)
    if (matching[i] >= 0) right += table[static_cast<std::int64_t>(i)][matching[i]].item<double>();
  return right / static_cast<double>(clusters.numel());
}

std::vector<std::int64_t> best_matching(const at::Tensor& gains) {
  const auto rows = gains.size(0), columns = gains.size(1), n = std::max(rows, columns);
  auto costs = at::zeros({n, n}, at::kDouble);
  costs.slice(0, 0, rows).slice(1, 0, columns).copy_(-gains);
  auto matching = Assignment(costs).columns_of_rows();
  matching.resize(static_cast<std::size_t>(rows));
  for (auto& column : matching)
    if (column >= columns) column = -1;
  return matching;
}

}  // namespace aelab
