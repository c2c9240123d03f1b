#include "aelab/comparisons/costs.h"

#include <algorithm>
#include <array>

#include "aelab/comparisons/results.h"

namespace aelab {
namespace {

std::optional<CostRange> range_of(const std::vector<double>& values) {
  if (values.empty()) return {};
  const auto summary = summarize(values);
  return CostRange{summary.mean, summary.least, summary.most};
}

std::optional<double> active_dimensions(std::size_t variant, const ComparisonResults& results) {
  for (const auto& table : results.tables)
    if (table.measure.name == "code/l0" && table.rows[variant].summary.n > 0)
      return table.rows[variant].summary.mean;
  return {};
}

/// What a variant costs, in the order of traded_costs().
std::array<std::optional<double>, 4> traded_costs_of(std::size_t place, const ComparisonResults& results) {
  const auto& variant = results.variants[place];
  const auto costs = variant.costs();
  const auto mean = [](const std::optional<CostRange>& range) {
    return range ? std::optional(range->mean) : std::nullopt;
  };
  return {variant.code ? std::optional(static_cast<double>(*variant.code)) : std::nullopt,
          active_dimensions(place, results), mean(costs.parameters), mean(costs.seconds)};
}

/// A variant's cost and error; of metrics whose higher values are better, the error is their negative.
struct TradeOff {
  double cost, error;

  bool dominates(const TradeOff& other) const {
    return cost <= other.cost && error <= other.error && (cost < other.cost || error < other.error);
  }
};

}  // namespace

std::span<const char* const> traded_costs() {
  static constexpr std::array<const char*, 4> kCosts = {"code", "l0", "parameters", "seconds"};
  return kCosts;
}

Costs ComparedVariant::costs() const {
  std::vector<double> parameters, epochs, steps, seconds;
  for (const auto& run : runs) {
    if (!run.is_completed()) continue;
    parameters.push_back(static_cast<double>(run.status.parameters));
    epochs.push_back(static_cast<double>(run.status.epochs));
    steps.push_back(static_cast<double>(run.status.steps));
    seconds.push_back(run.status.seconds);
  }
  return {.parameters = range_of(parameters),
          .epochs = range_of(epochs),
          .steps = range_of(steps),
          .seconds = range_of(seconds)};
}

std::vector<std::map<std::string, std::optional<bool>>> pareto_optimal(const MeasureTable& table,
                                                                       const ComparisonResults& results) {
  std::vector<std::map<std::string, std::optional<bool>>> optimal(table.rows.size());
  if (table.measure.better == Direction::neither) return optimal;
  const double sign = table.measure.better == Direction::lower ? 1 : -1;
  for (std::size_t cost = 0; cost < traded_costs().size(); ++cost) {
    std::map<std::size_t, TradeOff> considered;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      const auto value = traded_costs_of(i, results)[cost];
      if (!value) continue;
      optimal[i][traded_costs()[cost]] = std::nullopt;
      if (can_lead(i, table, results)) considered[i] = {*value, sign * table.rows[i].summary.mean};
    }
    for (const auto& [i, own] : considered)
      optimal[i][traded_costs()[cost]] =
          std::none_of(considered.begin(), considered.end(),
                       [&own = own](const auto& other) { return other.second.dominates(own); });
  }
  return optimal;
}

}  // namespace aelab
