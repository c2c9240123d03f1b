// What may be claimed about one metric of a comparison.

#include <fmt/format.h>

#include <algorithm>

#include "aelab/comparisons/results.h"
#include "aelab/comparisons/words.h"
#include "aelab/core/text.h"

namespace aelab {
namespace {

using Names = std::vector<std::string>;

/// Why a variant cannot lead a metric that it has: its runs, or seeds without the metric that others have.
std::string exclusion_of(std::size_t variant, const MeasureTable& table, const ComparisonResults& results) {
  if (auto reason = results.variants[variant].exclusion(); !reason.empty()) return reason;
  const auto& own = table.rows[variant].values;
  std::size_t lacking = 0;
  for (std::size_t seed = 0; seed < own.size(); ++seed)
    lacking += !own[seed] && std::any_of(table.rows.begin(), table.rows.end(),
                                         [&](const auto& row) { return row.values[seed].has_value(); });
  if (lacking == 0) return {};
  return fmt::format("not measured under {} of {}", lacking, counted(own.size(), "seed"));
}

/// A variant without any value, though all its runs are completed: the metric does not apply to it.
bool has_metric(std::size_t variant, const MeasureTable& table, const ComparisonResults& results) {
  return table.rows[variant].summary.n > 0 || !results.variants[variant].exclusion().empty();
}

bool is_better(const MeasureRow& row, const MeasureRow& other, Direction better) {
  return better == Direction::lower ? row.summary.mean < other.summary.mean
                                    : row.summary.mean > other.summary.mean;
}

std::optional<std::size_t> leader_of(const std::vector<std::size_t>& eligible, const MeasureTable& table) {
  std::optional<std::size_t> leader;
  for (const auto i : eligible)
    if (!leader || is_better(table.rows[i], table.rows[*leader], table.measure.better)) leader = i;
  return leader;
}

/// The tests of the leader against the other eligible variants, in their order. Pairs with the baseline have
/// the table's p; the others are corrected over all pairs of eligible variants without the baseline, since
/// the leader is chosen after looking at the values.
std::vector<PairedTest> tests_of(std::size_t leader, const std::vector<std::size_t>& eligible,
                                 const MeasureTable& table, std::size_t baseline) {
  std::vector<PairedTest> tests, own;
  std::vector<bool> is_own;
  std::vector<std::optional<double>> family;
  for (auto a = eligible.begin(); a != eligible.end(); ++a)
    for (auto b = a + 1; b != eligible.end(); ++b) {
      const bool with_baseline = *a == baseline || *b == baseline;
      tests.push_back(with_baseline ? *table.rows[*a == baseline ? *b : *a].against
                                    : paired_test(table.rows[*a], table.rows[*b]));
      family.push_back(with_baseline ? std::nullopt : tests.back().p);
      is_own.push_back(*a == leader || *b == leader);
    }
  const auto adjusted = holm(family);
  for (std::size_t i = 0; i < tests.size(); ++i) {
    if (!is_own[i]) continue;
    own.push_back(tests[i]);
    if (adjusted[i]) own.back().p_adjusted = adjusted[i];
  }
  return own;
}

/// The other variants by what can be said of them.
struct Others {
  Names significant, inconclusive, deterministic, equal, untested;
  Names excluded;  ///< "wild (2 of 2 runs failed)"
};

Level level_of(const Others& others) {
  if (!others.significant.empty()) {
    const bool all = others.inconclusive.empty() && others.deterministic.empty() && others.equal.empty() &&
                     others.untested.empty() && others.excluded.empty();
    return all ? Level::significant : Level::partly;
  }
  if (!others.inconclusive.empty()) return Level::inconclusive;
  return others.deterministic.empty() && others.equal.empty() ? Level::not_tested : Level::deterministic;
}

/// "pca and linear have the lowest reconstruction/mse (0.0123 ± 0.0004, 5 seeds; equal up to rounding)."
std::string sentence_of(const Claim& claim, const Others& others, const MeasureTable& table,
                        const ComparisonResults& results) {
  const auto& summary = table.rows[*claim.leader].summary;
  Names leaders = {results.variants[*claim.leader].name};
  leaders.insert(leaders.end(), others.equal.begin(), others.equal.end());
  return fmt::format("{} {} the {} {} ({}, {}{}).", listed(leaders), leaders.size() == 1 ? "has" : "have",
                     table.measure.better == Direction::lower ? "lowest" : "highest", table.measure.name,
                     plus_minus(summary), counted(static_cast<std::size_t>(summary.n), "seed"),
                     others.equal.empty() ? "" : "; equal up to rounding");
}

/// "(paired t tests, Holm-corrected, p < .05)"
std::string method_of(std::size_t variants, std::size_t tests, bool significant) {
  const auto threshold = fmt::format("p {} {}", significant ? "<" : "≥", shortest(kSignificance).substr(1));
  if (variants == 2) return "(paired t test, " + threshold + ")";
  return fmt::format("(paired t test{}, Holm-corrected, {})", tests == 1 ? "" : "s", threshold);
}

std::string reason_of(const Claim& claim, const Others& others, std::size_t variants) {
  Names sentences;
  const auto& [significant, inconclusive, deterministic, equal, untested, excluded] = others;
  const bool all_completed = excluded.empty();  // clang captures no structured binding
  const auto compared =
      claim.significant + claim.inconclusive + claim.deterministic + claim.equal + claim.untested;
  const auto method = [&](const Names& names, bool found) {
    return method_of(variants, names.size(), found);
  };
  const auto from = [&](const Names& names) {
    if (names.size() < compared || !all_completed || names.size() == 1) return listed(names);
    if (claim.not_applicable == 0) return std::string("every other variant");
    return fmt::format("every other variant that has this metric ({} of {})", compared,
                       compared + claim.not_applicable);
  };
  if (!significant.empty())
    sentences.push_back("The difference from " + from(significant) + " is significant " +
                        method(significant, true) + ".");
  if (!inconclusive.empty())
    sentences.push_back("The difference from " + from(inconclusive) + " is not significant " +
                        method(inconclusive, false) + " and may be due to chance.");
  if (!deterministic.empty())
    sentences.push_back("The difference from " + from(deterministic) +
                        " is the same under every seed, up to rounding, and is not tested.");
  if (!untested.empty())
    sentences.push_back("The difference from " + from(untested) +
                        " is not tested: it needs at least two seeds.");
  if (compared == 0)
    sentences.push_back(excluded.empty() ? "There is no other variant to compare it with."
                                         : "No other variant can be compared with it.");
  else if (compared == equal.size() && excluded.empty())
    sentences.push_back("There is no difference to test.");
  if (!excluded.empty()) sentences.push_back("No claim is made about " + listed(excluded) + ".");
  return join(sentences, " ");
}

void sort_others(const std::vector<std::size_t>& eligible, const std::vector<PairedTest>& tests,
                 const ComparisonResults& results, std::size_t leader, Others& others) {
  auto test = tests.begin();
  for (const auto i : eligible) {
    if (i == leader) continue;
    auto& group = test->equal                         ? others.equal
                  : test->deterministic               ? others.deterministic
                  : !test->p_adjusted                 ? others.untested
                  : *test->p_adjusted < kSignificance ? others.significant
                                                      : others.inconclusive;
    group.push_back(results.variants[i].name);
    ++test;
  }
}

}  // namespace

Claim claim_of(const MeasureTable& table, const ComparisonResults& results) {
  Claim claim;
  if (table.measure.better == Direction::neither) {
    claim.reason = "Neither direction is better.";
    return claim;
  }
  std::vector<std::size_t> eligible, excluded;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (!has_metric(i, table, results))
      ++claim.not_applicable;
    else
      (exclusion_of(i, table, results).empty() ? eligible : excluded).push_back(i);
  }
  claim.excluded = excluded.size();
  if (eligible.size() == 1 && excluded.empty() && table.rows.size() > 1) {
    claim.reason = "Only " + results.variants[eligible.front()].name + " has this metric.";
    return claim;
  }
  claim.leader = leader_of(eligible, table);
  Others others;
  for (const auto i : excluded) {
    const auto& row = table.rows[i];
    const bool leads =
        claim.leader && row.summary.n > 0 && is_better(row, table.rows[*claim.leader], table.measure.better);
    others.excluded.push_back(results.variants[i].name + " (" + exclusion_of(i, table, results) +
                              (leads ? "; its other runs have a better mean)" : ")"));
  }
  if (!claim.leader) {
    claim.reason = others.excluded.empty() ? "No variant has this metric."
                                           : "No variant can lead: " + listed(others.excluded) + ".";
    return claim;
  }
  sort_others(eligible, tests_of(*claim.leader, eligible, table, results.baseline), results, *claim.leader,
              others);
  claim.significant = others.significant.size();
  claim.inconclusive = others.inconclusive.size();
  claim.deterministic = others.deterministic.size();
  claim.equal = others.equal.size();
  claim.untested = others.untested.size();
  claim.level = level_of(others);
  claim.sentence = sentence_of(claim, others, table, results);
  claim.reason = reason_of(claim, others, table.rows.size());
  return claim;
}

}  // namespace aelab
