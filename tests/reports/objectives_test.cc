// Curves of one name are drawn together, and ranked, only where they are values of one objective.

#include "aelab/reports/comparison_page.h"
#include "tests/reports/records.h"

namespace aelab {
namespace {

/// A comparison of dense, which has the first parts, and sparse, which has the others, each once expanded;
/// the objectives of the curve on its page.
class Objectives : public testing::Test {
 protected:
  std::vector<std::string> of(const std::string& curve, const Json& dense, const Json& sparse,
                              std::vector<std::string> phases = {"train", "train"}) {
    const TemporaryFolder folder;
    put_comparison(folder.path());
    for (const auto& [variant, parts] : {std::pair("dense", dense), {"sparse", sparse}})
      for (const auto* seed : {"seed-1", "seed-2"}) {
        auto record = run_record(variant);
        record["config.json"]["model"]["expanded"] = parts;
        for (std::size_t i = 0; i < 2; ++i) {
          auto& line = record["metrics.jsonl"][i];
          line["validation/reconstruction"] = 2.0;
          line["validation/mse"] = 0.2;
          line["rate"] = 0.1;
          line["phase"] = variant == std::string("sparse") ? phases[i] : "train";
        }
        put_run(folder / "runs" / variant / seed, record);
      }
    Material material;
    const auto page = comparison_page(Folder(folder.path(), material));
    std::vector<std::string> objectives;
    for (const auto& one : page.at("curves"))
      if (one.at("name") == curve)
        for (const auto& band : one.at("variants")) objectives.push_back(band.at("objective"));
    return objectives;
  }

  static Json parts(const std::string& likelihood, Json penalties = Json::array()) {
    return {{"likelihood", {{"kind", likelihood}}}, {"penalties", std::move(penalties)}};
  }
  using Strings = std::vector<std::string>;
};

TEST_F(Objectives, DifferByLikelihood) {
  for (const auto* curve : {"train/loss", "validation/reconstruction"})
    EXPECT_EQ(of(curve, parts("bernoulli"), parts("gaussian")), (Strings{"bernoulli", "gaussian"})) << curve;
  EXPECT_EQ(of("train/loss", parts("gaussian"), parts("gaussian")), (Strings{"gaussian", "gaussian"}));
}

TEST_F(Objectives, OfWholeLossesDifferByPenaltiesAndTheirSettings) {
  const Json weak = {{{"kind", "l1"}, {"weight", 0.1}}}, strong = {{{"kind", "l1"}, {"weight", 0.5}}};
  EXPECT_EQ(of("train/loss", parts("bernoulli"), parts("bernoulli", weak)),
            (Strings{"bernoulli", "bernoulli + l1 (weight=0.1)"}));
  EXPECT_EQ(of("train/loss", parts("bernoulli", strong), parts("bernoulli", weak)),
            (Strings{"bernoulli + l1 (weight=0.5)", "bernoulli + l1 (weight=0.1)"}));
  EXPECT_EQ(of("validation/reconstruction", parts("bernoulli", strong), parts("bernoulli", weak)),
            (Strings{"bernoulli", "bernoulli"}))
      << "a term is the same whatever is added to it";
}

TEST_F(Objectives, OfWholeLossesDifferByBounds) {
  const auto with = [](const std::string& bound, int samples) {
    auto with_bound = parts("bernoulli");
    with_bound["bound"] = {{"kind", bound}, {"samples", samples}};
    return with_bound;
  };
  for (const std::string bound : {"mean", "importance-weighted"}) {
    EXPECT_EQ(of("train/loss", with(bound, 5), with(bound, 5)), (Strings{"bernoulli", "bernoulli"}));
    EXPECT_EQ(of("train/loss", with(bound, 5), with(bound, 7)),
              (Strings{"bernoulli, " + bound + " (samples=5)", "bernoulli, " + bound + " (samples=7)"}));
    EXPECT_EQ(of("validation/reconstruction", with(bound, 5), with(bound, 7)),
              (Strings{"bernoulli", "bernoulli"}));
  }
  EXPECT_EQ(of("train/loss", with("mean", 1), with("importance-weighted", 5)),
            (Strings{"bernoulli, mean (samples=1)", "bernoulli, importance-weighted (samples=5)"}));
}

TEST_F(Objectives, DifferByPhasesSinceLayersReconstructCodes) {
  EXPECT_EQ(of("validation/reconstruction", parts("bernoulli"), parts("bernoulli"), {"layer 1", "layer 2"}),
            (Strings{"bernoulli", "bernoulli, phases layer 1, layer 2"}));
}

TEST_F(Objectives, DoNotMatterForTheMeanSquaredError) {
  EXPECT_EQ(of("validation/mse", parts("bernoulli"), parts("gaussian"), {"layer 1", "fine-tuning"}),
            (Strings{"", ""}));
}

TEST_F(Objectives, DoNotMatterForCurvesThatAreNoTerms) {
  EXPECT_EQ(of("rate", parts("bernoulli"), parts("gaussian")), (Strings{"", ""}));
}

TEST_F(Objectives, OfRunsWithoutAConfigAreUnknown) {
  EXPECT_EQ(of("train/loss", Json(), Json()), (Strings{"", ""}));
}

}  // namespace
}  // namespace aelab
