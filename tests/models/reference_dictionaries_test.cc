// Sparse dictionaries with "as" against the packages that it names: one training step of SAELens and of
// dictionary_learning on the same weights and rows, and of what OpenAI's is by its definitions, from
// tests/references/golden.

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/models/dictionaries.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using nlohmann::json;

/// A package's file and the model that it should be.
struct ReferenceCase {
  std::string file;
  std::string model;
  /// "dead_after" of its AuxK, or DEAD in `model`, is this many steps.
  std::int64_t dead_steps = 0;
  /// Costs of the likelihood that the objective sums up.
  int reconstructions = 1;
};

void PrintTo(const ReferenceCase& one, std::ostream* out) { *out << one.file; }

Tensor numbers_of(const json& values) {
  std::vector<double> numbers;
  const bool is_matrix = values.front().is_array();
  for (const auto& row : values)
    if (is_matrix)
      for (const auto& value : row) numbers.push_back(value);
    else
      numbers.push_back(row);
  const auto rows = static_cast<std::int64_t>(values.size());
  const auto made = at::tensor(numbers, at::kDouble).to(at::kFloat);
  return is_matrix ? made.view({rows, -1}) : made;
}

/// Where a package's parameter is in ours, and whether it is the transpose.
struct Renamed {
  std::string name;
  bool transposed = false;
};

Renamed renamed(const std::string& package, const std::string& name) {
  static const std::map<std::string, std::map<std::string, Renamed>> kNames = {
      {"sae-lens",
       {{"W_enc", {"backbone.encoder_weight", true}},
        {"b_enc", {"backbone.encoder_bias"}},
        {"W_dec", {"backbone.decoder_weight"}},
        {"b_dec", {"backbone.decoder_bias"}},
        {"threshold", {"bottleneck.threshold"}},
        {"b_gate", {"bottleneck.gate_bias"}},
        {"b_mag", {"bottleneck.magnitude_bias"}},
        {"r_mag", {"bottleneck.log_scale"}}}},
      {"openai",
       {{"encoder.weight", {"backbone.encoder_weight"}},
        {"latent_bias", {"backbone.encoder_bias"}},
        {"decoder.weight", {"backbone.decoder_weight", true}},
        {"pre_bias", {"backbone.decoder_bias"}}}},
      {"dictionary-learning",
       {{"encoder.weight", {"backbone.encoder_weight"}},
        {"encoder.bias", {"backbone.encoder_bias"}},
        {"decoder.weight", {"backbone.decoder_weight", true}},
        {"b_dec", {"backbone.decoder_bias"}},
        {"W_enc", {"backbone.encoder_weight", true}},
        {"b_enc", {"backbone.encoder_bias"}},
        {"W_dec", {"backbone.decoder_weight"}},
        {"threshold", {"bottleneck.threshold"}},
        {"bias", {"backbone.decoder_bias"}},
        {"decoder_bias", {"backbone.decoder_bias"}},
        {"gate_bias", {"bottleneck.gate_bias"}},
        {"mag_bias", {"bottleneck.magnitude_bias"}},
        {"r_mag", {"bottleneck.log_scale"}}}}};
  return kNames.at(package).at(name);
}

class ReferenceDictionaries : public testing::TestWithParam<ReferenceCase> {
 protected:
  json golden_ =
      read_json_file(std::string(AELAB_SOURCE_DIR) + "/tests/references/golden/" + GetParam().file + ".json");
  std::string package_ = package_of(GetParam().file);
  Tensor rows_ = numbers_of(golden_.at("inputs"));
  std::shared_ptr<Autoencoder> model_ = made();

  static std::string package_of(const std::string& file) {
    const auto folder = file.substr(0, file.find('/'));
    return folder == "saelens" ? "sae-lens" : folder == "openai" ? folder : "dictionary-learning";
  }

  /// The deviation whose Gaussian costs are the package's: squared errors, or OpenAI's share of the variance.
  double deviation() const {
    if (package_ != "openai") return std::sqrt(0.5);
    return std::sqrt(static_cast<double>(rows_.size(1)) / 2 /
                     golden_.at("state").at("mse_scale").get<double>());
  }

  static json read_json_file(const std::string& path) { return parse_json(read_file(path), path); }

  std::shared_ptr<Autoencoder> made() const {
    const auto dead_after = GetParam().dead_steps * rows_.size(0);
    auto text = GetParam().model;
    const std::string here = "DEAD";
    const auto marked = text.find(here);
    if (marked != std::string::npos) text.replace(marked, here.size(), std::to_string(dead_after));
    auto config = json::parse(text);
    if (dead_after > 0 && marked == std::string::npos) config["aux_k"]["dead_after"] = dead_after;
    config["code"] = golden_.at("code").front().size();
    if (package_ == "openai") config["likelihood"] = {{"kind", "gaussian"}, {"deviation", deviation()}};
    Choice<Autoencoder> variant;
    read_config(config, variant, GetParam().file);
    auto model = Autoencoder::make(variant, Context(Shape{rows_.size(1)}, /*model_seed=*/1));
    const at::NoGradGuard no_grad;
    const auto state = named(state_of(*model));
    for (const auto& [name, values] : golden_.at("parameters").items()) {
      const auto place = renamed(package_, name);
      const auto value = ours(name, numbers_of(values));
      state.at(place.name).copy_(value.view_as(state.at(place.name)));
    }
    if (const auto silent = state.find("silent_rows"); silent != state.end())
      silent->second.copy_(silent_rows());
    return model;
  }

