// Sparse dictionaries, against dense models that are written here with LibTorch's operators.

#include "aelab/models/dictionaries.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/json.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/sparse_codes.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

constexpr std::int64_t kVectorLength = 20, kLatents = 50, kBatchRows = 33;

Tensor dictionary_rows(std::int64_t rows = kBatchRows, std::int64_t seed = 0) {
  auto random = fixed_generator(seed);
  return at::empty({rows, kVectorLength}).normal_(0, 1, random);
}

/// A model for such rows, off its initial weights.
template <class Model>
std::shared_ptr<Model> made_dictionary(typename Model::Config config) {
  config.recipe.base.code = kLatents;
  auto model = std::make_shared<Model>(config, Context(Shape{kVectorLength}, /*seed=*/1));
  shake(*model, 0.3);
  return model;
}

/// The dense model: all that differs is the order in which numbers are added up.
struct DenseModel {
  std::map<std::string, Tensor> p;  ///< parameters by the names of the model's
  DecoderNorm norm;
  explicit DenseModel(const Autoencoder& model, DecoderNorm decoder_norm) : norm(decoder_norm) {
    for (const auto& [name, value] : parameters_of(model)) p[name] = value.detach().clone().requires_grad_();
  }
  Tensor decoder() const { return p.at("backbone.decoder_weight"); }
  Tensor bias() const { return p.at("backbone.decoder_bias"); }
  Tensor vectors() const {
    return norm == DecoderNorm::free ? decoder() : decoder() / decoder().norm(2, 1, true);
  }
  Tensor pre_code(const Tensor& x) const {
    auto h = at::matmul(x - bias(), p.at("backbone.encoder_weight").t());
    if (const auto found = p.find("backbone.encoder_bias"); found != p.end()) h = h + found->second;
    return norm == DecoderNorm::scaled ? h * decoder().norm(2, 1) : h;
  }
  Tensor decode(const Tensor& code) const { return at::matmul(code, vectors()) + bias(); }
};

/// The reconstruction term: the squared error, with the logarithm of the deviation of the root of a half.
Tensor squared_cost(const Tensor& output, const Tensor& x) {
  return (output - x).square().sum(1).mean() + kVectorLength * 0.5 * std::log(0.5);
}

/// The k largest of each row, rectified.
Tensor top_k_code(const Tensor& h, std::int64_t k) {
  const auto [values, places] = h.topk(k, 1);
  return at::zeros_like(h).scatter(1, places, values.relu());
}

/// The objective of a batch in training, with the gradients of all parameters by name.
std::pair<double, std::map<std::string, Tensor>> trained_dictionary(const Autoencoder& model,
                                                                    const Tensor& x) {
  Pass pass;
  const auto terms = model.loss({.inputs = x, .labels = {}, .rows = {}}, Step{.training = true}, pass);
  std::map<std::string, Tensor> gradients;
  std::vector<Tensor> values;
  for (const auto& item : parameters_of(model)) values.push_back(item.second);
  const auto found = torch::autograd::grad({terms.total()}, values, {}, std::nullopt, false, true);
  std::size_t i = 0;
  for (const auto& [name, value] : parameters_of(model)) {
    gradients[name] = found[i].defined() ? found[i] : at::zeros_like(value);
    ++i;
  }
  return {terms.total().item<double>(), gradients};
}

/// That the model has this objective, to rounding, and its gradients.
void expect_objective(const Autoencoder& model, const DenseModel& dense_model, const Tensor& x,
                      const Tensor& loss) {
  const auto [value, gradients] = trained_dictionary(model, x);
  EXPECT_NEAR(value, loss.item<double>(), 1e-5 * std::abs(loss.item<double>()));
  for (const auto& [name, parameter] : dense_model.p) {
    const auto expected =
        torch::autograd::grad({loss}, {parameter}, {}, /*retain_graph=*/true, false, true).front();
    const auto wanted = expected.defined() ? expected : at::zeros_like(parameter);
    const auto scale = wanted.abs().max().item<double>() + 1e-3;
    EXPECT_LT((gradients.at(name) - wanted).abs().max().item<double>(), 1e-5 * scale) << name;
  }
}

