// Transcoders against the packages that have them: one training step of sparsify, and SAELens's codes and
// outputs, on the same weights and rows, from tests/references/golden.

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/models/transcoder.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using nlohmann::json;

json golden_transcoder(const std::string& name) {
  const auto path = std::string(AELAB_SOURCE_DIR) + "/tests/references/golden/" + name + ".json";
  return parse_json(read_file(path), path);
}

Tensor golden_tensor(const json& values) {
  std::vector<double> numbers;
  for (const auto& row : values)
    if (row.is_array())
      numbers.insert(numbers.end(), row.begin(), row.end());
    else
      numbers.push_back(row);
  const auto made = at::tensor(numbers, at::kDouble).to(at::kFloat);
  return values.front().is_array() ? made.view({static_cast<std::int64_t>(values.size()), -1}) : made;
}

/// Where a package's parameter is in ours, and whether it is the transpose.
std::pair<std::string, bool> place_of_parameter(const std::string& name) {
  static const std::map<std::string, std::pair<std::string, bool>> kPlaces = {
      {"W_enc", {"backbone.encoder_weight", true}},  {"encoder.weight", {"backbone.encoder_weight", false}},
      {"b_enc", {"backbone.encoder_bias", false}},   {"encoder.bias", {"backbone.encoder_bias", false}},
      {"W_dec", {"backbone.decoder_weight", false}}, {"b_dec", {"backbone.decoder_bias", false}},
      {"W_skip", {"backbone.skip_weight", false}},   {"threshold", {"bottleneck.threshold", false}}};
  return kPlaces.at(name);
}

/// The rows of a package's file, targets beside inputs, and the model with its weights.
struct GoldenTranscoder {
  json golden;
  Tensor inputs, rows;
  std::shared_ptr<Autoencoder> model;

  GoldenTranscoder(const std::string& file, json config) : golden(golden_transcoder(file)) {
    inputs = golden_tensor(golden.at("inputs"));
    const auto targets = golden.contains("targets") ? golden_tensor(golden.at("targets"))
                                                    : at::zeros_like(golden_tensor(golden.at("output")));
    rows = at::cat({inputs, targets}, 1);
    config["variant"] = "transcoder";
    config["code"] = golden.at("code").front().size();
    config["skip"] = golden.at("parameters").contains("W_skip");
    Choice<Autoencoder> variant;
    read_config(config, variant, file);
    Context context(Shape{rows.size(1)}, /*model_seed=*/1);
    context.blocks = {inputs.size(1), targets.size(1)};
    model = Autoencoder::make(variant, context);
    const at::NoGradGuard no_grad;
    std::map<std::string, Tensor> state;
    for (const auto& [name, tensor] : state_of(*model)) state[name] = tensor;
    for (const auto& [name, values] : golden.at("parameters").items()) {
      const auto [place, transposed] = place_of_parameter(name);
      const auto value = golden_tensor(values);
      state.at(place).copy_(transposed ? value.t() : value);
    }
    if (const auto silent = state.find("silent_rows"); silent != state.end())
      silent->second.copy_(golden_tensor(golden.at("state").at("num_tokens_since_fired")).to(at::kLong));
  }
};

TEST(ReferenceTranscoders, HaveTheLossAndTheGradientsOfSparsify) {
  // Its loss is divided by the variance of the targets over the batch; AuxK in it trains no encoder (see
  // tests/references/README.md).
  const json aux_k = {{"weight", 0.03125},
                      {"dead_after", 10'000'001},
                      {"unit", "one"},
                      {"rectified", true},
                      {"by_share", true}};
  for (const auto* file : {"sparsify/skip_transcoder", "sparsify/skip_transcoder_two_dead",
                           "sparsify/skip_transcoder_first_step"}) {
    SCOPED_TRACE(file);
    GoldenTranscoder one(file, {{"bottleneck", {{"kind", "top-k"}, {"k", 2}}}, {"aux_k", aux_k}});
    const auto& golden = one.golden;
    const bool has_dead = std::string(file).ends_with("two_dead");
    if (std::string(file).ends_with("first_step")) {  // which sets the biases before the forward pass
      const at::NoGradGuard no_grad;
      one.model->named_parameters()["backbone.decoder_bias"].zero_();
      one.model->phases().front().begin(Dataset::from_tensors(one.rows));
      EXPECT_TRUE(at::allclose(one.model->named_parameters()["backbone.decoder_bias"],
                               golden_tensor(golden.at("set_before_the_forward_pass").at("b_dec")), 1e-5,
                               1e-6));
      one.model->named_parameters()["backbone.encoder_bias"].copy_(
          golden_tensor(golden.at("set_before_the_forward_pass").at("encoder.bias")));
    }
    Pass pass;
    const auto terms =
        one.model->loss({.inputs = one.rows, .labels = {}, .rows = {}}, Step{.training = true}, pass);
    EXPECT_TRUE(at::allclose(pass.code, golden_tensor(golden.at("code")), 1e-5, 1e-5));
    EXPECT_TRUE(at::allclose(pass.output, golden_tensor(golden.at("reconstruction")), 1e-5, 1e-5));
    const auto targets = golden_tensor(golden.at("targets"));
    const double unit =
        (targets - targets.mean(0)).square().sum().item<double>() / static_cast<double>(targets.size(0));
    const double constant = static_cast<double>(targets.size(1)) * 0.5 * std::log(0.5);
    const double loss = golden.at("loss");
    EXPECT_NEAR((terms.total().item<double>() - constant) / unit, loss, 1e-5 * loss);

    std::map<std::string, Tensor> parameters;
    for (const auto& [name, value] : parameters_of(*one.model)) parameters[name] = value;
    std::size_t compared = 0;
    for (const auto& [name, values] : golden.at("gradients").items()) {
      ++compared;
      if (has_dead && name.starts_with("encoder")) continue;
      const auto expected = golden_tensor(values);
      const auto found =
          torch::autograd::grad({terms.total() / unit}, {parameters.at(place_of_parameter(name).first)}, {},
                                /*retain_graph=*/true)
              .front();
      const double scale = std::max(1., expected.abs().max().item<double>());
      EXPECT_LT((found - expected).abs().max().item<double>(), 1e-5 * scale) << name;
    }
    EXPECT_EQ(compared, parameters.size());
  }
}

TEST(ReferenceTranscoders, HaveTheCodesAndOutputsOfSaeLens) {
  const json relu = {{"kind", "deterministic"}, {"activation", "relu"}};
  const std::map<std::string, json> bottlenecks = {
      {"saelens/transcoder", relu},
      {"saelens/skip_transcoder", relu},
      {"saelens/jumprelu_transcoder", {{"kind", "jump-relu"}, {"parameter", "threshold"}}}};
  for (const auto& [file, bottleneck] : bottlenecks) {
    SCOPED_TRACE(file);
    const GoldenTranscoder one(file, {{"bottleneck", bottleneck}, {"revive", false}});
    for (const auto& x : {one.rows, one.inputs}) {  // targets are not read
      EXPECT_TRUE(at::allclose(one.model->encode(x), golden_tensor(one.golden.at("code")), 1e-5, 1e-5));
      EXPECT_TRUE(
          at::allclose(one.model->reconstruct(x), golden_tensor(one.golden.at("output")), 1e-5, 1e-5));
    }
  }
}

}  // namespace
}  // namespace aelab
