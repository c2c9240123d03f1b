// What may be claimed about one metric of a comparison, and how every variant stands in it.

#include <fmt/format.h>

#include <algorithm>

#include "aelab/comparisons/results.h"
#include "aelab/comparisons/words.h"
#include "aelab/core/text.h"

namespace aelab {
namespace {

using Names = std::vector<std::string>;
using Places = std::vector<std::size_t>;

/// Under how many seeds a variant has no value while another one has.
std::size_t seeds_without_value(const MeasureRow& own, const MeasureTable& table) {
  std::size_t lacking = 0;
  for (std::size_t seed = 0; seed < own.values.size(); ++seed)
    lacking += !own.values[seed] && std::any_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
      return row.values[seed].has_value();
    });
  return lacking;
}

/// A variant without any value, though all its runs are completed, does not have the metric.
bool has_metric(std::size_t variant, const MeasureTable& table, const ComparisonResults& results) {
  return table.rows[variant].summary.n > 0 || results.variants[variant].counts().excluded() > 0;
}

/// Why a variant that lacks runs or values is not considered.
Reason gap_of(std::size_t variant, const ComparisonResults& results) {
  return results.variants[variant].counts().excluded() > 0 ? Reason::incomplete_runs : Reason::missing_values;
}

bool is_better(const MeasureRow& row, const MeasureRow& other, Direction better) {
  return better == Direction::lower ? row.summary.mean < other.summary.mean
                                    : row.summary.mean > other.summary.mean;
}

