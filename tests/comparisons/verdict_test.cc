// What a comparison claims, by runs made up here. With three seeds a t test has two degrees of freedom and
// the closed form p = 1 - t / sqrt(t^2 + 2), t = sqrt(3) mean / deviation.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/comparisons/made_results.h"
#include "tests/support.h"

namespace aelab {
namespace {

TEST(Claim, OfTwoVariantsIsOneTest) {
  // Differences 2, 2, 2.3: mean 2.1, deviation sqrt(.03); t = 21, p = 1 - 21 / sqrt(443) = .00226.
  const auto results = compared({variant("pca", {1., 2., 3.}), variant("dense", {3., 4., 5.3})});
  EXPECT_EQ(claim(results).leader, 0U);
  EXPECT_EQ(claim(results).level, Level::decided);
  // The mean of 1, 2, 3 is 2; 4.302653 (t, 97.5 %, 2 degrees of freedom) / sqrt(3) = 2.484.
  EXPECT_EQ(claim(results).sentence, "pca has the lowest error (2 ± 2.5, 3 seeds).");
  EXPECT_EQ(claim(results).explanation, "The difference from dense is significant (paired t test, p < .05).");
  EXPECT_NEAR(*results.tables[0].rows[1].against->p_adjusted, 1 - 21 / std::sqrt(443.), 1e-12);
  EXPECT_TRUE(results.tables[0].is_best(0));
  EXPECT_FALSE(results.tables[0].is_best(1));
}

TEST(Claim, FollowsTheDirectionOfTheMetric) {
  const auto results =
      compared({variant("pca", {1., 2., 3.}, kAccuracy), variant("dense", {3., 4., 5.3}, kAccuracy)});
  EXPECT_EQ(claim(results).leader, 1U);
  EXPECT_SAYS(claim(results).sentence, "dense has the highest accuracy (4.1 ± ");
  EXPECT_EQ(claim(results).explanation, "The difference from pca is significant (paired t test, p < .05).");
  // The worst seed of a metric whose higher values are better is the least.
  EXPECT_EQ(results.tables[0].rows[1].worst, 3.);
  const auto errors = compared({variant("pca", {1., 2., 3.}), variant("dense", {3., 4., 5.3})});
  EXPECT_EQ(errors.tables[0].rows[1].worst, 5.3);
}

/// A baseline, and others that lie 5.3 deviations of .1 above it, with the same mean: t = 9.18 against the
/// baseline and 0 among each other.
std::vector<ComparedVariant> three_behind_the_baseline() {
  return {variant("pca", {1., 1., 1.}), variant("a", {1.43, 1.53, 1.63}), variant("b", {1.53, 1.63, 1.43}),
          variant("c", {1.63, 1.43, 1.53})};
}

TEST(Claim, OfALeadingBaselineIsWhatItsTableSays) {
  const auto results = compared(three_behind_the_baseline());
  const double t = 5.3 * std::sqrt(3.), p = 1 - t / std::sqrt(t * t + 2);
  EXPECT_GT(6 * p, kSignificance) << "over all pairs nothing would be significant";
  for (std::size_t i = 1; i < 4; ++i)
    EXPECT_NEAR(*results.tables[0].rows[i].against->p_adjusted, 3 * p, 1e-9);
  EXPECT_EQ(claim(results).level, Level::decided);
  EXPECT_EQ(claim(results).significant, 3U);
  EXPECT_EQ(claim(results).explanation,
            "The difference from every other variant is significant (paired t tests, Holm-corrected, p < "
            ".05).");
}

TEST(Claim, OfAnotherLeaderIsCorrectedOverThePairsWithoutTheBaseline) {
  // The same, with a baseline far behind: Holm corrects over the six pairs of the others.
  auto variants = three_behind_the_baseline();
  variants.insert(variants.begin(), variant("base", {9., 9.01, 9.03}));
  const auto results = compared(variants);
  EXPECT_EQ(results.variants[*claim(results).leader].name, "pca");
  EXPECT_EQ(claim(results).level, Level::tentative);
  EXPECT_EQ(
      claim(results).explanation,
      "The difference from base is significant (paired t test, Holm-corrected, p < .05). The difference "
      "from a, b and c is not significant (paired t tests, Holm-corrected, p ≥ .05) and may be due to "
      "chance.");
  variants.resize(3);  // pca and a are the only pair without the baseline
  EXPECT_EQ(claim(compared(variants)).level, Level::decided);
}

TEST(Claim, IsInconclusiveWhereNothingDiffers) {
  const auto results = compared({variant("pca", {1., 2., 3.}), variant("dense", {1.5, 2.7, 2.9})});
  EXPECT_EQ(claim(results).level, Level::undecided);
  EXPECT_EQ(
      claim(results).explanation,
      "The difference from dense is not significant (paired t test, p ≥ .05) and may be due to chance.");
  EXPECT_FALSE(results.tables[0].is_best(0));
}

TEST(Claim, ExcludesAVariantWithAFailedRun) {
  // wild is the better one wherever it did not fail.
  const auto wild = with_state(variant("wild", {.1, .1, .2}), 2, "failed");
  const auto results = compared({variant("pca", {1., 2., 3.}), variant("dense", {3., 4., 5.3}), wild});
  EXPECT_EQ(claim(results).leader, 0U);
  EXPECT_EQ(claim(results).level, Level::tentative) << "not better than every other one";
  EXPECT_EQ(claim(results).excluded, 1U);
  EXPECT_EQ(claim(results).explanation,
            "The difference from dense is significant (paired t test, Holm-corrected, p < .05). wild failed "
            "on 1 of "
            "3 seeds and is not considered for best, though its other runs have a better mean.");
  EXPECT_EQ(claim(results).reason, Reason::incomplete_runs);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_FALSE(results.tables[0].is_best(i));
  EXPECT_EQ(results.excluded(), std::vector<std::string>{"wild/seed-3: failed"});
}

TEST(Claim, ExcludesAVariantThatWasNotMeasured) {
  auto wild = variant("wild", {.1, .1, .1});
  for (std::size_t i = 0; i < 3; ++i) wild = with_state(wild, i, "diverged");
  const auto results = compared({variant("pca", {1., 2., 3.}), variant("dense", {3., 4., 5.3}), wild});
  EXPECT_EQ(claim(results).level, Level::tentative);
  EXPECT_SAYS(claim(results).explanation, "wild diverged on 3 of 3 seeds and is not considered for best.");
  EXPECT_EQ(claim(results).reason, Reason::incomplete_runs);
}

TEST(Claim, HasNoLeaderWhereEveryVariantLacksRuns) {
  const auto results = compared({with_state(variant("pca", {1., 2., 3.}), 0, "failed"),
                                 with_state(variant("dense", {3., 4., 5.}), 1, "missing")});
  EXPECT_FALSE(claim(results).leader);
  EXPECT_EQ(claim(results).level, Level::not_judged);
  EXPECT_EQ(
      claim(results).explanation,
      "No variant can lead. pca failed on 1 of 3 seeds and is not considered for best. dense did not run "
      "on 1 of 3 seeds and is not considered for best.");
  EXPECT_EQ(claim(results).reason, Reason::incomplete_runs);
}

TEST(Claim, LeavesOutVariantsThatLackTheMetric) {
  const auto results =
      compared({variant("pca", {1., 2., 3.}), variant("dense", {3., 4., 5.3}),
                variant("none", {std::nullopt, std::nullopt, std::nullopt}), variant("far", {8., 9., 9.7})});
  EXPECT_EQ(claim(results).level, Level::decided);
  EXPECT_EQ(claim(results).not_applicable, 1U);
  EXPECT_SAYS(claim(results).explanation,
              "The difference from every other variant that has this metric (2 of 3) is significant");
  const auto some = compared({variant("pca", {1., 2., 3.}), variant("dense", {3., std::nullopt, 5.3})});
  EXPECT_SAYS(claim(some).explanation, "dense gave no value on 1 of 3 seeds and is not considered for best.");
  EXPECT_EQ(claim(some).reason, Reason::missing_values);
}

TEST(Claim, OfReplicationsThatDifferByRoundingIsDeterministic) {
  // PCA on a fixed test set: seeds change nothing but the order of sums.
  const auto results = compared(
      {variant("pca8", {.25, .25 + 5e-10, .25 - 3e-10}), variant("pca4", {.5 - 2e-10, .5, .5 + 4e-10})});
  EXPECT_EQ(claim(results).level, Level::tentative);
  EXPECT_EQ(claim(results).leader, 0U);
  EXPECT_EQ(claim(results).explanation,
            "The difference from pca4 is the same under every seed, up to rounding, and is not tested.");
  EXPECT_FALSE(results.tables[0].rows[1].against->p);
  EXPECT_FALSE(results.tables[0].rows[1].against->effect);
  EXPECT_SAYS(results.verdict.text(),
              "Deterministic, not tested: pca4 is higher (worse) by 0.25 under every seed.");
}

TEST(Claim, NamesAllThatAreEqualUpToRounding) {
  const auto results = compared({variant("linear", {.25 + 1e-9, .25, .25}), variant("pca", {.25, .25, .25}),
                                 variant("dense", {.5, .7, .6})});
  EXPECT_EQ(claim(results).equal, 1U);
  EXPECT_SAYS(claim(results).sentence,
              "pca and linear have the lowest error (0.25 ± 0, 3 seeds; equal up to");
  EXPECT_EQ(claim(results).level, Level::tentative) << "neither is better than the other";
  EXPECT_EQ(claim(results).explanation,
            "The difference from dense is significant (paired t test, Holm-corrected, p < .05).");
  EXPECT_SAYS(results.verdict.text(), "Deterministic, not tested: pca equals the baseline up to rounding.");
  const auto same = compared({variant("a", {1., 2., 3.}), variant("b", {1., 2., 3.})});
  EXPECT_EQ(claim(same).level, Level::undecided);
  EXPECT_EQ(claim(same).reason, Reason::equal);
  EXPECT_EQ(claim(same).explanation, "There is no difference to test.");
}

TEST(Claim, IsTheSameForEqualEvidence) {
  // Differences of .05 twice, of which one comes out as .05 - 7e-17, and of .125 twice, which are exact.
  for (const double difference : {.05, .125}) {
    const auto results = compared({variant("a", {.1, .3}), variant("b", {.1 + difference, .3 + difference})});
    EXPECT_EQ(claim(results).level, Level::tentative) << difference;
    EXPECT_FALSE(results.tables[0].rows[1].against->p) << difference;
  }
}

TEST(Claim, OfOneSeedIsNotTested) {
  const auto results = compared({variant("pca", {1.}), variant("dense", {3.})});
  EXPECT_EQ(claim(results).level, Level::not_judged);
  EXPECT_EQ(claim(results).sentence, "pca has the lowest error (1, 1 seed).");
  EXPECT_EQ(claim(results).explanation,
            "The difference from dense is not tested: it needs at least two seeds.");
  EXPECT_SAYS(results.verdict.text(), "With one seed, differences may be due to chance");
}

TEST(Claim, IsNotMadeWhereNeitherDirectionIsBetter) {
  const Measure neutral = {.name = "norm", .definition = "length"};
  const auto results = compared({variant("a", {1., 2., 3.}, neutral), variant("b", {3., 4., 5.3}, neutral)});
  EXPECT_FALSE(claim(results).leader);
  EXPECT_EQ(results.verdict.summary, "norm: Neither direction is better.");
  EXPECT_SAYS(results.verdict.text(), "b is higher by 2.1 [") << "neither better nor worse";
}

TEST(Claim, IsNotMadeWhereOneVariantAloneHasTheMetric) {
  const auto results =
      compared({variant("pca", {1., 2., 3.}), variant("dense", {std::nullopt, std::nullopt, std::nullopt})});
  EXPECT_FALSE(claim(results).leader);
  EXPECT_EQ(results.verdict.summary, "error: Only pca has this metric.");
}

TEST(Verdict, SaysWhichWayIsBetter) {
  // Differences 1, 2, 3: mean 2, deviation 1, p = 1 - sqrt(12 / 14) = .0742, 95 % CI 2 -+ 2.48414.
  const auto higher = compared({variant("pca", {1., 2., 3.}), variant("dense", {2., 4., 6.})});
  EXPECT_SAYS(
      higher.verdict.text(),
      "Not significant, which does not show that there is no difference: dense is higher (worse) by 2 "
      "[-0.4841, 4.484], p = .074.");
  const auto lower = compared({variant("pca", {2., 4., 6.}), variant("dense", {1., 2., 3.})});
  EXPECT_SAYS(lower.verdict.text(), "dense is lower (better) by 2 [-0.4841, 4.484], p = .074.");
  const auto accuracy =
      compared({variant("pca", {1., 2., 3.}, kAccuracy), variant("dense", {2., 4., 6.}, kAccuracy)});
  EXPECT_SAYS(accuracy.verdict.text(), "dense is higher (better) by 2 [");
  const auto worse =
      compared({variant("pca", {2., 4., 6.}, kAccuracy), variant("dense", {1., 2., 3.}, kAccuracy)});
  EXPECT_SAYS(worse.verdict.text(), "dense is lower (worse) by 2 [");
}

TEST(Verdict, NamesTestsCorrectionAndSeeds) {
  const auto results = compared(
      {variant("pca", {1., 2., 3.}), variant("dense", {3., 4., 5.3}), variant("far", {8., 9., 9.7})});
  EXPECT_EQ(results.verdict.details[0],
            "Compared with the baseline pca in error on the test split, 3 seeds, by paired t tests, "
            "Holm-corrected over 2 variants; 95 % CIs are not corrected:");
  EXPECT_SAYS(results.verdict.details[1],
              "Significant: dense is higher (worse) by 2.1 [1.67, 2.53], p = .0023; far");
}

TEST(Verdict, PairsValuesBySeedWhereOneIsLacking) {
  // By seeds 2 and 3 the differences are 3 and 4; by place they would be 4 and 5.
  const auto dense = with_state(variant("dense", {0., 5., 7.}), 0, "missing");
  const auto results = compared({variant("pca", {1., 2., 3.}), dense});
  EXPECT_EQ(results.tables[0].rows[1].against->difference.n, 2);
  EXPECT_DOUBLE_EQ(results.tables[0].rows[1].against->difference.mean, 3.5);
  EXPECT_SAYS(results.verdict.text(),
              "By the seeds that have both values only, so that nothing is claimed: dense is higher (worse) "
              "by 3.5 [");
  EXPECT_SAYS(results.verdict.text(), ", 2 of 3 seeds.");
  EXPECT_SAYS(results.verdict.text(), "1 of 6 runs is excluded.");
}

TEST(Verdict, ClaimsNothingOverABaselineThatLacksRuns) {
  const auto results = compared({with_state(variant("pca", {1., 2., 3., 4.}), 1, "failed"),
                                 variant("dense", {3., 4., 5.3, 6.}), variant("far", {8., 9., 9.7, 11.})});
  EXPECT_SAYS(results.verdict.text(),
              "By the seeds that have both values only, so that nothing is claimed: dense is higher (worse) "
              "by 2.1 [");
  for (const auto* claimed : {"Significant: ", "Not significant"})
    EXPECT_EQ(results.verdict.text().find(claimed), std::string::npos) << claimed;
  EXPECT_EQ(claim(results).leader, 1U) << "of those with all runs";
}

TEST(Verdict, SaysWhoWasStillImproving) {
  auto dense = variant("dense", {3., 4., 5.3});
  dense.runs[0].improvement = .0101;
  dense.runs[1].improvement = .0099;
  dense.runs[2].improvement = -.2;
  const auto results = compared({variant("pca", {1., 2., 3.}), dense});
  EXPECT_SAYS(results.verdict.text(),
              "Still improving when training ended: dense (1 of 3 runs). A run counts as ");
  EXPECT_SAYS(results.verdict.text(), "Whether pca still improved when training ended is unknown: ");
  const auto value = to_json(results);
  EXPECT_EQ(value["variants"][0]["still_improving"], nullptr);
  EXPECT_EQ(value["variants"][1]["still_improving"], (nlohmann::json{{"runs", 1}, {"of", 3}}));
  EXPECT_EQ(value["variants"][1]["runs"][0]["still_improving"], true);
  EXPECT_EQ(value["variants"][1]["runs"][1]["still_improving"], false);
  EXPECT_EQ(value["variants"][0]["runs"][0]["still_improving"], nullptr);
  EXPECT_SAYS(terminal_table(results), "1 of 3");
  EXPECT_EQ(results.verdict.text().find("pca ("), std::string::npos);
  auto closed = results.variants;
  closed[0].closed_form = true;
  EXPECT_EQ(compared(closed).verdict.text().find("unknown"), std::string::npos) << "nothing to improve";
}

TEST(Verdict, CountsTheRunsOfWhichItIsKnownWhetherTheyImproved) {
  auto dense = variant("dense", {3., 4., 5.3});
  dense.runs[0].improvement = .5;
  dense.runs[2].improvement = -.5;
  const auto results = compared({variant("pca", {1., 2., 3.}), dense});
  EXPECT_SAYS(results.verdict.text(), "Still improving when training ended: dense (1 of 2 runs).");
  EXPECT_SAYS(terminal_table(results), "1 of 2");
}

TEST(Verdict, RepeatsTheCautionsOfItsRunsOnce) {
  auto pca = variant("pca", {1., 2., 3.}), dense = variant("dense", {3., 4., 5.3});
  dense.runs[0].evaluated.cautions = {"codes have 7.25 active elements, and 5 are wanted"};
  dense.runs[2].evaluated.cautions = {"codes have 8 active elements, and 5 are wanted", "no labels"};
  pca.runs[1].evaluated.cautions = {"codes have 12.5 active elements, and 5 are wanted"};
  const auto caveats = compared({pca, dense}).verdict.caveats;
  const std::vector<std::string> cautions = {
      "A caution of pca (1 of 3 runs), dense (2 of 3 runs), here of pca/seed-2: codes have 12.5 active "
      "elements, and 5 are wanted.",
      "A caution of dense (1 of 3 runs), here of dense/seed-3: no labels."};
  for (const auto& caution : cautions)
    EXPECT_EQ(std::count(caveats.begin(), caveats.end(), caution), 1) << caution;
  const auto is_caution = [](const auto& caveat) { return caveat.starts_with("A caution"); };
  EXPECT_EQ(std::count_if(caveats.begin(), caveats.end(), is_caution), 2);
}

TEST(Verdict, SaysWhatTheMeanOfTheDataBeats) {
  const Measure explained = {
      .name = "reconstruction/explained_variance", .definition = "R^2", .better = Direction::higher};
  const auto said = [&](double second) {
    return compared({variant("pca", {.1, .2, .3}, explained), variant("dense", {.5, -.5, second}, explained),
                     variant("far", {-8., -9., -9.7}, explained)})
        .verdict.text();
  };
  EXPECT_SAYS(said(0), "dense and far reconstruct no better than the mean of the data");
  EXPECT_SAYS(said(.01), "far reconstructs no better than the mean of the data");
}

TEST(Verdict, NamesCompletedRunsOutsideTheComparison) {
  auto results = compared({variant("pca", {1., 2., 3.}), variant("dense", {3., 4., 5.3})});
  EXPECT_EQ(results.verdict.text().find("not part of"), std::string::npos);
  results.left_out = {"dense/seed-8", "pca/seed-9"};
  tabulate(results, {});
  EXPECT_SAYS(results.verdict.text(),
              "2 completed runs in the folder are not part of this comparison: dense/seed-8 and pca/seed-9.");
}

TEST(Verdict, IsTheSameInTerminalAndFile) {
  const auto results = compared({variant("pca", {1., 2., 3.}), variant("dense", {3., 4., 5.3})});
  const auto value = to_json(results), written = value["measures"][0]["claim"];
  EXPECT_EQ(written["leader"], "pca");
  EXPECT_EQ(written["level"], "decided");
  EXPECT_EQ(written["reason"], "significant");
  EXPECT_EQ(written["sentence"].get<std::string>() + " " + written["explanation"].get<std::string>(),
            value["summary"]);
  EXPECT_EQ(written["counts"]["significant"], 1);
  const auto shown = terminal_verdict(results);
  EXPECT_TRUE(shown.starts_with(value["summary"].get<std::string>() + "\n")) << shown;
  for (const auto* part : {"details", "caveats"})
    for (const auto& sentence : value[part]) EXPECT_SAYS(shown, sentence.get<std::string>());
}

TEST(Verdict, OfNothingSaysSo) {
  auto unmeasured = variant("pca", {1., 2.});
  for (auto& run : unmeasured.runs) run.evaluated = {};
  EXPECT_EQ(compared({unmeasured, unmeasured}).verdict.text(),
            "Nothing can be claimed: the runs measured no metric.");
  for (auto& run : unmeasured.runs) run.status.message = "nothing was measured: there are no rows";
  EXPECT_EQ(compared({unmeasured, unmeasured}).verdict.text(),
            "Nothing can be claimed: nothing was measured: there are no rows.");
  const auto missing = with_state(with_state(variant("pca", {1., 2.}), 0, "missing"), 1, "missing");
  EXPECT_EQ(compared({missing, missing}).verdict.text(), "Nothing can be claimed: no run is completed.");
  EXPECT_EQ(compared({variant("pca", {1., 2.})}).verdict.text(),
            "There is one variant: nothing is compared.");
}

TEST(Evaluation, KeepsNaNApartFromNotApplicable) {
  const TemporaryFolder folder;
  write_evaluation(
      folder.path(),
      {.checkpoint = "best", .part = "test", .results = {{kError, std::nan("")}, {kAccuracy, std::nullopt}}});
  const auto results = read_evaluation(folder.path()).results;
  EXPECT_TRUE(results[0].value && std::isnan(*results[0].value));
  EXPECT_FALSE(results[1].value);
}

TEST(Table, MeanCostIsOfTheCompletedRuns) {
  auto dense = variant("dense", {3., 4., 5.3});
  dense.runs[0].status.seconds = 2;
  dense.runs[1].status.seconds = 6;
  dense.runs[2].status = {.state = "failed", .parameters = 10, .epochs = 50, .steps = 900, .seconds = 100};
  dense.runs[2].evaluated = {};
  const auto table = terminal_table(compared({variant("pca", {1., 2., 3.}), dense}));
  const auto costs = table.substr(table.find("training cost"));
  EXPECT_SAYS(costs, "dense    2          10       2      8        4             6              n/a\n");
}

TEST(Table, TellsHowManyRunsAMeanIsOfWhereSomeAreLacking) {
  const auto dense = with_state(variant("dense", {3., 4., 5.5}), 1, "failed");
  const auto table = terminal_table(compared({variant("pca", {1., 2., 3.}), dense}));
  EXPECT_SAYS(table, "4 ± 16 (n=2)");  // 12.7062 (t, 97.5 %, 1 degree of freedom) * 1.25
  EXPECT_EQ(table.find("(n=3)"), std::string::npos);
}

TEST(Table, FitsATerminal) {
  std::vector<ComparedVariant> variants;
  for (const auto* name : {"denoising,code=16", "contractive,code=16", "stacked-convolutional"})
    variants.push_back(variant(name, {1.23456789, 2.3456789, 3.456789, 4., 5., 6., 7.}));
  std::istringstream lines(terminal_table(compared(variants)));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 82U) << line;  // ± has two bytes
}

}  // namespace
}  // namespace aelab
