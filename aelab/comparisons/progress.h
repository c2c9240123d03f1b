#pragma once

#include <chrono>
#include <map>

#include "aelab/comparisons/runs.h"
#include "aelab/runs/record.h"

namespace aelab {

/// What stderr shows while a comparison runs: a line for each run that ends and, on a terminal, a live line
/// with the runs in progress and the time left, which fits the terminal's width.
class ComparisonProgress {
 public:
  /// `todo` are the runs that are not completed yet.
  ComparisonProgress(const Comparison& comparison, const std::vector<PlannedRun>& todo, std::int64_t jobs,
                     const ComparisonOptions& options);
  ~ComparisonProgress();
  ComparisonProgress(const ComparisonProgress&) = delete;
  ComparisonProgress& operator=(const ComparisonProgress&) = delete;

  void started(const PlannedRun& run);
  void ended(const PlannedRun& run, const RunStatus& status);
  void redraw();

 private:
  using Clock = std::chrono::steady_clock;

  std::size_t todo_, done_ = 0;
  std::int64_t jobs_;
  bool quiet_, live_;
  std::map<std::string, Clock::time_point> running_;    // ids
  std::map<std::size_t, std::vector<double>> seconds_;  // of the runs that ended, by contender
  std::map<std::size_t, std::size_t> left_;             // runs by contender
  Clock::time_point drawn_ = {};

  /// Estimated from the runs that ended, of the same contender if there are any. Empty before the first ends.
  std::optional<double> time_left() const;
};

}  // namespace aelab