  static std::map<std::string, Tensor> named(const NamedTensors& tensors) {
    return {tensors.begin(), tensors.end()};
  }

  /// A package's parameter in our layout.
  Tensor ours(const std::string& name, const Tensor& value) const {
    return renamed(package_, name).transposed ? value.t() : value;
  }

  /// Rows since latents fired, as they are when AuxK asks: SAELens counts steps, and before this one;
  /// dictionary_learning counts rows, with those of this step.
  Tensor silent_rows() const {
    const auto& state = golden_.at("state");
    const auto batch = rows_.size(0);
    if (package_ == "sae-lens")
      return (numbers_of(state.at("n_forward_passes_since_fired")) * batch).to(at::kLong);
    if (package_ == "openai")  // steps, with this one
      return (numbers_of(golden_.at("after").at("state").at("stats_last_nonzero")) * batch).to(at::kLong);
    const auto fired = (numbers_of(golden_.at("code")) > 0).any(0);
    const auto since = numbers_of(state.at("num_tokens_since_fired")).to(at::kLong);
    return at::where(fired, 0, since + batch);
  }
};

TEST_P(ReferenceDictionaries, HaveItsLossAndGradients) {
  Pass pass;
  const auto terms = model_->loss({.inputs = rows_, .labels = {}, .rows = {}}, Step{.training = true}, pass);
  EXPECT_TRUE(at::allclose(pass.code, numbers_of(golden_.at("code")), 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(pass.output, numbers_of(golden_.at("reconstruction")), 1e-5, 1e-5));
  // The likelihood's logarithm of its deviation is no part of the packages' losses.
  const double constant =
      GetParam().reconstructions * static_cast<double>(rows_.size(1)) * std::log(deviation());
  const double loss = golden_.at("loss");
  EXPECT_NEAR(terms.total().item<double>() - constant, loss, 1e-5 * loss);

  const auto parameters = parameters_of(*model_);
  std::vector<Tensor> values;
  for (const auto& item : parameters) values.push_back(item.second);
  const auto found = torch::autograd::grad({terms.total()}, values, {}, std::nullopt, false, true);
  const bool has_unit_vectors = GetParam().model.find("\"norm\": \"unit\"") != std::string::npos;
  std::size_t compared = 0;
  for (const auto& [name, gradient] : golden_.at("gradients").items()) {
    auto expected = renamed(package_, name).transposed ? numbers_of(gradient).t() : numbers_of(gradient);
    const auto ours_name = renamed(package_, name).name;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (parameters[i].first != ours_name) continue;
      ++compared;
      const auto& value = parameters[i].second;
      if (has_unit_vectors && ours_name == "backbone.decoder_weight")  // theirs lose this part afterwards
        expected = expected - (expected * value).sum(1, true) / value.square().sum(1, true) * value;
      const auto mine = found[i].defined() ? found[i] : at::zeros_like(value);
      const double scale = std::max(1., expected.abs().max().item<double>());
      const double error = (mine - expected.view_as(mine)).abs().max().item<double>();
      EXPECT_LT(error, 1e-5 * scale) << name;
    }
  }
  EXPECT_EQ(compared, golden_.at("gradients").size());
  EXPECT_EQ(compared, parameters.size());
}

TEST_P(ReferenceDictionaries, MoveTheThresholdOfBatchesAsSaeLensDoes) {
  const std::string name = "topk_threshold";
  if (!golden_.at("state").contains(name)) return;
  const auto threshold = named(state_of(*model_)).at("bottleneck.threshold");
  threshold.fill_(golden_.at("state").at(name).get<double>());
  Pass pass;
  (void)model_->loss({.inputs = rows_, .labels = {}, .rows = {}}, Step{.training = true}, pass);
  model_->phases().front().main().after_step({&pass, 1});
  EXPECT_NEAR(threshold.item<double>(), golden_.at("after").at("state").at(name), 1e-6);
}

constexpr auto kSaeLensTopK = R"({"variant": "top-k", "as": "saelens", "k": 2)";

constexpr auto kOpenAiTopK =
    R"({"variant": "top-k", "as": "openai", "norm": "unit", "k": 2, "aux_k": {"k": 3}})";