/// The tests of the leader against the other variants that can lead, in their order. Pairs with the baseline
/// have the table's p; the others are corrected over all pairs without the baseline, since the leader is
/// chosen after looking at the values.
std::vector<PairedTest> tests_of(std::size_t leader, const Places& eligible, const MeasureTable& table,
                                 std::size_t baseline) {
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

/// Variants that are not considered for best, for one reason.
struct Excluded {
  Names names;
  std::string gaps;  ///< "failed on 1 of 3 seeds"
  bool would_lead;   ///< the mean of their other values is better than the leader's

  /// "wild failed on 1 of 3 seeds and is not considered for best, though its other runs have a better mean."
  std::string sentence() const {
    const bool one = names.size() == 1;
    return fmt::format(
        "{} {}{} and {} not considered for best{}.", listed(names), gaps, one ? "" : " each",
        one ? "is" : "are",
        would_lead ? fmt::format(", though {} other runs have a better mean", one ? "its" : "their") : "");
  }
};

/// All variants but the leader, by what can be said of them.
struct Others {
  Names significant, inconclusive, deterministic, equal, untested;
  std::vector<Excluded> excluded;
  bool lacks_runs = false;  ///< whether an excluded variant lacks runs, not values alone

  std::size_t compared() const {
    return significant.size() + inconclusive.size() + deterministic.size() + equal.size() + untested.size();
  }
  Names& group(Reason reason) {
    switch (reason) {
      case Reason::significant:
        return significant;
      case Reason::not_significant:
        return inconclusive;
      case Reason::deterministic:
        return deterministic;
      case Reason::equal:
        return equal;
      default:
        return untested;
    }
  }
  /// A sentence for each reason why variants are excluded.
  Names exclusions() const {
    Names sentences;
    for (const auto& group : excluded) sentences.push_back(group.sentence());
    return sentences;
  }
  void exclude(const std::string& name, const std::string& gaps, bool would_lead) {
    for (auto& group : excluded)
      if (group.gaps == gaps && group.would_lead == would_lead) return group.names.push_back(name);
    excluded.push_back({{name}, gaps, would_lead});
  }
};

/// Level and reason of the claim that the leader is better than all others.
Judgement judged_claim(const Others& others) {
  const auto gap = others.lacks_runs ? Reason::incomplete_runs : Reason::missing_values;
  if (others.compared() == 0) return {Level::not_judged, others.excluded.empty() ? Reason::no_rival : gap};
  if (others.significant.size() == others.compared())
    return others.excluded.empty() ? Judgement{Level::decided, Reason::significant}
                                   : Judgement{Level::tentative, gap};
  if (!others.significant.empty()) return {Level::tentative, Reason::partly_significant};
  if (!others.inconclusive.empty()) return {Level::undecided, Reason::not_significant};
  if (!others.deterministic.empty()) return {Level::tentative, Reason::deterministic};
  if (!others.equal.empty()) return {Level::undecided, Reason::equal};
  return {Level::not_judged, Reason::few_seeds};
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

std::string explanation_of(const Claim& claim, const Others& others, std::size_t variants) {
  Names sentences;
  const auto compared = others.compared();
  const auto from = [&](const Names& names) {
    if (names.size() < compared || !others.excluded.empty() || names.size() == 1) return listed(names);
    if (claim.not_applicable == 0) return std::string("every other variant");
    return fmt::format("every other variant that has this metric ({} of {})", compared,
                       compared + claim.not_applicable);
  };
  const auto add = [&](const Names& names, const std::string& what) {
    if (!names.empty()) sentences.push_back("The difference from " + from(names) + " is " + what + ".");
  };
  const auto test = [&](const Names& names, bool significant) {
    return test_in_words(names.size() > 1, variants > 2, significant);
  };
  add(others.significant, "significant (" + test(others.significant, true) + ")");
  add(others.inconclusive,
      "not significant (" + test(others.inconclusive, false) + ") and may be due to chance");
  add(others.deterministic, "the same under every seed, up to rounding, and is not tested");
  add(others.untested, "not tested: it needs at least two seeds");
  if (compared == 0)
    sentences.push_back(others.excluded.empty() ? "There is no other variant to compare it with."
                                                : "No other variant can be compared with it.");
  else if (compared == others.equal.size() && others.excluded.empty())
    sentences.push_back("There is no difference to test.");
  for (auto& sentence : others.exclusions()) sentences.push_back(std::move(sentence));
  return join(sentences, " ");
}

/// "dense is higher (worse) than pca by 2.1 [1.67, 2.53], p = .0023: significant."
std::string sentence_of(const std::string& name, const std::string& leader, const PairedTest& test,
                        Reason reason, Direction better, std::size_t seeds) {
  if (reason == Reason::equal) return name + " equals " + leader + " up to rounding.";
  const auto difference = difference_in_words(name, leader, test, better, seeds);
  switch (reason) {
    case Reason::significant:
      return difference + ": significant.";
    case Reason::not_significant:
      return difference + ": not significant.";
    case Reason::deterministic:
      return difference + " under every seed, which is not tested.";
    default:
      return difference + ", which is not tested: that needs at least two seeds.";
  }
}

/// What the test against the baseline shows.
Judgement difference_of(std::size_t variant, const MeasureTable& table, const ComparisonResults& results) {
  const auto& test = *table.rows[variant].against;
  const auto& name = results.variants[variant].name;
  auto judged = judgement_of(test);
  judged.sentence = test.difference.n == 0 ? name
                    : test.equal
                        ? name + " equals the baseline up to rounding"
                        : difference_in_words(name, "", test, table.measure.better, results.seeds.size());
  if (test.deterministic && !test.equal) judged.sentence += " under every seed";
  if (judged.reason == Reason::few_seeds) return judged;
  for (const auto i : {variant, results.baseline})
    if (!gaps_of(i, table, results).empty()) {
      judged.level = Level::not_judged;
      judged.reason = gap_of(i, results);
    }
  return judged;
}

/// Judges the metric where a variant leads.
void judge_leader(MeasureTable& table, const ComparisonResults& results, const Places& eligible,
                  Others& others) {
  auto& claim = table.claim;
  const auto leader = *claim.leader;
  const auto name_of = [&](std::size_t i) { return results.variants[i].name; };
  auto tests = tests_of(leader, eligible, table, results.baseline);
  auto test = tests.begin();
  for (const auto i : eligible) {
    if (i == leader) continue;
    auto& standing = table.rows[i].standing;
    standing = judgement_of(*test);
    others.group(standing.reason).push_back(name_of(i));
    test->difference = paired_test(table.rows[i], table.rows[leader]).difference;  // not its negative
    standing.sentence = sentence_of(name_of(i), name_of(leader), *test, standing.reason, table.measure.better,
                                    results.seeds.size());
    ++test;
  }
  claim.significant = others.significant.size();
  claim.inconclusive = others.inconclusive.size();
  claim.deterministic = others.deterministic.size();
  claim.equal = others.equal.size();
  claim.untested = others.untested.size();
  const auto [level, reason, none] = judged_claim(others);
  claim.level = level;
  claim.reason = reason;
  claim.sentence = sentence_of(claim, others, table, results);
  claim.explanation = explanation_of(claim, others, table.rows.size());
  table.rows[leader].standing = {level, reason, claim.sentence + " " + claim.explanation};
}

/// Leaves the claim without a leader, for a reason that all variants share.
void judge_without_leader(MeasureTable& table, Reason reason, const std::string& explanation) {
  table.claim.reason = reason;
  table.claim.explanation = explanation;
  for (auto& row : table.rows)
    if (row.standing.sentence.empty()) row.standing = {Level::not_judged, reason, explanation};
}

}  // namespace

std::string gaps_of(std::size_t variant, const MeasureTable& table, const ComparisonResults& results) {
  if (auto gaps = results.variants[variant].counts().gaps(); !gaps.empty()) return gaps;
  const auto& own = table.rows[variant];
  const auto lacking = seeds_without_value(own, table);
  return lacking == 0 ? ""
                      : fmt::format("gave no value on {} of {}", lacking, counted(own.values.size(), "seed"));
}

bool can_lead(std::size_t variant, const MeasureTable& table, const ComparisonResults& results) {
  return has_metric(variant, table, results) && gaps_of(variant, table, results).empty();
}

void judge(MeasureTable& table, const ComparisonResults& results) {
  table.claim = {};
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (table.rows[i].against) table.rows[i].difference = difference_of(i, table, results);
  const auto& measure = table.measure;
  if (measure.better == Direction::neither)
    return judge_without_leader(table, Reason::no_direction, "Neither direction is better.");
  auto& claim = table.claim;
  Places eligible, excluded;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (has_metric(i, table, results)) {
      (can_lead(i, table, results) ? eligible : excluded).push_back(i);
      continue;
    }
    ++claim.not_applicable;
    table.rows[i].standing = {Level::not_judged, Reason::not_applicable,
                              results.variants[i].name + " does not have this metric."};
  }
  if (eligible.size() == 1 && excluded.empty() && table.rows.size() > 1)
    return judge_without_leader(table, Reason::no_rival,
                                "Only " + results.variants[eligible.front()].name + " has this metric.");
  for (const auto i : eligible)
    if (!claim.leader || is_better(table.rows[i], table.rows[*claim.leader], measure.better))
      claim.leader = i;
  claim.excluded = excluded.size();
  Others others;
  for (const auto i : excluded) {
    const auto& row = table.rows[i];
    const auto gap = gap_of(i, results);
    const Excluded alone = {
        {results.variants[i].name},
        gaps_of(i, table, results),
        claim.leader && row.summary.n > 0 && is_better(row, table.rows[*claim.leader], measure.better)};
    table.rows[i].standing = {Level::not_judged, gap, alone.sentence()};
    others.exclude(alone.names.front(), alone.gaps, alone.would_lead);
    others.lacks_runs = others.lacks_runs || gap == Reason::incomplete_runs;
  }
  if (claim.leader) return judge_leader(table, results, eligible, others);
  if (others.excluded.empty())
    return judge_without_leader(table, Reason::not_applicable, "No variant has this metric.");
  judge_without_leader(table, judged_claim(others).reason,
                       "No variant can lead. " + join(others.exclusions(), " "));
}

}  // namespace aelab
