// The verdict of a comparison in sentences.

#include <fmt/format.h>

#include <initializer_list>
#include <map>

#include "aelab/comparisons/results.h"
#include "aelab/comparisons/words.h"
#include "aelab/core/text.h"

namespace aelab {
namespace {

using Sentences = std::vector<std::string>;

/// The tests against the baseline: what they are, and what they gave.
Sentences details_of(const ComparisonResults& results) {
  const auto& table = results.tables[results.metric];
  const auto& baseline = results.variants[results.baseline];
  if (table.rows[results.baseline].summary.n == 0) {
    const auto gaps = baseline.counts().gaps();
    const auto why = gaps.empty() ? "has no " + table.measure.name : gaps;
    return {fmt::format("The baseline {} {}: nothing is compared with it.", baseline.name, why)};
  }
  std::map<Reason, Sentences> differences;
  std::size_t tests = 0;
  for (const auto& row : table.rows) {
    if (!row.against) continue;
    differences[row.difference.reason].push_back(row.difference.sentence);
    tests += row.against->p_adjusted.has_value();
  }
  auto method = fmt::format("Compared with the baseline {} in {} on the {} split, {}", baseline.name,
                            table.measure.name, results.part, counted(results.seeds.size(), "seed"));
  if (tests > 0)
    method += fmt::format(", by paired t test{}{}; 95 % CIs are not corrected", tests == 1 ? "" : "s",
                          tests == 1 ? "" : fmt::format(", Holm-corrected over {} variants", tests));
  Sentences details = {method + ":"};
  const auto add = [&](const char* heading, std::initializer_list<Reason> reasons) {
    Sentences parts;
    for (const auto reason : reasons)
      parts.insert(parts.end(), differences[reason].begin(), differences[reason].end());
    if (!parts.empty()) details.push_back(std::string(heading) + join(parts, "; ") + ".");
  };
  add("Significant: ", {Reason::significant});
  add("Not significant, which does not show that there is no difference: ", {Reason::not_significant});
  add("Deterministic, not tested: ", {Reason::deterministic, Reason::equal});
  add("Not tested, since fewer than two seeds have both values: ", {Reason::few_seeds});
  add("By the seeds that have both values only, so that nothing is claimed: ",
      {Reason::incomplete_runs, Reason::missing_values});
  return details;
}

/// "2 of 5 runs were still improving": which variants may have gained from more training.
void add_trend(const ComparisonResults& results, Sentences& caveats) {
  Sentences improving, unknown;
  for (const auto& variant : results.variants) {
    if (variant.with_trend() == 0 && variant.counts().completed > 0 && !variant.closed_form)
      unknown.push_back(variant.name);
    if (const auto count = variant.still_improving(); count > 0)
      improving.push_back(
          fmt::format("{} ({} of {})", variant.name, count, counted(variant.with_trend(), "run")));
  }
  if (!improving.empty())
    caveats.push_back(
        fmt::format("Still improving when training ended: {}. {}", join(improving, ", "), kTrendRule));
  if (!unknown.empty())
    caveats.push_back(fmt::format(
        "Whether {} still improved when training ended is unknown: that takes three epochs with a positive "
        "loss.",
        listed(unknown)));
}

/// Variants that a constant, the mean of the data, beats.
void add_worse_than_mean(const ComparisonResults& results, Sentences& caveats) {
  constexpr const char* kExplained = "reconstruction/explained_variance";
  std::vector<std::string> worse;
  for (const auto& table : results.tables)
    if (table.measure.name == kExplained)
      for (std::size_t i = 0; i < table.rows.size(); ++i)
        if (table.rows[i].summary.n > 0 && table.rows[i].summary.mean <= 0)
          worse.push_back(results.variants[i].name);
  if (!worse.empty())
    caveats.push_back(
        fmt::format("{} {} no better than the mean of the data (explained variance at most 0): train longer, "
                    "change the learning rate, or standardize the data: \"data.transforms\": "
                    "[\"standardize\"].",
                    listed(worse), worse.size() == 1 ? "reconstructs" : "reconstruct"));
}

/// The cautions of the runs' metrics. Those that differ in their numbers alone are one, in the words of the
/// first run.
void add_cautions(const ComparisonResults& results, Sentences& caveats) {
  struct Caution {
    std::string words;  ///< of the first run, whose id is `run`
    std::string run;
    std::vector<std::size_t> runs;  ///< of each variant
  };
  std::map<std::string, std::size_t> places;  // by the words without numbers
  std::vector<Caution> cautions;
  for (std::size_t i = 0; i < results.variants.size(); ++i)
    for (const auto& run : results.variants[i].runs)
      for (const auto& words : run.evaluated.cautions) {
        auto plain = words;
        std::erase_if(plain, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
        const auto [place, is_new] = places.emplace(plain, cautions.size());
        if (is_new) cautions.push_back({words, run.id, std::vector<std::size_t>(results.variants.size())});
        ++cautions[place->second].runs[i];
      }
  for (const auto& [words, run, runs] : cautions) {
    Sentences affected;
    for (std::size_t i = 0; i < runs.size(); ++i)
      if (runs[i] > 0)
        affected.push_back(fmt::format("{} ({} of {})", results.variants[i].name, runs[i],
                                       counted(results.variants[i].counts().completed, "run")));
    caveats.push_back(fmt::format("A caution of {}, here of {}: {}.", join(affected, ", "), run, words));
  }
}

void add_confounds(const ComparisonResults& results, Sentences& caveats) {
  if (results.confounds.empty()) return;
  caveats.insert(caveats.end(), results.confounds.begin(), results.confounds.end());
  caveats.push_back("The effects of these differences cannot be told apart from those of the variants.");
}

Sentences caveats_of(const ComparisonResults& results) {
  constexpr std::size_t kFewSeeds = 5;
  Sentences caveats;
  if (const auto exclusion = results.exclusion(); !exclusion.empty()) caveats.push_back(exclusion + ".");
  if (!results.left_out.empty())
    caveats.push_back(fmt::format("{} in the folder {} not part of this comparison: {}.",
                                  counted(results.left_out.size(), "completed run"),
                                  results.left_out.size() == 1 ? "is" : "are", listed(results.left_out)));
  add_worse_than_mean(results, caveats);
  add_trend(results, caveats);
  add_cautions(results, caveats);
  add_confounds(results, caveats);
  if (results.seeds.size() < 2)
    caveats.push_back(
        "With one seed, differences may be due to chance: give at least two seeds, better five or more.");
  else if (results.seeds.size() < kFewSeeds)
    caveats.push_back(fmt::format("With {} only, the t tests rely on normally distributed differences.",
                                  counted(results.seeds.size(), "seed")));
  if (results.test_is_drawn)
    caveats.push_back(
        "Each seed draws its test split from the same data: the test splits overlap, and the confidence "
        "intervals are somewhat too narrow (Nadeau & Bengio 2003).");
  caveats.push_back(
      "Seeds vary the split, the initial weights, the batch order and the noise, not the data: the verdict "
      "holds for these data and settings.");
  return caveats;
}

}  // namespace

std::string Verdict::text() const {
  Sentences all = {summary};
  all.insert(all.end(), details.begin(), details.end());
  all.insert(all.end(), caveats.begin(), caveats.end());
  return join(all, " ");
}

Verdict verdict_of(const ComparisonResults& results) {
  if (results.tables.empty()) {
    std::string why = "no run is completed";
    for (const auto& variant : results.variants)
      for (const auto& run : variant.runs)
        if (run.is_completed())
          why = run.status.message.empty() ? "the runs measured no metric" : run.status.message;
    return {.summary = "Nothing can be claimed: " + why + "."};
  }
  if (results.variants.size() < 2) return {.summary = "There is one variant: nothing is compared."};
  const auto& claim = results.tables[results.metric].claim;
  return {.summary = claim.leader ? claim.sentence + " " + claim.explanation
                                  : results.tables[results.metric].measure.name + ": " + claim.explanation,
          .details = details_of(results),
          .caveats = caveats_of(results)};
}

std::string terminal_verdict(const ComparisonResults& results) {
  const auto& verdict = results.verdict;
  auto text = verdict.summary + "\n";
  if (!verdict.details.empty()) text += "\n" + join(verdict.details, "\n") + "\n";
  for (std::size_t i = 0; i < verdict.caveats.size(); ++i)
    text += (i == 0 ? "\n- " : "- ") + verdict.caveats[i] + "\n";
  return text;
}

}  // namespace aelab
