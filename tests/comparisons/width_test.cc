// Hidden widths that meet a budget of parameters, whatever their fields are called.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "aelab/comparisons/comparison.h"
#include "aelab/core/config.h"
#include "aelab/nn/dense_backbone.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// A dense backbone whose widths have names of their own.
class Ladder : public DenseBackbone {
 public:
  struct Rung {
    std::int64_t length = 16;
    void fields(Fields& f) { f("length", length, "width of a layer").scales_with_width(); }
  };
  struct Config {
    static constexpr std::string_view kind = "test-ladder";
    static constexpr std::string_view summary = "hidden layers that are called rungs";
    static constexpr std::string_view capabilities[] = {capability::takes_code};
    std::vector<Rung> rungs = {{}};

    void fields(Fields& f) { f("rungs", rungs, "hidden layers"); }
    static std::vector<Config> examples() { return {{}}; }
  };

  Ladder(const Config& config, const BackboneContext& context) : DenseBackbone(dense(config), context) {}

 private:
  static DenseBackbone::Config dense(const Config& config) {
    DenseBackbone::Config dense;
    for (const auto& rung : config.rungs) dense.hidden.push_back(rung.length);
    return dense;
  }
};

/// What the first contender's check gives for a model and a budget.
ContenderCost cost_of(const nlohmann::json& model, std::int64_t parameters) {
  if (!Backbone::registry().find(Ladder::Config::kind)) Backbone::registry().add<Ladder>();
  const nlohmann::json file = {
      {"name", "widths"},
      {"base",
       {{"data", {{"source", "digits"}, {"train", 100}, {"validation", 50}}}, {"training", {{"epochs", 1}}}}},
      {"variants", {{{"name", "one"}, {"set", {{"model", model}}}}}},
      {"seeds", {1}},
      {"budget", {{"parameters", parameters}, {"tolerance", 0.1}}}};
  Comparison comparison(read_comparison_config(file.dump(), "widths.json"));
  return comparison.check(std::size_t{0});
}

TEST(HiddenWidths, AreThoseThatABackboneDeclares) {
  const nlohmann::json backbone = {{"kind", "test-ladder"}, {"rungs", {{{"length", 16}}, {{"length", 8}}}}};
  const auto cost = cost_of({{"variant", "autoencoder"}, {"code", 4}, {"backbone", backbone}}, 5000);
  // 64 -> 2w -> w -> 4 and back: 4 w^2 + 270 w + 68 parameters; w = 14.9 rounds to 30 and 15.
  EXPECT_EQ(cost.solved, (std::vector<std::string>{"model.backbone.rungs[0].length=30",
                                                   "model.backbone.rungs[1].length=15"}));
  EXPECT_EQ(cost.parameters, 4 * 15 * 15 + 270 * 15 + 68);
}

TEST(HiddenWidths, AreFoundInEveryBackboneOfAelab) {
  const auto solved = [](const nlohmann::json& model) { return cost_of(model, 6000).solved; };
  const auto begins = [](const std::vector<std::string>& all, std::vector<std::string> beginnings) {
    ASSERT_EQ(all.size(), beginnings.size());
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_TRUE(all[i].starts_with(beginnings[i])) << all[i];
  };
  begins(solved({{"variant", "dense"}, {"code", 4}, {"hidden", {16}}}), {"model.hidden="});
  begins(solved({{"variant", "denoising"}, {"backbone", {{"kind", "dense"}, {"hidden", {16}}}}}),
         {"model.backbone.hidden="});
  begins(solved({{"variant", "convolutional"}}),
         {"model.encoder[0].conv=", "model.encoder[2].conv=", "model.decoder[0].conv=",
          "model.decoder[2].conv=", "model.decoder[4].conv="});
  begins(solved({{"variant", "autoencoder"},
                 {"code", 4},
                 {"backbone", {{"kind", "residual"}, {"stages", {{{"channels", 4}}, {{"channels", 4}}}}}}}),
         {"model.backbone.stages[0].channels=", "model.backbone.stages[1].channels="});
}

TEST(HiddenWidths, AreSaidToBeMissingWhereThereAreNone) {
  EXPECT_SAYS(message_of<Error>([] {
                cost_of({{"variant", "linear"}, {"code", 4}}, 6000);
              }),
              "has no hidden layers whose width could meet budget.parameters");
}

}  // namespace
}  // namespace aelab
