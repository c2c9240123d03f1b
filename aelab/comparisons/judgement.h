#pragma once

#include <span>
#include <string>
#include <string_view>

#include "aelab/evaluation/statistics.h"

namespace aelab {

/// How firmly the runs of a comparison support a statement: that the leader of a metric is better than the
/// other variants, or that one variant differs from another.
enum class Level { not_judged, undecided, tentative, decided };
std::span<const std::string_view> names(Level);
/// What a level means of the claim that the leader of a metric is better than the others, without a full
/// stop.
std::string meaning(Level level);

/// Why a statement has its level, as a word for programs.
enum class Reason {
  significant,         ///< decided: every difference is significant
  partly_significant,  ///< tentative: some differences are significant, others are not
  deterministic,       ///< tentative: the difference is the same under every seed, so that no test applies
  not_significant,     ///< undecided
  equal,               ///< undecided: equal under every seed, up to rounding
  few_seeds,           ///< not judged: fewer than two seeds have both values
  incomplete_runs,     ///< runs of a variant are not completed; tentative of the leader among the others
  missing_values,      ///< seeds lack the metric that other variants have there; as incomplete_runs
  not_applicable,      ///< not judged: the variant does not have the metric
  no_rival,            ///< not judged: no other variant has the metric
  no_direction         ///< not judged: neither direction of the metric is better
};
std::span<const std::string_view> names(Reason);

/// What is decided of one statement. Terminal, files and reports print it as it is.
struct Judgement {
  Level level = Level::not_judged;
  Reason reason = Reason::not_applicable;
  std::string sentence = {};  ///< the statement in words
};

/// Two variants differ significantly where the Holm-corrected p of their paired t test is below this.
constexpr double kSignificance = 0.05;

/// Judges the difference of two variants whose runs are completed, by its test; the sentence is left empty.
Judgement judgement_of(const PairedTest& test);

/// "paired t tests, Holm-corrected, p < .05"
std::string test_in_words(bool several_tests, bool corrected, bool significant);

/// Which variant is marked as the best of a metric, and by what rule, without a full stop.
std::string rule_of_best();

}  // namespace aelab