TEST(TopK, HasTheLossAndTheGradientsOfTheDenseModel) {
  for (const auto norm : {DecoderNorm::free, DecoderNorm::unit, DecoderNorm::scaled})
    for (const std::int64_t k : {std::int64_t{1}, std::int64_t{5}, kLatents}) {
      SCOPED_TRACE(std::string(name_of(norm)) + ", " + std::to_string(k));
      const auto model = made_dictionary<TopK>(
          {.recipe = {.dictionary = {.norm = norm}, .revive = false}, .bottleneck = {.k = k}});
      const DenseModel other(*model, norm);
      const auto x = dictionary_rows();
      expect_objective(*model, other, x, squared_cost(other.decode(top_k_code(other.pre_code(x), k)), x));
    }
}

TEST(TopK, KeepsSignsOfTheLargestAbsoluteValues) {
  const auto model =
      made_dictionary<TopK>({.recipe = {.revive = false}, .bottleneck = {.k = 4}, .absolute = true});
  const DenseModel other(*model, DecoderNorm::unit);
  const auto x = dictionary_rows();
  const auto h = other.pre_code(x);
  const auto places = std::get<1>(h.abs().topk(4, 1));
  const auto code = at::zeros_like(h).scatter(1, places, h.gather(1, places));
  EXPECT_TRUE((model->encode(x) < 0).any().item<bool>());
  expect_objective(*model, other, x, squared_cost(other.decode(code), x));
}

TEST(TopK, ReconstructsOutsideTrainingAsInIt) {
  const auto model = made_dictionary<TopK>({.bottleneck = {.k = 5}});
  const auto x = dictionary_rows();
  Pass pass;
  model->loss({.inputs = x, .labels = {}, .rows = {}}, Step{.training = true}, pass);
  EXPECT_TRUE(same_bits(pass.code, model->encode(x)));
  EXPECT_TRUE(at::allclose(pass.output, model->reconstruct(x), 1e-5, 1e-6));
}

/// Sets the rows without use of each latent.
void set_silent_rows(const Autoencoder& model, const Tensor& rows) { model.parts().silent_rows.copy_(rows); }

/// AuxK of the residual by the k largest dead latents.
Tensor aux_code(const Tensor& h, const Tensor& dead, std::int64_t k, bool rectified) {
  const auto among = at::where(dead, h, -std::numeric_limits<double>::infinity());
  const auto [values, places] = among.topk(std::min(k, dead.sum().item<std::int64_t>()), 1);
  return at::zeros_like(h).scatter(1, places, rectified ? values.relu() : values);
}

TEST(AuxK, ReconstructsTheResidualByDeadLatents) {
  const auto x = dictionary_rows();
  const auto dead = at::arange(kLatents) % 3 == 0;
  for (const std::int64_t k : {4, 40})
    for (const auto unit : {ErrorUnit::one, ErrorUnit::variance, ErrorUnit::energy})
      for (const bool rectified : {true, false})
        for (const auto norm : {DecoderNorm::unit, DecoderNorm::scaled}) {
          SCOPED_TRACE(std::string(name_of(unit)) + ", " + std::to_string(k));
          const auto model = made_dictionary<TopK>({.recipe = {.dictionary = {.norm = norm},
                                                               .aux_k = {.weight = 0.5,
                                                                         .k = k,
                                                                         .dead_after = 100,
                                                                         .unit = unit,
                                                                         .rectified = rectified,
                                                                         .by_share = true}},
                                                    .bottleneck = {.k = 5}});
          set_silent_rows(*model, at::where(dead, 100, 99));
          const DenseModel other(*model, norm);
          const auto h = other.pre_code(x);
          const auto output = other.decode(top_k_code(h, 5));
          const auto residual = (x - output).detach();
          auto error =
              (at::matmul(aux_code(h, dead, k, rectified), other.vectors()) - residual).square().sum(1);
          if (unit == ErrorUnit::variance)
            error = error.mean() / (residual - residual.mean(0)).square().sum(1).mean();
          if (unit == ErrorUnit::energy) error = error / residual.square().sum(1);
          const double share = std::min(1.0, dead.sum().item<double>() / static_cast<double>(k));
          expect_objective(*model, other, x, squared_cost(output, x) + 0.5 * share * error.mean());
        }
}

