// Level, reason and counts of every variant, by runs made up here and computed by hand. With two degrees of
// freedom p = 1 - t / sqrt(t^2 + 2), t = sqrt(3) mean / deviation.

#include "aelab/comparisons/judgement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/comparisons/made_results.h"
#include "tests/support.h"

namespace aelab {
namespace {

using nlohmann::json;

const Judgement& standing(const ComparisonResults& results, std::size_t variant) {
  return results.tables.at(0).rows.at(variant).standing;
}

void expect_standing(const ComparisonResults& results, std::size_t variant, Level level, Reason reason,
                     const std::string& sentence) {
  const auto& found = standing(results, variant);
  EXPECT_EQ(name_of(found.level), name_of(level)) << sentence;
  EXPECT_EQ(name_of(found.reason), name_of(reason)) << sentence;
  EXPECT_EQ(found.sentence, sentence);
}

TEST(Standing, OfEveryVariantIsAgainstTheLeader) {
  // pca leads. dense: differences 2, 2, 2.3, mean 2.1, deviation sqrt(.03), p = 1 - 21 / sqrt(443) = .00226,
  // by Holm over two tests the second: as it is. near: differences 1, -1, 1.5, mean .5, deviation sqrt(1.75),
  // t = .6547, p = 1 - .6547 / sqrt(2.4286) = .580.
  const auto results = compared(
      {variant("pca", {1., 2., 3.}), variant("dense", {3., 4., 5.3}), variant("near", {2., 1., 4.5})});
  expect_standing(results, 0, Level::tentative, Reason::partly_significant,
                  claim(results).sentence + " " + claim(results).explanation);
  expect_standing(results, 1, Level::decided, Reason::significant,
                  "dense is higher (worse) than pca by 2.1 [1.67, 2.53], p = .0045: significant.");
  expect_standing(results, 2, Level::undecided, Reason::not_significant,
                  "near is higher (worse) than pca by 0.5 [-2.786, 3.786], p = .58: not significant.");
  for (std::size_t i = 0; i < 3; ++i) EXPECT_FALSE(results.tables[0].is_best(i));
}

TEST(Standing, HasTheDirectionOfTheMetricWhicheverVariantIsTheBaseline) {
  // dense leads; the baseline, which is tested as dense minus pca, stands 2.1 below it.
  const auto results =
      compared({variant("pca", {1., 2., 3.}, kAccuracy), variant("dense", {3., 4., 5.3}, kAccuracy)});
  expect_standing(results, 0, Level::decided, Reason::significant,
                  "pca is lower (worse) than dense by 2.1 [1.67, 2.53], p = .0023: significant.");
  expect_standing(
      results, 1, Level::decided, Reason::significant,
      "dense has the highest accuracy (4.1 ± 2.9, 3 seeds). The difference from pca is significant "
      "(paired t test, p < .05).");
  EXPECT_TRUE(results.tables[0].is_best(1));
}

TEST(Standing, OfTiesIsUndecided) {
  const auto results =
      compared({variant("a", {1., 2., 3.}), variant("b", {1., 2., 3.}), variant("c", {2., 3., 4.})});
  expect_standing(
      results, 0, Level::tentative, Reason::deterministic,
      "a and b have the lowest error (2 ± 2.5, 3 seeds; equal up to rounding). The difference from c "
      "is the same under every seed, up to rounding, and is not tested.");
  expect_standing(results, 1, Level::undecided, Reason::equal, "b equals a up to rounding.");
  expect_standing(results, 2, Level::tentative, Reason::deterministic,
                  "c is higher (worse) than a by 1 under every seed, which is not tested.");
}

TEST(Standing, OfOneSeedIsNotJudged) {
  const auto results = compared({variant("pca", {1.}), variant("dense", {3.})});
  expect_standing(
      results, 0, Level::not_judged, Reason::few_seeds,
      "pca has the lowest error (1, 1 seed). The difference from dense is not tested: it needs at "
      "least two seeds.");
  expect_standing(
      results, 1, Level::not_judged, Reason::few_seeds,
      "dense is higher (worse) than pca by 2, which is not tested: that needs at least two seeds.");
  const auto failed = compared({variant("pca", {1.}), with_state(variant("dense", {3.}), 0, "failed")});
  expect_standing(failed, 1, Level::not_judged, Reason::incomplete_runs,
                  "dense failed on 1 of 1 seed and is not considered for best.");
  EXPECT_SAYS(failed.verdict.text(), "1 of 2 runs is excluded.");
}

TEST(Standing, OfAVariantWithoutTheMetricIsNotJudged) {
  const auto results = compared({variant("pca", {1., 2., 3.}), variant("dense", {3., 4., 5.3}),
                                 variant("none", {std::nullopt, std::nullopt, std::nullopt})});
  EXPECT_TRUE(results.tables[0].is_best(0)) << "no value is missing where the metric does not apply";
  expect_standing(results, 2, Level::not_judged, Reason::not_applicable, "none does not have this metric.");
  const auto alone = compared({variant("pca", {1., 2.}), variant("none", {std::nullopt, std::nullopt})});
  expect_standing(alone, 0, Level::not_judged, Reason::no_rival, "Only pca has this metric.");
  expect_standing(alone, 1, Level::not_judged, Reason::not_applicable, "none does not have this metric.");
  const auto nobody = compared({variant("a", {std::nullopt}), variant("b", {std::nullopt})});
  EXPECT_EQ(claim(nobody).explanation, "No variant has this metric.");
  EXPECT_EQ(claim(nobody).reason, Reason::not_applicable);
  const Measure neutral = {.name = "norm", .definition = "length"};
  expect_standing(compared({variant("a", {1., 2.}, neutral), variant("b", {3., 4.5}, neutral)}), 1,
                  Level::not_judged, Reason::no_direction, "Neither direction is better.");
}

/// Five seeds; the given ones diverged.
ComparedVariant diverged(const std::string& name, double mean, std::initializer_list<std::size_t> seeds) {
  auto made = variant(name, {mean, mean + .1, mean + .3, mean - .1, mean + .2});
  for (const auto seed : seeds) made = with_state(made, seed, "diverged");
  return made;
}

TEST(Standing, OfAVariantThatDivergedIsNeverBest) {
  // wild is better than all others under every seed that it completed, and far from them.
  for (const auto& measure : {kError, kAccuracy}) {
    const double sign = measure.better == Direction::lower ? 1 : -1;
    auto pca = variant("pca", {sign * 1, sign * 1.1, sign * 1.2, sign * 1.3, sign * 1.4}, measure);
    auto dense = variant("dense", {sign * 3, sign * 3.2, sign * 3.2, sign * 3.4, sign * 3.3}, measure);
    auto wild = variant("wild", {sign * .1, sign * .1, sign * .2, sign * .1, sign * .1}, measure);
    EXPECT_EQ(claim(compared({pca, dense, wild})).leader, 2U);
    for (const std::size_t seed : {0, 2, 4}) wild = with_state(wild, seed, "diverged");
    const auto results = compared({pca, dense, wild});
    const auto sentence =
        "wild diverged on 3 of 5 seeds and is not considered for best, though its other runs "
        "have a better mean.";
    EXPECT_EQ(claim(results).leader, 0U);
    EXPECT_EQ(claim(results).significant, 1U) << "the comparison among the others goes on";
    expect_standing(results, 2, Level::not_judged, Reason::incomplete_runs, sentence);
    EXPECT_SAYS(results.verdict.summary, sentence);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_FALSE(results.tables[0].is_best(i));
  }
}

TEST(Standing, OfVariantsWithOtherSeedsLackingNamesEach) {
  const auto results = compared({diverged("pca", 1, {}), diverged("a", 2, {0}), diverged("b", 3, {4}),
                                 with_state(diverged("c", .5, {1, 2}), 3, "failed"), diverged("d", 6, {})});
  EXPECT_EQ(claim(results).leader, 0U);
  EXPECT_EQ(claim(results).excluded, 3U);
  expect_standing(results, 1, Level::not_judged, Reason::incomplete_runs,
                  "a diverged on 1 of 5 seeds and is not considered for best.");
  expect_standing(
      results, 3, Level::not_judged, Reason::incomplete_runs,
      "c failed on 1 and diverged on 2 of 5 seeds and is not considered for best, though its other "
      "runs have a better mean.");
  EXPECT_SAYS(claim(results).explanation,
              "a and b diverged on 1 of 5 seeds each and are not considered for best. c failed on 1 and");
  // a has seeds 2 to 5, b seeds 1 to 4: each is paired with the baseline by the seeds that both have, and
  // nothing is claimed of it.
  EXPECT_EQ(results.tables[0].rows[1].against->difference.n, 4);
  EXPECT_EQ(results.tables[0].rows[2].against->difference.n, 4);
  EXPECT_EQ(name_of(results.tables[0].rows[2].difference.level), "not judged");
  EXPECT_EQ(name_of(results.tables[0].rows[2].difference.reason), "incomplete_runs");
  EXPECT_EQ(name_of(results.tables[0].rows[4].difference.reason), "deterministic");
}

TEST(Standing, WhereTheBaselineDivergedTheOthersAreCompared) {
  auto pca = variant("pca", {.1, .2, .3});
  for (std::size_t seed = 0; seed < 3; ++seed) pca = with_state(pca, seed, "diverged");
  const auto results = compared({pca, variant("dense", {1., 2., 3.}), variant("far", {3., 4., 5.3})});
  EXPECT_EQ(claim(results).leader, 1U);
  EXPECT_EQ(claim(results).level, Level::tentative);
  EXPECT_EQ(claim(results).reason, Reason::incomplete_runs);
  EXPECT_SAYS(results.verdict.text(),
              "The baseline pca diverged on 3 of 3 seeds: nothing is compared with it.");
  EXPECT_SAYS(results.verdict.summary, "pca diverged on 3 of 3 seeds and is not considered for best.");
}

TEST(Standing, WhereAllRunsFailedIsNotJudged) {
  const auto failed = [](const std::string& name, std::size_t but) {
    auto made = variant(name, {1., 2.});
    for (std::size_t seed = 0; seed < 2; ++seed)
      if (seed != but) made = with_state(made, seed, "failed");
    return made;
  };
  const auto results = compared({failed("a", 0), failed("b", 2)});
  EXPECT_FALSE(claim(results).leader);
  EXPECT_EQ(
      results.verdict.summary,
      "error: No variant can lead. a failed on 1 of 2 seeds and is not considered for best. b failed on 2 "
      "of 2 seeds and is not considered for best.");
  EXPECT_EQ(compared({failed("a", 2), failed("b", 2)}).verdict.text(),
            "Nothing can be claimed: no run is completed.");
}

TEST(Difference, OverSeedsThatLackValuesClaimsNothing) {
  const auto results =
      compared({variant("pca", {1., 2., 3., 4.}), variant("far", {8., 9., std::nullopt, 11.2})});
  EXPECT_EQ(name_of(results.tables[0].rows[1].difference.reason), "missing_values");
  EXPECT_SAYS(
      results.verdict.text(),
      "By the seeds that have both values only, so that nothing is claimed: far is higher (worse) by ");
  EXPECT_SAYS(results.verdict.text(), ", 3 of 4 seeds.");
}

TEST(Counts, SayHowEveryRunEnded) {
  auto wild = variant("wild", {1., 1., 1., 1., 1., 1., 1., 1.});
  const char* states[] = {"failed", "diverged", "diverged", "stopped", "running", "damaged", "missing"};
  for (std::size_t i = 0; i < std::size(states); ++i) wild = with_state(wild, i, states[i]);
  const auto results = compared({variant("pca", {1., 2., 3., 4., 5., 6., 7., 8.}), wild});
  const json counts = {{"planned", 8},    {"completed", 1}, {"failed", 1}, {"diverged", 2},
                       {"unfinished", 2}, {"damaged", 1},   {"missing", 1}};
  const auto value = to_json(results);
  EXPECT_EQ(value["variants"][1]["counts"], counts);
  EXPECT_EQ(value["variants"][0]["counts"]["completed"], 8);
  EXPECT_EQ(value["counts"]["planned"], 16);
  EXPECT_EQ(value["counts"]["completed"], 9);
  EXPECT_EQ(value["excluded"], "7 of 16 runs are excluded");
  EXPECT_SAYS(
      standing(results, 1).sentence,
      "wild failed on 1, diverged on 2, did not finish on 2, left damaged or changed files on 1 and did "
      "not run on 1 of 8 seeds and is not considered for best");
  EXPECT_SAYS(table_csv(results), ",not judged,incomplete_runs,8,1,1,2,2,1,1,\n");
}

TEST(Counts, AreGrammatical) {
  EXPECT_SAYS(terminal_table(compared({variant("a", {1.}), variant("b", {2.})})), "\nn = 1 run per variant");
  EXPECT_SAYS(terminal_table(compared({variant("a", {1., 2.}), variant("b", {2., 2.})})),
              "\nn = 2 runs per variant");
  auto dense = variant("dense", {1.});
  dense.runs[0].improvement = .5;
  const auto one = compared({dense, variant("b", {2.})}).verdict.text();
  EXPECT_SAYS(one, "dense (1 of 1 run)");
  EXPECT_SAYS(one, " on the test split, 1 seed:");
  EXPECT_EQ(compared({with_state(variant("a", {1.}), 0, "missing")}).exclusion(), "1 of 1 run is excluded");
}

TEST(Pareto, ConsidersOnlyVariantsThatCanLead) {
  // Errors 3, 2, 4, 5 at 10, 20, 5 and 10 parameters: bad alone is dominated. wild, which would dominate all,
  // lacks a run.
  std::vector<ComparedVariant> variants = {variant("mid", {3., 3.}), variant("big", {2., 2.}),
                                           variant("small", {4., 4.}), variant("bad", {5., 5.}),
                                           with_state(variant("wild", {1., 1.}), 0, "diverged")};
  const std::int64_t sizes[] = {10, 20, 5, 10, 5};
  for (std::size_t i = 0; i < variants.size(); ++i) {
    variants[i].code = i < 2 ? std::optional<std::int64_t>(8) : std::nullopt;
    for (auto& run : variants[i].runs) run.status.parameters = sizes[i];
  }
  const auto results = compared(variants);
  const auto written = [&](std::size_t i) {
    return to_json(results)["measures"][0]["rows"][i]["pareto_optimal"];
  };
  EXPECT_EQ(written(0), (json{{"parameters", true}, {"seconds", false}, {"code", false}}));
  EXPECT_EQ(written(1), (json{{"parameters", true}, {"seconds", true}, {"code", true}}));
  EXPECT_EQ(written(2), (json{{"parameters", true}, {"seconds", false}}));
  EXPECT_EQ(written(3), (json{{"parameters", false}, {"seconds", false}}));
  EXPECT_EQ(written(4), (json{{"parameters", nullptr}, {"seconds", nullptr}}));
  const Measure neutral = {.name = "norm", .definition = "length"};
  EXPECT_TRUE(compared({variant("a", {1.}, neutral)}).tables[0].rows[0].pareto_optimal.empty());
}

TEST(Pareto, FollowsTheDirectionOfTheMetric) {
  auto small = variant("small", {.5, .5}, kAccuracy), large = variant("large", {.4, .4}, kAccuracy);
  for (auto& run : large.runs) run.status.parameters = 100;
  const auto results = compared({small, large});
  EXPECT_EQ(results.tables[0].rows[0].pareto_optimal.at("parameters"), true);
  EXPECT_EQ(results.tables[0].rows[1].pareto_optimal.at("parameters"), false);
}

TEST(Costs, AreMeanAndRangeOverTheCompletedRuns) {
  auto dense = variant("dense", {1., 2., 3.});
  dense.runs[0].status.seconds = 5;
  dense.runs[1].status.seconds = 9;
  dense = with_state(dense, 2, "failed");
  const auto costs = to_json(compared({dense, variant("b", {1., 1., 1.})}))["variants"][0]["costs"];
  EXPECT_EQ(costs["seconds"], (json{{"mean", 7}, {"low", 5}, {"high", 9}}));
  EXPECT_EQ(costs["parameters"], (json{{"mean", 10}, {"low", 10}, {"high", 10}}));
}

TEST(Judgement, IsWrittenForEveryStatement) {
  const auto value = to_json(compared({variant("pca", {1., 2., 3.}), variant("dense", {3., 4., 5.3})}));
  EXPECT_EQ(value["format"], 2);
  EXPECT_EQ(value["levels"].size(), 4U);
  const auto& row = value["measures"][0]["rows"][1];
  EXPECT_EQ(row["level"], "decided");
  EXPECT_EQ(row["reason"], "significant");
  EXPECT_EQ(row["sentence"], "dense is higher (worse) than pca by 2.1 [1.67, 2.53], p = .0023: significant.");
  EXPECT_EQ(row["against_baseline"]["level"], "decided");
  EXPECT_EQ(row["against_baseline"]["reason"], "significant");
  EXPECT_EQ(row["against_baseline"]["sentence"], "dense is higher (worse) by 2.1 [1.67, 2.53], p = .0023");
  EXPECT_SAYS(value["details"][1].get<std::string>(), row["against_baseline"]["sentence"].get<std::string>());
  for (const auto& [level, meaning] : value["levels"].items())
    EXPECT_FALSE(meaning.get<std::string>().empty());
}

}  // namespace
}  // namespace aelab
