#pragma once

// Comparisons of runs that were never run, for tests of what is decided of them.

#include "aelab/comparisons/results.h"

namespace aelab {

using Values = std::vector<std::optional<double>>;  // one per seed; none: the metric does not apply

inline const Measure kError = {.name = "error", .definition = "its square", .better = Direction::lower};
inline const Measure kAccuracy = {.name = "accuracy", .definition = "share", .better = Direction::higher};

inline ComparedVariant variant(const std::string& name, const Values& values,
                               const Measure& measure = kError) {
  ComparedVariant variant{.name = name};
  std::int64_t seed = 0;
  for (const auto& value : values) {
    ComparedRun run{.seed = ++seed, .id = name + "/seed-" + std::to_string(seed)};
    run.status = {.state = "completed", .parameters = 10, .epochs = 2, .steps = 8, .seconds = 1};
    run.evaluated.results = {{measure, value}};
    variant.runs.push_back(run);
  }
  return variant;
}

inline ComparedVariant with_state(ComparedVariant variant, std::size_t run, const std::string& state) {
  variant.runs[run].status.state = state;
  variant.runs[run].evaluated = {};
  return variant;
}

/// Tabulated, the first variant the baseline.
inline ComparisonResults compared(std::vector<ComparedVariant> variants) {
  ComparisonResults results{.name = "made up", .part = "test", .variants = std::move(variants)};
  for (const auto& run : results.variants.front().runs) results.seeds.push_back(run.seed);
  tabulate(results, {});
  return results;
}

inline const Claim& claim(const ComparisonResults& results) { return results.tables.at(0).claim; }

}  // namespace aelab