TEST(AuxK, IsNothingWhileNoLatentIsDead) {
  const auto model = made_dictionary<TopK>(
      {.recipe = {.aux_k = {.weight = 5.0, .dead_after = 100}}, .bottleneck = {.k = 5}});
  set_silent_rows(*model, at::full({kLatents}, 99));
  const DenseModel other(*model, DecoderNorm::unit);
  const auto x = dictionary_rows();
  expect_objective(*model, other, x, squared_cost(other.decode(top_k_code(other.pre_code(x), 5)), x));
}

TEST(AuxK, CountsRowsOfTheWholeSetWhateverTheBatches) {
  const auto counted = [](const std::vector<std::int64_t>& sizes) {
    const auto model = made_dictionary<TopK>({.bottleneck = {.k = 2}});
    const auto all = dictionary_rows(60, 4);
    std::int64_t begin = 0;
    for (const auto size : sizes) {
      std::vector<Pass> passes(1);
      const auto x = all.slice(0, begin, begin + size);
      model->loss({.inputs = x, .labels = {}, .rows = {}}, Step{.training = true}, passes[0]);
      model->phases().front().updates.front().after_step(passes);
      begin += size;
    }
    return model->parts().silent_rows.clone();
  };
  const auto model = made_dictionary<TopK>({.bottleneck = {.k = 2}});
  const auto row_by_row = counted(std::vector<std::int64_t>(60, 1)), at_once = counted({60}),
             halves = counted({30, 30});
  const auto active = model->encode(dictionary_rows(60, 4)) != 0;
  for (std::int64_t j = 0; j < kLatents; ++j) {
    std::int64_t last = -1;
    for (std::int64_t r = 0; r < 60; ++r)
      if (active[r][j].item<bool>()) last = r;
    EXPECT_EQ(row_by_row[j].item<std::int64_t>(), last < 0 ? 60 : 59 - last);
    EXPECT_EQ(at_once[j].item<std::int64_t>(), last < 0 ? 60 : 0);
    EXPECT_EQ(halves[j].item<std::int64_t>(), last < 0 ? 60 : last < 30 ? 30 : 0);
  }
}

TEST(BatchTopK, KeepsTheLargestOfTheBatch) {
  for (const auto norm : {DecoderNorm::free, DecoderNorm::unit, DecoderNorm::scaled}) {
    const auto model = made_dictionary<BatchTopK>(
        {.recipe = {.dictionary = {.norm = norm}, .revive = false}, .bottleneck = {.k = 2.5}});
    const DenseModel other(*model, norm);
    const auto x = dictionary_rows();
    const auto h = other.pre_code(x).relu();
    const auto [values, places] = h.flatten().topk(static_cast<std::int64_t>(2.5 * kBatchRows));
    const auto code = at::zeros_like(h).flatten().scatter(0, places, values).view_as(h);
    expect_objective(*model, other, x, squared_cost(other.decode(code), x));
  }
}

