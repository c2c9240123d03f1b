#include "aelab/evaluation/assignment.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "aelab/core/signals.h"

namespace aelab {
namespace {

/// Prices of the columns, which are never above 0, and 0 as long as a column is not assigned: so an
/// assignment in which each row has a column of least cost minus price is the best one.
class Assignment {
 public:
  explicit Assignment(const at::Tensor& costs)
      : costs_(costs.contiguous()),
        rows_(static_cast<std::size_t>(costs.size(0))),
        columns_(static_cast<std::size_t>(costs.size(1))),
        price_(columns_, 0),
        column_of_(rows_, kNone),
        row_of_(columns_, kNone) {}

  std::vector<std::int64_t> find() {
    std::vector<std::size_t> free(rows_);
    std::iota(free.begin(), free.end(), std::size_t{0});
    constexpr int kReductions = 3;
    for (int i = 0; i < kReductions; ++i) free = reduced(free);
    distance_.resize(columns_);
    before_.resize(columns_);
    for (const auto row : free) {
      StopSignals::check();
      augment(row);
    }
    return {column_of_.begin(), column_of_.end()};
  }

 private:
  static constexpr std::int64_t kNone = -1;
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();

  at::Tensor costs_;
  std::size_t rows_, columns_;
  std::vector<double> price_;
  std::vector<std::int64_t> column_of_, row_of_;
  std::vector<double> distance_;     // of columns from the free row
  std::vector<std::size_t> before_;  // the row from which a column is reached
  std::vector<std::size_t> open_;    // columns whose distance may still fall

  const float* costs_of(std::size_t row) const { return costs_.const_data_ptr<float>() + row * columns_; }

  /// Gives each of these rows its best column, at a price that makes it no better than the second best; who
  /// had it is free again. Returns the rows that are free at the end.
  std::vector<std::size_t> reduced(const std::vector<std::size_t>& free) {
    std::vector<std::size_t> left;
    for (const auto row : free) {
      const auto* cost = costs_of(row);
      std::size_t best = 0;
      double least = kInfinity, second = kInfinity;
      for (std::size_t j = 0; j < columns_; ++j) {
        const double reduced_cost = cost[j] - price_[j];
        if (reduced_cost >= second) continue;
        if (reduced_cost < least) {
          second = least;
          least = reduced_cost;
          best = j;
        } else {
          second = reduced_cost;
        }
      }
      const bool gains = second > least;
      if (row_of_[best] != kNone && !gains) {
        left.push_back(row);
        continue;
      }
      if (row_of_[best] != kNone) {
        left.push_back(static_cast<std::size_t>(row_of_[best]));
        column_of_[left.back()] = kNone;
      }
      if (gains && second < kInfinity) price_[best] -= second - least;
      row_of_[best] = static_cast<std::int64_t>(row);
      column_of_[row] = static_cast<std::int64_t>(best);
    }
    return left;
  }

  /// Dijkstra's search of a free column, from this row over columns and the rows that have them.
  void augment(std::size_t free_row) {
    std::fill(distance_.begin(), distance_.end(), kInfinity);
    open_.resize(columns_);
    std::iota(open_.begin(), open_.end(), std::size_t{0});
    std::vector<std::size_t> closed;
    double reached = 0;
    for (auto row = free_row;;) {
      const auto nearest = relax(row, reached);
      const auto column = open_[nearest];
      reached = distance_[column];
      open_[nearest] = open_.back();
      open_.pop_back();
      if (row_of_[column] == kNone) {
        for (const auto j : closed) price_[j] += distance_[j] - reached;
        assign(column, free_row);
        return;
      }
      closed.push_back(column);
      row = static_cast<std::size_t>(row_of_[column]);
    }
  }

  /// Shortens distances by this row, which is `reached` away; returns the place of the nearest open column, a
  /// free one if there are several.
  std::size_t relax(std::size_t row, double reached) {
    const auto* cost = costs_of(row);
    const auto own = column_of_[row];
    const double least =
        own == kNone ? 0 : cost[own] - price_[static_cast<std::size_t>(own)];  // of the row's reduced costs
    const double start = reached - least;
    std::size_t nearest = 0;
    double distance = kInfinity;
    for (std::size_t i = 0; i < open_.size(); ++i) {
      const auto j = open_[i];
      const double by_row = start + cost[j] - price_[j];
      if (by_row < distance_[j]) {
        distance_[j] = by_row;
        before_[j] = row;
      }
      if (distance_[j] < distance || (distance_[j] == distance && row_of_[j] == kNone)) {
        distance = distance_[j];
        nearest = i;
      }
    }
    return nearest;
  }

  /// Moves each row of the path to the column that it was left for.
  void assign(std::size_t column, std::size_t free_row) {
    for (;;) {
      const auto row = before_[column];
      row_of_[column] = static_cast<std::int64_t>(row);
      const auto next = column_of_[row];
      column_of_[row] = static_cast<std::int64_t>(column);
      if (row == free_row) return;
      column = static_cast<std::size_t>(next);
    }
  }
};

}  // namespace

std::vector<std::int64_t> best_assignment(const at::Tensor& costs) {
  if (costs.dim() != 2 || costs.size(0) > costs.size(1) || costs.scalar_type() != at::kFloat)
    throw std::logic_error("best_assignment: costs must be float, with no more rows than columns");
  if (costs.size(0) == 0) return {};
  return Assignment(costs).find();
}

}  // namespace aelab
