// How many runs of a comparison ended how.

#include <fmt/format.h>

#include <algorithm>

#include "aelab/comparisons/results.h"
#include "aelab/comparisons/words.h"

namespace aelab {

void RunCounts::add(const ComparedRun& run) {
  const auto& state = run.status.state;
  const bool is_damaged = state == "damaged" || state == "changed";
  ++planned;
  ++(run.is_completed()    ? completed
     : state == "failed"   ? failed
     : state == "diverged" ? diverged
     : state == "missing"  ? missing
     : is_damaged          ? damaged
                           : unfinished);
}

std::string RunCounts::gaps() const {
  std::vector<std::string> parts;
  const auto add = [&](const char* what, std::size_t count) {
    if (count > 0) parts.push_back(fmt::format("{} on {}", what, count));
  };
  add("failed", failed);
  add("diverged", diverged);
  add("did not finish", unfinished);
  add("left damaged or changed files", damaged);
  add("did not run", missing);
  return parts.empty() ? "" : listed(parts) + " of " + counted(planned, "seed");
}

RunCounts ComparedVariant::counts() const {
  RunCounts counts;
  for (const auto& run : runs) counts.add(run);
  return counts;
}

RunCounts ComparisonResults::counts() const {
  RunCounts counts;
  for (const auto& variant : variants)
    for (const auto& run : variant.runs) counts.add(run);
  return counts;
}

std::vector<std::string> ComparisonResults::excluded() const {
  std::vector<std::string> excluded;
  for (const auto& variant : variants)
    for (const auto& run : variant.runs)
      if (!run.is_completed())
        excluded.push_back(run.id + ": " + run.status.state +
                           (run.status.message.empty() ? "" : ": " + run.status.message));
  return excluded;
}

std::string ComparisonResults::exclusion() const {
  const auto all = counts();
  if (all.excluded() == 0) return {};
  return fmt::format("{} of {} {} excluded", all.excluded(), counted(all.planned, "run"),
                     all.excluded() == 1 ? "is" : "are");
}

}  // namespace aelab
