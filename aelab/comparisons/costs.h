#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace aelab {

struct ComparisonResults;
struct MeasureTable;

/// Mean, least and most over the completed runs of a variant.
struct CostRange {
  double mean = 0, least = 0, most = 0;
};

/// What the completed runs of a variant cost; absent where none is completed.
struct Costs {
  std::optional<CostRange> parameters = {}, epochs = {}, steps = {}, seconds = {};
};

/// The costs that errors are traded for: "code", "l0" (the mean of the metric code/l0), "parameters" and
/// "seconds".
std::span<const char* const> traded_costs();

/// For every variant and traded cost, whether the variant is Pareto-optimal in the means of metric and cost:
/// no other one is at least as good in both and better in one. Only variants that can lead the metric are
/// considered: null for one that cannot, no entry where it lacks the cost, and none at all where neither
/// direction of the metric is better.
std::vector<std::map<std::string, std::optional<bool>>> pareto_optimal(const MeasureTable& table,
                                                                       const ComparisonResults& results);

}  // namespace aelab