INSTANTIATE_TEST_SUITE_P(
    Cases, ReferenceDictionaries,
    testing::Values(
        ReferenceCase{"saelens/topk", std::string(kSaeLensTopK) + R"(, "norm": "free"})", 1001},
        ReferenceCase{"saelens/topk_two_dead", std::string(kSaeLensTopK) + R"(, "norm": "free"})", 1001},
        ReferenceCase{"saelens/topk_rescaled", std::string(kSaeLensTopK) + "}", 1001},
        ReferenceCase{"saelens/topk_rescaled_two_dead", std::string(kSaeLensTopK) + "}", 1001},
        ReferenceCase{"saelens/topk_rescaled_five_dead", std::string(kSaeLensTopK) + "}", 1001},
        ReferenceCase{"saelens/abstopk", std::string(kSaeLensTopK) + R"(, "absolute": true})", 1001},
        ReferenceCase{"saelens/batchtopk", R"({"variant": "batch-top-k", "as": "saelens", "k": 2.5})", 1001},
        ReferenceCase{"saelens/batchtopk_two_dead",
                      R"({"variant": "batch-top-k", "as": "saelens", "k": 2.5})", 1001},
        ReferenceCase{"saelens/matryoshka",
                      R"({"variant": "matryoshka", "as": "saelens", "k": 2.5, "widths": [3, 6]})", 1001, 3},
        ReferenceCase{"saelens/matryoshka_five_dead",
                      R"({"variant": "matryoshka", "as": "saelens", "k": 2.5, "widths": [3, 6]})", 1001, 3},
        ReferenceCase{"saelens/matryoshka_five_dead_levels",
                      R"({"variant": "matryoshka", "as": "saelens", "k": 2.5, "widths": [3, 6],
                          "revive_by_level": true})",
                      1001, 3},
        ReferenceCase{"saelens/matching_pursuit",
                      R"({"variant": "matching-pursuit", "as": "saelens", "k": 3, "residual": 0})"},
        ReferenceCase{"saelens/matching_pursuit_threshold",
                      R"({"variant": "matching-pursuit", "as": "saelens", "k": 6, "residual": 1.6})"},
        // Its coefficient .3 is of (2 / target) (l0 - target)^2.
        ReferenceCase{"saelens/jumprelu_quadratic_two_dead", R"({"variant": "jump-relu", "as": "saelens",
                      "weight": 1.8, "target_l0": 3, "bandwidth": 0.4, "revive": false,
                      "penalties": [{"kind": "pre-activation", "weight": 0.1, "dead_after": DEAD}]})",
                      1001},
        ReferenceCase{"dictionary_learning/jumprelu", R"({"variant": "jump-relu", "as": "dictionary-learning",
                      "norm": "unit", "weight": 1, "target_l0": 3, "bandwidth": 0.08, "revive": false})"},
        ReferenceCase{"dictionary_learning/jumprelu_wide", R"({"variant": "jump-relu",
                      "as": "dictionary-learning", "norm": "unit", "weight": 1, "target_l0": 3, "bandwidth": 0.4,
                      "revive": false})"},
        ReferenceCase{"openai/topk", kOpenAiTopK, 77}, ReferenceCase{"openai/topk_two_dead", kOpenAiTopK, 77},
        ReferenceCase{"openai/topk_five_dead", kOpenAiTopK, 77},
        ReferenceCase{"saelens/gated",
                      R"({"variant": "gated", "as": "saelens", "weight": 0.5, "revive": false})", 0, 2},
        ReferenceCase{"saelens/standard",
                      R"({"variant": "l1-dictionary", "as": "saelens", "weight": 0.5, "revive": false})"},
        ReferenceCase{"saelens/jumprelu_step", R"({"variant": "jump-relu", "as": "saelens", "weight": 0.3,
                      "bandwidth": 0.4, "revive": false})"},
        ReferenceCase{"dictionary_learning/topk",
                      R"({"variant": "top-k", "as": "dictionary-learning", "norm": "unit", "k": 2})"},
        ReferenceCase{"dictionary_learning/topk_two_dead",
                      R"({"variant": "top-k", "as": "dictionary-learning", "norm": "unit", "k": 2})"},
        ReferenceCase{"dictionary_learning/topk_five_dead",
                      R"({"variant": "top-k", "as": "dictionary-learning", "norm": "unit", "k": 2})"},
        ReferenceCase{"dictionary_learning/batch_topk",
                      R"({"variant": "batch-top-k", "as": "dictionary-learning", "norm": "unit", "k": 2})"},
        ReferenceCase{"dictionary_learning/batch_topk_two_dead",
                      R"({"variant": "batch-top-k", "as": "dictionary-learning", "norm": "unit", "k": 2})"},
        ReferenceCase{"dictionary_learning/gated",
                      R"({"variant": "gated", "as": "dictionary-learning", "norm": "unit", "weight": 0.025,
                          "revive": false})",
                      0, 2},
        ReferenceCase{"dictionary_learning/standard",
                      R"({"variant": "l1-dictionary", "as": "dictionary-learning", "norm": "unit",
                          "weight": 0.025, "revive": false})"},
        ReferenceCase{"dictionary_learning/standard_april",
                      R"({"variant": "l1-dictionary", "as": "dictionary-learning", "norm": "free",
                          "weight": 0.1, "revive": false})"},
        ReferenceCase{"dictionary_learning/p_anneal",
                      R"({"variant": "l1-dictionary", "as": "dictionary-learning", "norm": "unit",
                          "weight": 0.125, "power": 0.75, "revive": false})"}),
    [](const auto& one) {
      auto name = one.param.file;
      for (auto& c : name)
        if (c == '/') c = '_';
      return name;
    });

}  // namespace
}  // namespace aelab
