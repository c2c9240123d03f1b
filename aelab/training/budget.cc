#include "aelab/training/budget.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "aelab/core/text.h"

namespace aelab {

void Budget::fields(Fields& f) {
  f("epochs", epochs, "total number of epochs", at_least(1));
  f("steps", steps, "total number of optimizer steps", at_least(1));
  f("seconds", seconds, "total wall-clock time", above(0));
  f("shares", shares, "shares of the phases that take steps, in their order; default: equal", above(0));
  f.require(epochs.has_value() + steps.has_value() + seconds.has_value() == 1, "",
            "must have exactly one of \"epochs\", \"steps\", \"seconds\"");
}

namespace {

std::vector<std::int64_t> divide(std::int64_t total, const std::vector<double>& shares) {
  const double whole = std::accumulate(shares.begin(), shares.end(), 0.0);
  std::vector<std::int64_t> parts;
  std::vector<std::pair<double, std::size_t>> remainders;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double exact = static_cast<double>(total) * shares[i] / whole;
    parts.push_back(static_cast<std::int64_t>(std::floor(exact)));
    remainders.emplace_back(std::floor(exact) - exact, i);  // the largest first; equal ones in their order
  }
  std::sort(remainders.begin(), remainders.end());
  const auto left = total - std::accumulate(parts.begin(), parts.end(), std::int64_t{0});
  for (std::int64_t i = 0; i < left; ++i) ++parts[remainders[static_cast<std::size_t>(i)].second];
  return parts;
}

/// The same, with at least one for every phase. Throws an Error with the least total that allows it.
std::vector<std::int64_t> divide_fully(std::int64_t total, const std::vector<double>& shares,
                                       const std::string& unit) {
  const auto is_full = [](const std::vector<std::int64_t>& parts) {
    return std::find(parts.begin(), parts.end(), 0) == parts.end();
  };
  auto parts = divide(total, shares);
  if (is_full(parts)) return parts;
  auto enough = total + 1;
  while (!is_full(divide(enough, shares))) ++enough;
  throw Error(std::to_string(total) + " " + unit + " are too few for all phases; the least possible is " +
              std::to_string(enough));
}

void check_phases(const Budget& budget, const std::vector<const Phase*>& phases) {
  for (const auto* phase : phases)
    if (phase->epochs)
      throw Error("the phase \"" + phase->name + "\" has its own number of epochs (" +
                  std::to_string(*phase->epochs) + "); leave that out, or the budget");
  if (!budget.shares.empty() && budget.shares.size() != phases.size())
    throw FieldError("shares", "are " + std::to_string(budget.shares.size()) + ", and this model has " +
                                   std::to_string(phases.size()) + " phases that take steps");
}

}  // namespace

std::optional<std::int64_t> PhaseLimits::steps_of(std::int64_t epoch_steps) const {
  if (steps) return steps;
  return epochs ? std::optional(*epochs * epoch_steps) : std::nullopt;
}

std::vector<PhaseLimits> phase_limits(const std::optional<Budget>& budget, std::int64_t epochs,
                                      const std::vector<Phase>& phases) {
  std::vector<PhaseLimits> limits;
  std::vector<const Phase*> stepping;
  std::vector<std::size_t> places;
  for (const auto& phase : phases) {
    limits.push_back({.epochs = phase.solve ? 1 : phase.epochs.value_or(epochs)});
    if (phase.solve) continue;
    stepping.push_back(&phase);
    places.push_back(limits.size() - 1);
  }
  if (!budget || stepping.empty()) return limits;
  check_phases(*budget, stepping);
  const auto shares = budget->shares.empty() ? std::vector<double>(stepping.size(), 1.0) : budget->shares;
  const double whole = std::accumulate(shares.begin(), shares.end(), 0.0);
  const auto whole_parts = budget->epochs  ? divide_fully(*budget->epochs, shares, "epochs")
                           : budget->steps ? divide_fully(*budget->steps, shares, "steps")
                                           : std::vector<std::int64_t>();
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto& limit = limits[places[i]];
    limit = {};
    if (budget->epochs) limit.epochs = whole_parts[i];
    if (budget->steps) limit.steps = whole_parts[i];
    if (budget->seconds) limit.seconds = *budget->seconds * shares[i] / whole;
  }
  return limits;
}

}  // namespace aelab
