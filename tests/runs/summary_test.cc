#include "aelab/runs/summary.h"

#include <ATen/ATen.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <nlohmann/json.hpp>

#include "aelab/core/files.h"
#include "aelab/models/dense.h"
#include "aelab/models/stacked.h"
#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/gaussian_bottleneck.h"
#include "aelab/nn/priors.h"
#include "aelab/nn/vector_quantized_bottleneck.h"
#include "tests/support.h"

namespace aelab {
namespace {

using nlohmann::json;

Tensor numbers(const json& list) { return at::tensor(list.get<std::vector<double>>(), at::kDouble); }

/// Four digits are written.
void expect_near(const Tensor& written, const Tensor& expected) {
  ASSERT_EQ(written.sizes(), expected.sizes());
  EXPECT_TRUE(at::allclose(written, expected.to(at::kDouble), 6e-4, 1e-5)) << written << expected;
}

struct Summarizing : testing::Test {
  TemporaryFolder temporary;
  Made made;

  json summarize(const Choice<Autoencoder>& variant) {
    RunConfig config;
    config.data.source = Choice<Source>::named("digits");
    config.model.variant = variant;
    Problems problems;
    made = make(config, problems);
    problems.raise("test");
    write_summary(temporary.path(), config, made);
    return json::parse(read_file(temporary / "summary/summary.json"));
  }
  bool drawn(const std::string& name) const {
    return std::filesystem::exists(temporary / ("summary/" + name + ".png"));
  }
};

TEST(OutlineTest, CountsTheParametersAndEndsInCodeAndInput) {
  std::size_t checked = 0;
  for (const auto& kind : Autoencoder::registry().all())
    for (const auto& settings : kind.examples()) {
      const auto model = Autoencoder::registry().make(*settings, Context(kind.example_input, 0, 3));
      const auto layers = model->parts().backbone.layers();
      std::int64_t counted = 0, expected = 0;
      for (const auto& layer : layers) counted += layer.parameters;
      for (const auto& [name, parameter] : parameters_of(*model))
        if (name.starts_with("backbone.")) expected += parameter.numel();
      ASSERT_FALSE(layers.empty()) << kind.name;
      EXPECT_EQ(counted, expected) << kind.name;
      EXPECT_EQ(layers.back().output, model->target_shape()) << kind.name;
      for (std::size_t i = 0; i + 1 < layers.size(); ++i)
        if (layers[i].network == "encoder" && layers[i + 1].network == "decoder") {
          const auto wanted = model->parts().bottleneck.pre_code_shape(model->code_shape());
          EXPECT_EQ(layers[i].output, wanted) << kind.name;
        }
      ++checked;
    }
  EXPECT_GE(checked, 10U);
}

TEST_F(Summarizing, CodesLieInThePlaneOfTheirFirstPrincipalComponents) {
  for (const std::int64_t width : {5, 500, 1500}) {  // less, more and many more than there are samples
    const auto codes = summarize(Dense::Config{.base = {.code = width}}).at("codes");
    const at::NoGradGuard no_grad;
    const auto rows = made.data.test.range(0, made.data.test.size()).inputs;
    const auto all = made.model->encode(rows).to(at::kDouble);
    const auto centerd = all - all.mean(0, true);
    const auto singular = at::linalg_svdvals(centerd) / std::sqrt(centerd.size(0) - 1.0);
    EXPECT_EQ(codes.at("rows"), rows.size(0));
    const auto written = numbers(codes.at("singular_values"));
    expect_near(written.slice(0, 0, 5), singular.slice(0, 0, 5));
    const auto x = numbers(codes.at("x")), y = numbers(codes.at("y"));
    EXPECT_NEAR(x.std().item<double>(), singular[0].item<double>(), 1e-3 * singular[0].item<double>());
    EXPECT_NEAR(y.std().item<double>(), singular[1].item<double>(), 1e-3 * singular[1].item<double>());
    EXPECT_NEAR((x * y).sum().item<double>(), 0, 1e-3 * x.norm().item<double>() * y.norm().item<double>());
    EXPECT_EQ(codes.at("labels").size(), x.numel());
  }
}

/// The most bytes of tensors at once, beyond those at its beginning.
struct PeakOfTensors : c10::MemoryReportingInfoBase {
  std::int64_t now = 0, peak = 0;
  void reportMemoryUsage(void*, std::int64_t bytes, std::size_t, std::size_t, c10::Device) override {
    now += bytes;
    peak = std::max(peak, now);
  }
  bool memoryProfilingEnabled() const override { return true; }
};

TEST_F(Summarizing, KeepsFewCopiesOfTheCodesOfManyDimensions) {
  constexpr std::int64_t kRows = 1000, kWidth = 20'000;
  RunConfig config;
  config.data.source = Choice<Source>::named("digits");
  config.data.split.test = kRows;
  config.model.variant = Dense::Config{.base = {.code = kWidth}};
  Problems problems;
  made = make(config, problems);
  problems.raise("test");
  const auto tensors = std::make_shared<PeakOfTensors>();
  {
    const c10::DebugInfoGuard counting(c10::DebugInfoKind::PROFILER_STATE, tensors);
    write_summary(temporary.path(), config, made);
  }
  const auto codes = kRows * kWidth * static_cast<std::int64_t>(sizeof(float));
  EXPECT_GT(tensors->peak, codes);
  EXPECT_LT(tensors->peak, 4 * codes);
}

TEST_F(Summarizing, CodesOfTwoNumbersAreShownAsTheyAre) {
  const auto codes = summarize(Dense::Config{.base = {.code = 2}}).at("codes");
  const at::NoGradGuard no_grad;
  const auto all = made.model->encode(made.data.test.range(0, made.data.test.size()).inputs);
  expect_near(numbers(codes.at("x")), all.select(1, 0));
  expect_near(numbers(codes.at("y")), all.select(1, 1));
}

TEST_F(Summarizing, TheJacobianOfOneLinearLayerIsItsWeight) {
  const auto jacobian = summarize(Dense::Config{.base = {.code = 5}}).at("jacobian");
  const auto weight = parameters_of(*made.model).front().second.detach();
  ASSERT_EQ(weight.sizes(), at::IntArrayRef({5, 64}));
  expect_near(numbers(jacobian.at("singular_values")), at::linalg_svdvals(weight));
}

TEST_F(Summarizing, SingularValuesOfTheJacobianAreMeansOverSamples) {
  const auto jacobian =
      summarize(Dense::Config{
                    .base = {.code = 5,
                             .bottleneck = DeterministicBottleneck::Config{.activation = Activation::tanh}}})
          .at("jacobian");
  EXPECT_EQ(jacobian.at("rows"), 32);
  // J = diag(1 - code^2) W
  const at::NoGradGuard no_grad;
  const auto codes = made.model->encode(made.data.test.range(0, 32).inputs).to(at::kDouble);
  const auto weight = parameters_of(*made.model).front().second.to(at::kDouble);
  const auto j = (1 - codes.square()).unsqueeze(2) * weight;
  expect_near(numbers(jacobian.at("singular_values")), at::linalg_svdvals(j).mean(0));
}

TEST_F(Summarizing, HasTheUseOfEachDimensionOfGaussianCodes) {
  EXPECT_FALSE(summarize(Dense::Config{.base = {.code = 3}}).contains("latent"));
  const auto latent =
      summarize(Dense::Config{.base = {.code = 3, .bottleneck = GaussianBottleneck::Config{}}}).at("latent");
  const at::NoGradGuard no_grad;
  const auto rows = made.data.test.range(0, made.data.test.size()).inputs;
  const auto given = made.model->parts().backbone.encode(rows, {}).to(at::kDouble);
  const auto mean = given.narrow(1, 0, 3), variance = given.narrow(1, 3, 3).exp();
  EXPECT_EQ(latent.at("rows"), rows.size(0));
  expect_near(numbers(latent.at("divergences")),
              (0.5 * (mean.square() + variance - 1 - variance.log())).mean(0));
  expect_near(numbers(latent.at("variances_of_means")), mean.var(0, /*unbiased=*/false));
  const auto other = summarize(Dense::Config{
      .base = {.code = 3, .bottleneck = GaussianBottleneck::Config{.prior = MixturePrior::Config{}}}});
  EXPECT_FALSE(other.at("latent").contains("divergences"));
}

TEST_F(Summarizing, ContoursOfThePriorEncloseTheirSharesOfItsMass) {
  EXPECT_FALSE(summarize(Dense::Config{.base = {.code = 2}}).at("codes").contains("prior"));
  EXPECT_FALSE(summarize(Dense::Config{.base = {.code = 3, .bottleneck = GaussianBottleneck::Config{}}})
                   .at("codes")
                   .contains("prior"));
  const auto of = [&](const Choice<Prior>& choice) {
    return summarize(
               Dense::Config{.base = {.code = 2, .bottleneck = GaussianBottleneck::Config{.prior = choice}}})
        .at("codes")
        .at("prior");
  };
  // N(0, 2^2 I) has log-density -log(8 pi) - r^2 / 8, and the mass 1 - exp(-r^2 / 8) within radius r.
  const auto prior = of(StandardPrior::Config{.deviation = 2});
  const auto points = prior.at("points").get<std::int64_t>();
  const auto x = prior.at("x").get<std::vector<double>>(), y = prior.at("y").get<std::vector<double>>();
  const auto axis = [&](const auto& ends) {
    return at::linspace(ends[0], ends[1], points, at::TensorOptions(at::kDouble));
  };
  const auto radii = axis(y).square().unsqueeze(1) + axis(x).square();
  EXPECT_TRUE(at::allclose(numbers(prior.at("log_densities")).view({points, points}),
                           -std::log(8 * M_PI) - radii / 8, 2e-3, 2e-3));
  for (const auto& contour : prior.at("contours")) {
    const double mass = contour.at("mass");
    EXPECT_NEAR(contour.at("log_density"), -std::log(8 * M_PI) + std::log(1 - mass), 0.12) << mass;
  }
  EXPECT_EQ(prior.at("contours").size(), 3U);
  for (const auto& ends : {x, y}) {
    EXPECT_LT(ends[0], -2 * 3.03);  // the radius of 99 % is 2 x 3.03
    EXPECT_GT(ends[1], 2 * 3.03);
  }
  EXPECT_EQ(of(MixturePrior::Config{.components = 3}).at("log_densities").size(), points * points);
}

TEST_F(Summarizing, CountsTheVectorsOfACodebook) {
  EXPECT_FALSE(summarize(Dense::Config{.base = {.code = 3}}).contains("codebook"));
  const auto codebook =
      summarize(Dense::Config{
                    .base = {.code = 6,
                             .bottleneck = VectorQuantizedBottleneck::Config{.codes = 40, .dimension = 2}}})
          .at("codebook");
  const at::NoGradGuard no_grad;
  const auto rows = made.data.test.range(0, made.data.test.size()).inputs;
  const auto& [backbone, bottleneck, likelihood, silent_rows] = made.model->parts();
  const auto vectors = backbone.encode(rows, {}).view({-1, 2});
  const auto nearest = at::cdist(vectors, made.model->named_parameters()["bottleneck.codebook"]).argmin(1);
  const auto counts = std::get<2>(at::_unique2(nearest, true, false, true));
  EXPECT_EQ(codebook.at("rows"), rows.size(0));
  EXPECT_EQ(codebook.at("size"), 40);
  EXPECT_TRUE(at::equal(numbers(codebook.at("counts")), std::get<0>(counts.sort(0, true)).to(at::kDouble)));
  const auto shares = counts.to(at::kDouble) / counts.sum();
  const double perplexity = std::exp(-(shares * shares.log()).sum().item<double>());
  EXPECT_NEAR(codebook.at("perplexity"), perplexity, 1e-3 * perplexity);
}

TEST_F(Summarizing, ModelsWithCodesOfOneShapeDecodeTheSameNumbers) {
  const auto numbers = Noise().normal_like("prior", at::empty({5, 7}));
  for (const auto activation : {Activation::relu, Activation::tanh}) {
    const DenseBackbone::Config backbone{.hidden = {9}, .activation = activation};
    summarize(
        Dense::Config{.base = {.code = 7, .backbone = backbone, .bottleneck = GaussianBottleneck::Config{}}});
    const at::NoGradGuard no_grad;
    EXPECT_TRUE(at::equal(decoded_draws(*made.model, 5), made.model->decode(numbers)));
  }
  summarize(Dense::Config{.base = {.code = 2}});
  EXPECT_FALSE(decoded_draws(*made.model, 5).defined());
}

TEST_F(Summarizing, DrawsWhatTheModelCan) {
  const auto summary = summarize(Dense::Config{.base = {.code = 5}});
  EXPECT_EQ(summary.at("part"), "test");
  EXPECT_EQ(summary.at("data").at("test"), made.data.test.size());
  for (const auto* name : {"inputs", "reconstructions", "interpolation", "filters"}) {
    EXPECT_TRUE(drawn(name)) << name;
    EXPECT_TRUE(summary.at("pictures").contains(name)) << name;
  }
  EXPECT_FALSE(drawn("corrupted"));
}

TEST_F(Summarizing, ListsTheChosenPartsWithTheirSettings) {
  const std::vector<Choice<Penalty>> penalties = {Choice<Penalty>::named("l1")};
  const auto summary = summarize(Dense::Config{
      .base = {.code = 6, .bottleneck = Choice<Bottleneck>::named("gaussian"), .penalties = penalties}});
  std::vector<std::string> listed;
  for (const auto& part : summary.at("model").at("parts")) {
    listed.push_back(part.at("part").get<std::string>() + " " + part.at("kind").get<std::string>());
    EXPECT_FALSE(part.at("summary").get<std::string>().empty());
    EXPECT_FALSE(part.at("settings").contains("kind"));
  }
  EXPECT_EQ(listed, (std::vector<std::string>{"backbone dense", "corruption none", "bottleneck gaussian",
                                              "likelihood bernoulli", "bound mean", "penalty l1"}));
  EXPECT_EQ(summary.at("model").at("parts")[5].at("settings"), json({{"weight", 1e-3}}));
}

TEST_F(Summarizing, AStackIsToldLayerByLayer) {
  const auto summary = summarize(Stacked::Config{
      .layers = {Choice<Autoencoder>(
                     Dense::Config{.base = {.code = 12, .corruption = Choice<Corruption>::named("masking")}}),
                 Choice<Autoencoder>(Dense::Config{.base = {.code = 6}})}});
  const auto& stack = summary.at("model").at("stack");
  ASSERT_EQ(stack.size(), 2U);
  EXPECT_EQ(stack[1].at("variant"), "dense");
  EXPECT_EQ(stack[1].at("input"), json({12}));
  EXPECT_EQ(summary.at("layers").size(), 4U);
  EXPECT_TRUE(drawn("denoised"));
}

TEST_F(Summarizing, WhatDecodesNoLongerDrawsNoReconstructions) {
  summarize(Stacked::Config{.layers = {Choice<Autoencoder>(Dense::Config{.base = {.code = 6}})},
                            .network = StackNetwork{}});
  EXPECT_TRUE(drawn("inputs"));
  EXPECT_FALSE(drawn("reconstructions"));
  EXPECT_FALSE(drawn("interpolation"));
}

}  // namespace
}  // namespace aelab
