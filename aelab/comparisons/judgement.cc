#include "aelab/comparisons/judgement.h"

#include <fmt/format.h>

#include <array>

#include "aelab/core/text.h"

namespace aelab {

std::span<const std::string_view> names(Level) {
  static constexpr std::array<std::string_view, 4> kNames = {"not judged", "undecided", "tentative",
                                                             "decided"};
  return kNames;
}

std::span<const std::string_view> names(Reason) {
  static constexpr std::array<std::string_view, 11> kNames = {
      "significant",    "partly_significant", "deterministic",   "not_significant",
      "equal",          "few_seeds",          "incomplete_runs", "missing_values",
      "not_applicable", "no_rival",           "no_direction"};
  return kNames;
}

std::string test_in_words(bool several_tests, bool corrected, bool significant) {
  return fmt::format("paired t test{}{}, p {} {}", several_tests ? "s" : "",
                     corrected ? ", Holm-corrected" : "", significant ? "<" : "≥",
                     shortest(kSignificance).substr(1));
}

std::string rule_of_best() {
  return "the best variant: its difference from every other one is significant (" +
         test_in_words(true, true, true) + "), and none lacks runs or values";
}

std::string meaning(Level level) {
  switch (level) {
    case Level::decided:
      return "every difference from the leader is significant, and no variant lacks runs or values";
    case Level::tentative:
      return "some differences from the leader are significant, or the same under every seed; others are "
             "not, or "
             "variants lack runs or values";
    case Level::undecided:
      return "no difference from the leader is significant";
    case Level::not_judged:
      return "no test applies, or no variant can lead";
  }
  return {};
}

Judgement judgement_of(const PairedTest& test) {
  if (test.equal) return {Level::undecided, Reason::equal};
  if (test.deterministic) return {Level::tentative, Reason::deterministic};
  if (!test.p_adjusted) return {Level::not_judged, Reason::few_seeds};
  if (*test.p_adjusted < kSignificance) return {Level::decided, Reason::significant};
  return {Level::undecided, Reason::not_significant};
}

}  // namespace aelab