TEST(BatchTopK, HasTheDebiasedAverageOfItsSmallestElementsAsThreshold) {
  for (const bool debiased : {true, false}) {
    const auto model =
        made_dictionary<BatchTopK>({.bottleneck = {.k = 3, .decay = 0.9, .debiased = debiased}});
    EXPECT_EQ((model->encode(dictionary_rows()) < 0).sum().item<std::int64_t>(), 0);
    double average = 0;
    for (int step = 1; step <= 3; ++step) {
      std::vector<Pass> passes(1);
      const auto x = dictionary_rows(kBatchRows, step);
      model->loss({.inputs = x, .labels = {}, .rows = {}}, Step{.training = true}, passes[0]);
      model->phases().front().updates.front().after_step(passes);
      const auto& code = passes[0].code;
      EXPECT_EQ((code > 0).sum().item<std::int64_t>(), 3 * kBatchRows);
      average = 0.9 * average + 0.1 * code.masked_select(code > 0).min().item<double>();
      const double threshold = debiased ? average / (1 - std::pow(0.9, step)) : average;
      const auto h = model->parts().backbone.encode(x, {});
      const auto encoded = model->encode(x);
      const auto& bottleneck = dynamic_cast<const BatchTopKBottleneck&>(model->parts().bottleneck);
      EXPECT_NEAR(bottleneck.threshold().item<double>(), threshold, 1e-6);
      EXPECT_TRUE(at::equal(encoded, at::where(h > bottleneck.threshold(), h, 0)));
    }
  }
}

TEST(Matryoshka, AddsTheErrorsOfItsFirstLatentsAlone) {
  const auto model = made_dictionary<Matryoshka>(
      {.recipe = {.revive = false}, .bottleneck = {.k = 3}, .widths = {{0, 5, 25}}});
  const DenseModel other(*model, DecoderNorm::unit);
  const auto x = dictionary_rows();
  const auto h = other.pre_code(x).relu();
  const auto [values, places] = h.flatten().topk(3 * kBatchRows);
  const auto code = at::zeros_like(h).flatten().scatter(0, places, values).view_as(h);
  auto loss = squared_cost(other.decode(code), x);
  for (const std::int64_t width : {0, 5, 25})
    loss = loss + squared_cost(other.decode(at::where(at::arange(kLatents) < width, code, 0)), x);
  expect_objective(*model, other, x, loss);
}

TEST(L1Dictionary, WeighsActivationsByTheNormsOfTheirVectors) {
  for (const double power : {1.0, 0.5}) {
    const auto model =
        made_dictionary<L1Dictionary>({.recipe = {.dictionary = {.norm = DecoderNorm::free}, .revive = false},
                                       .l1 = {.weight = 0.2, .power = power}});
    const DenseModel other(*model, DecoderNorm::free);
    const auto x = dictionary_rows();
    const auto code = other.pre_code(x).relu();
    const auto weighted = code * other.decoder().norm(2, 1);
    const auto powers = at::where(code > 0, at::where(code > 0, weighted, 1).pow(power), 0);
    expect_objective(*model, other, x, squared_cost(other.decode(code), x) + 0.2 * powers.sum(1).mean());
  }
}

TEST(Gated, TrainsItsGateByItsOwnReconstruction) {
  for (const bool trains_decoder : {false, true}) {
    const auto model = made_dictionary<Gated>(
        {.recipe = {.dictionary = {.norm = DecoderNorm::free, .bias = false}, .revive = false},
         .l1 = {.weight = 0.2},
         .trains_decoder = trains_decoder});
    const DenseModel other(*model, DecoderNorm::free);
    const auto x = dictionary_rows();
    const auto h = other.pre_code(x);
    const auto gate = h + other.p.at("bottleneck.gate_bias");
    const auto magnitude =
        (h * other.p.at("bottleneck.log_scale").exp() + other.p.at("bottleneck.magnitude_bias")).relu();
    const auto of_gate = trains_decoder
                             ? at::matmul(gate.relu(), other.decoder()) + other.bias()
                             : at::matmul(gate.relu(), other.decoder().detach()) + other.bias().detach();
    const auto loss = squared_cost(other.decode((gate > 0) * magnitude), x) + squared_cost(of_gate, x) +
                      0.2 * (gate.relu() * other.decoder().norm(2, 1)).sum(1).mean();
    expect_objective(*model, other, x, loss);
  }
}

