#include "aelab/comparisons/confounds.h"

#include <gtest/gtest.h>

namespace aelab {
namespace {

using Sentences = std::vector<std::string>;

VariantSettings settings(const std::string& name, const std::string& model, const std::string& expanded) {
  return {.name = name, .written = {R"({"model": )" + model + "}"}, .expanded = {expanded}};
}

TEST(Confounds, GroupVariantsByTheirDefaults) {
  const auto found = confounds({
      settings("dense", R"({"variant": "dense", "code": 4})",
               R"({"bottleneck": {"kind": "deterministic", "activation": "linear"}})"),
      settings("denoising", R"({"variant": "denoising", "code": 4})",
               R"({"bottleneck": {"kind": "deterministic", "activation": "sigmoid"}})"),
      settings("contractive", R"({"variant": "contractive"})",
               R"({"bottleneck": {"kind": "deterministic", "activation": "sigmoid"}})"),
  });
  EXPECT_EQ(found,
            Sentences{"bottleneck.activation differs by default: linear (dense), sigmoid (denoising and "
                      "contractive)."});
}

TEST(Confounds, LeaveOutWhatTheFileWrites) {
  const auto tanh = R"({"backbone": {"kind": "dense", "hidden": [8], "activation": "tanh"}})",
             relu = R"({"backbone": {"kind": "dense", "hidden": [16], "activation": "relu"}})";
  // By the path of a part, as a whole part, and as the variant's own field.
  EXPECT_EQ(confounds({settings("a", R"({"backbone": {"hidden": [8], "activation": "tanh"}})", tanh),
                       settings("b", R"({"hidden": [16], "activation": "relu"})", relu)}),
            Sentences{});
  EXPECT_EQ(confounds({settings("a", R"({"backbone": "own"})", tanh), settings("b", "{}", relu)}),
            Sentences{})
      << "one variant alone has a default";
  EXPECT_EQ(
      confounds({settings("a", R"({"hidden": [8]})", tanh), settings("b", R"({"hidden": [16]})", relu)}),
      Sentences{"backbone.activation differs by default: tanh (a), relu (b)."});
}

TEST(Confounds, LeaveOutPartsThatOneVariantAdds) {
  EXPECT_EQ(confounds({settings("plain", "{}", R"({"corruption": {"kind": "none"}, "penalties": []})"),
                       settings("noisy", "{}", R"({"corruption": {"kind": "masking", "level": 0.3},
                                                   "penalties": [{"kind": "l1", "weight": 0.1}]})")}),
            Sentences{});
  // Of two with the same penalty the weight counts, wherever it stands in the list.
  EXPECT_EQ(
      confounds({settings("a", "{}", R"({"penalties": [{"kind": "l1", "weight": 0.1}]})"),
                 settings("b", "{}",
                          R"({"penalties": [{"kind": "l2", "weight": 3}, {"kind": "l1", "weight": 0.2}]})")}),
      Sentences{"penalties.l1.weight differs by default: 0.1 (a), 0.2 (b)."});
}

TEST(Confounds, CountCodeDimensionsUnlessTheFileWritesThemAll) {
  auto dense = settings("dense", R"({"code": 2})", "{}"), convolutional = settings("conv", "{}", "{}");
  dense.code = 2;
  convolutional.code = 8;
  EXPECT_EQ(confounds({dense, convolutional}),
            Sentences{"The number of code dimensions differs: 2 (dense), 8 (conv)."});
  convolutional.written.text = R"({"model": {"code": 8}})";
  EXPECT_EQ(confounds({dense, convolutional}), Sentences{}) << "the comparison is of these";
}

TEST(Confounds, CountParametersAndEpochs) {
  auto small = settings("small", "{}", "{}"), large = small, exact = small;
  small.parameters = 1000;
  small.epochs = 20;
  large.name = "large";
  large.parameters = 1011;
  large.epochs = 12;
  exact.name = "exact";
  exact.parameters = 1010;
  EXPECT_EQ(confounds({small, large, exact}),
            (Sentences{"The number of parameters differs: 1000 (small), 1011 (large), 1010 (exact).",
                       "The number of training epochs differs: 20 (small), 12 (large)."}));
  EXPECT_EQ(confounds({small, exact}), Sentences{}) << "within 1 %";
  large.parameters = 1000;
  small.written.text = R"({"training": {"epochs": 20}})";
  EXPECT_EQ(confounds({small, large}), Sentences{}) << "the file writes the epochs";
}

TEST(Confounds, OfManyValuesNameTheEnds) {
  std::vector<VariantSettings> many;
  for (std::int64_t i = 1; i <= 9; ++i) {
    many.push_back(settings("v" + std::to_string(i), "{}", R"({"bottleneck": {"activation": "relu"}})"));
    many.back().parameters = 100 * (i == 3 ? 20 : i);
  }
  many.front().expanded.text = R"({"bottleneck": {"activation": "linear"}})";
  EXPECT_EQ(
      confounds(many),
      (Sentences{"bottleneck.activation differs by default: linear (v1), relu (v2, v3, v4, v5 and 4 others).",
                 "The number of parameters differs: from 100 (v1), to 2000 (v3)."}));
}

}  // namespace
}  // namespace aelab