TEST(DictionaryBackbone, KeepsUnitNormsAndStartsTied) {
  const auto model =
      std::make_shared<TopK>(TopK::Config{.recipe = {.base = {.code = kLatents}}, .bottleneck = {.k = 3}},
                             Context(Shape{kVectorLength}, 1));
  auto parameters = model->named_parameters();
  const auto decoder = parameters["backbone.decoder_weight"];
  EXPECT_TRUE(at::equal(decoder, parameters["backbone.encoder_weight"]));
  EXPECT_TRUE(at::allclose(decoder.norm(2, 1), at::ones({kLatents})));
  const at::NoGradGuard no_grad;
  decoder.mul_(at::arange(1, kLatents + 1).unsqueeze(1));
  model->backbone()->after_step();
  EXPECT_TRUE(at::allclose(decoder.norm(2, 1), at::ones({kLatents})));
}

TEST(DictionaryBackbone, StartsItsBiasAtTheGeometricMedianOfTheTrainingRows) {
  // Of three points on a line with one far away it is the middle one, which the mean is not.
  const auto line = at::tensor({0.0F, 1.0F, 50.0F}).view({3, 1});
  EXPECT_NEAR(geometric_median(line).item<double>(), 1, 1e-3);
  // Of the corners of an equilateral triangle, its center.
  const auto triangle =
      at::tensor({0.0F, 0.0F, 1.0F, 0.0F, 0.5F, static_cast<float>(std::sqrt(0.75))}).view({3, 2});
  EXPECT_TRUE(at::allclose(geometric_median(triangle),
                           at::tensor({0.5F, static_cast<float>(std::sqrt(0.75) / 3)}), 1e-4, 1e-4));
  TopK::Config config{
      .recipe = {.base = {.code = kLatents}, .dictionary = {.bias_start = BiasStart::geometric_median}},
      .bottleneck = {.k = 3}};
  TopK model(config, Context(Shape{kVectorLength}, 1));
  const auto rows = dictionary_rows(200) + 3;
  model.phases().front().begin(Dataset::from_tensors(rows));
  auto parameters = model.named_parameters();
  EXPECT_TRUE(at::allclose(parameters["backbone.decoder_bias"], geometric_median(rows)));
  // What a file or a former phase set stays.
  const at::NoGradGuard no_grad;
  parameters["backbone.decoder_bias"].fill_(7);
  model.phases().front().begin(Dataset::from_tensors(rows));
  EXPECT_TRUE((parameters["backbone.decoder_bias"] == 7).all().item<bool>());
}

Choice<Autoencoder> read_dictionary(const std::string& text) {
  Choice<Autoencoder> variant;
  read_config(parse_json(text, "test"), variant, "test");
  return variant;
}

TEST(Conventions, SetTheDefaultsThatAreNotGiven) {
  auto variant = read_dictionary(R"({"variant": "batch-top-k", "as": "saelens", "k": 7, "decay": 0.5})");
  const auto* config = variant.get_if<BatchTopK::Config>();
  ASSERT_TRUE(config);
  EXPECT_EQ(config->recipe.dictionary.norm, DecoderNorm::scaled);
  EXPECT_EQ(config->recipe.aux_k.unit, ErrorUnit::one);
  EXPECT_FALSE(config->bottleneck.debiased);
  EXPECT_EQ(config->bottleneck.decay, 0.5);
  EXPECT_EQ(config->bottleneck.k, 7);
  // Written and read again, it is the same, whatever differs from the library's defaults.
  auto changed = *config;
  changed.recipe.dictionary.norm = DecoderNorm::free;
  Choice<Autoencoder> choice(changed);
  const auto text = write_config(choice).dump();
  auto again = read_dictionary(text);
  EXPECT_EQ(again.get_if<BatchTopK::Config>()->recipe.dictionary.norm, DecoderNorm::free);
  EXPECT_EQ(write_config(again).dump(), text);
}

}  // namespace
}  // namespace aelab
