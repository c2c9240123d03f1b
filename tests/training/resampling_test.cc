// Resampling of dead elements, driven step by step.

#include "aelab/training/callbacks/resampling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/nn/lbfgs.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

constexpr std::int64_t kLong = 7, kMany = 12;

Tensor normal_rows(std::int64_t rows) {
  auto random = fixed_generator(4);
  return at::empty({rows, kLong}).normal_(0, 1, random);
}

Split row_split(std::int64_t rows = 64) {
  const auto all = Dataset::from_tensors(normal_rows(rows), {});
  return {all, all, all};
}

std::shared_ptr<Autoencoder> small_dictionary(const std::string& text) {
  Choice<Autoencoder> variant;
  read_config(nlohmann::json::parse("{\"code\": 12, " + text + "}"), variant, "model");
  return Autoencoder::make(variant, Context(Shape{kLong}, 1));
}

std::map<std::string, Tensor> copied(const NamedTensors& tensors) {
  std::map<std::string, Tensor> all;
  for (const auto& [name, value] : tensors) all[name] = value.detach().clone();
  return all;
}

/// A training with an optimizer that remembers ones, and elements 2 and 5 silent for long.
struct Driven {
  std::shared_ptr<Autoencoder> model;
  Split data = row_split();
  Training training{*model, data, {}};
  Resampling resampling;

  explicit Driven(const std::string& text, Resampling::Config config = {.every = 1, .dead_after = 1000},
                  const Choice<Optimizer>& optimizer = Adam::Config{})
      : model(small_dictionary(text)), resampling(config) {
    training.optimizers = {optimizer.make(training.phase().main().parameters)};
    const at::NoGradGuard no_grad;
    for (const auto& item : training.optimizers.front()->state()) item.second.fill_(1);
    resampling.phase_begin(training);
    silent().index_fill_(0, at::tensor(std::vector<std::int64_t>{2, 5}), 5000);
    auto random = fixed_generator(8);
    for (auto& parameter : model->parameters())
      if (parameter.dim() == 1) parameter.uniform_(0.1, 0.2, random);
  }

  Tensor silent() {
    for (const auto& [name, value] : resampling.tensors(training))
      if (name == "silent_rows") return value;
    return model->parts().silent_rows;
  }

  /// A pass of rows with these outputs, in which 2 and 5 are silent.
  Pass pass_of(const Tensor& x, const Tensor& output) const {
    Pass pass;
    pass.target = pass.input = x;
    pass.output = output;
    pass.code = at::ones({x.size(0), kMany});
    pass.code.index_fill_(1, at::tensor(std::vector<std::int64_t>{2, 5}), 0);
    return pass;
  }

  void step(const std::vector<std::pair<Tensor, Tensor>>& batches) {
    const auto& update = training.phase().main();
    std::int64_t begin = 0;
    for (const auto& [x, output] : batches) {
      const auto rows = at::arange(begin, begin + x.size(0));
      begin += x.size(0);
      resampling.batch_passed(training, update, {.inputs = x, .labels = {}, .rows = rows},
                              pass_of(x, output));
    }
    resampling.gradients(training, update, {});
    resampling.step_end(training);
    ++training.progress.phase_step;
  }
};

constexpr auto kPlainTopK = R"("variant": "top-k", "k": 3, "revive": false)";

TEST(Resampling, BeginsDeadElementsAnewFromRowsOfTheStep) {
  Driven driven(kPlainTopK);
  const auto before = copied(parameters_of(*driven.model));
  const auto x = normal_rows(6);
  driven.step({{x, at::zeros_like(x)}});
  const auto after = copied(parameters_of(*driven.model));
  const auto& bias = before.at("backbone.decoder_bias");
  const auto centered = x - bias, directions = centered / centered.norm(2, 1, true);
  const auto &decoder = after.at("backbone.decoder_weight"), &encoder = after.at("backbone.encoder_weight");
  std::vector<std::int64_t> drawn;
  const double others =
      (before.at("backbone.encoder_weight").norm(2, 1).sum() -
       before.at("backbone.encoder_weight").index_select(0, at::tensor({2, 5})).norm(2, 1).sum())
          .item<double>() /
      (kMany - 2);
  for (const std::int64_t element : {2, 5}) {
    const auto products = at::mv(directions, decoder[element]);
    drawn.push_back(products.argmax().item<std::int64_t>());
    EXPECT_NEAR(products.max().item<double>(), 1, 1e-5);  // the weights have changed, to a row's direction
    EXPECT_TRUE(at::allclose(encoder[element], directions[drawn.back()] * 0.2 * others, 1e-4, 1e-6));
    EXPECT_FALSE(at::allclose(decoder[element], before.at("backbone.decoder_weight")[element], 1e-2, 1e-2));
    EXPECT_EQ(after.at("backbone.encoder_bias")[element].item<double>(), 0);
    EXPECT_EQ(driven.silent()[element].item<std::int64_t>(), 0);
  }
  EXPECT_NE(drawn[0], drawn[1]);  // without replacement
  for (const auto& [name, value] : after)
    for (std::int64_t element = 0; element < kMany; ++element)
      if (element != 2 && element != 5 && value.size(0) == kMany) {
        EXPECT_TRUE(same_bits(value[element], before.at(name)[element])) << name;
      }
  EXPECT_TRUE(same_bits(after.at("backbone.decoder_bias"), bias));
  for (const auto& [name, value] : driven.training.optimizers.front()->state())
    for (std::int64_t element = 0; element < kMany; ++element)
      if (value.dim() > 0 && value.size(0) == kMany) {
        const bool anew = element == 2 || element == 5;
        EXPECT_TRUE((value[element] == (anew ? 0 : 1)).all().item<bool>()) << name;
      }
  EXPECT_EQ(driven.resampling.tensors(driven.training).front().second.item<std::int64_t>(), 2);
}

TEST(Resampling, DrawsRowsInProportionToTheSquaresOfTheirErrors) {
  // Errors 1, 2 and 3, with weights 1, 4 and 9.
  auto x = at::zeros({3, kLong}), output = at::zeros({3, kLong});
  for (std::int64_t r = 0; r < 3; ++r) x[r][r] = std::sqrt(static_cast<double>(r + 1));
  constexpr int kDraws = 2000;
  std::vector<int> chosen(3);
  Driven driven(kPlainTopK);
  for (int i = 0; i < kDraws; ++i) {
    const at::NoGradGuard no_grad;
    driven.training.seed = i;
    driven.model->backbone()->parameters().back().zero_();  // the decoder's bias
    driven.silent().fill_(0);
    driven.silent()[2] = 5000;
    driven.step({{x, output}});
    const auto decoder = copied(parameters_of(*driven.model)).at("backbone.decoder_weight");
    ++chosen[static_cast<std::size_t>(decoder[2].argmax().item<std::int64_t>())];
  }
  for (int r = 0; r < 3; ++r) {
    const double share = (r + 1) * (r + 1) / 14.;
    EXPECT_NEAR(chosen[static_cast<std::size_t>(r)] / double(kDraws), share,
                4 * std::sqrt(share * (1 - share) / kDraws));
  }
}

TEST(Resampling, IsTheSameOfAccumulatedBatchesAndCountsEachEvaluationOnce) {
  const auto x = normal_rows(6), output = 0.3 * x;
  Driven together(kPlainTopK), apart(kPlainTopK);
  together.step({{x, output}});
  apart.step({{x.slice(0, 0, 4), output.slice(0, 0, 4)}, {x.slice(0, 4), output.slice(0, 4)}});
  const auto one = copied(state_of(*together.model)), other = copied(state_of(*apart.model));
  for (const auto& [name, value] : one) EXPECT_TRUE(same_bits(value, other.at(name))) << name;
  EXPECT_TRUE(same_bits(together.silent(), apart.silent()));
  // A line search evaluates the objective more than once.
  Driven searching(kPlainTopK, {.every = 10, .dead_after = 1000});
  const auto& update = searching.training.phase().main();
  for (int i = 0; i < 3; ++i) {
    searching.resampling.batch_passed(searching.training, update, {.inputs = x, .labels = {}, .rows = {}},
                                      searching.pass_of(x, output));
    searching.resampling.gradients(searching.training, update, {});
  }
  searching.resampling.step_end(searching.training);
  EXPECT_EQ(searching.silent()[2].item<std::int64_t>(), 5006);
  EXPECT_EQ(searching.silent()[3].item<std::int64_t>(), 0);
}

TEST(Resampling, WaitsForItsStepAndForRows) {
  Driven driven(kPlainTopK, {.every = 2, .dead_after = 1000});
  const auto before = copied(state_of(*driven.model));
  const auto x = normal_rows(1);
  driven.step({{x, 0.5 * x}});
  for (const auto& [name, value] : copied(state_of(*driven.model)))
    EXPECT_TRUE(same_bits(value, before.at(name))) << name;
  driven.step({{x, 0.5 * x}});  // one row: the second dead element waits
  EXPECT_EQ(driven.silent()[2].item<std::int64_t>(), 0);
  EXPECT_EQ(driven.silent()[5].item<std::int64_t>(), 5002);
  driven.training.found_inf = at::ones({});  // and a step that is skipped begins and counts nothing
  driven.step({{x, 0.5 * x}});
  driven.step({{x, 0.5 * x}});
  EXPECT_EQ(driven.silent()[5].item<std::int64_t>(), 5002);
}

TEST(Resampling, OfEveryFamilyBeginsTheParametersOfItsCodes) {
  for (const std::string text :
       {R"("variant": "top-k", "k": 3)", R"("variant": "batch-top-k", "k": 3, "norm": "scaled")",
        R"("variant": "matryoshka", "k": 3)", R"("variant": "l1-dictionary")", R"("variant": "gated")",
        R"("variant": "jump-relu", "threshold": 0.5)",
        R"("variant": "jump-relu", "threshold": 0.5, "parameter": "threshold")",
        R"("variant": "matching-pursuit", "k": 3)"}) {
    SCOPED_TRACE(text);
    Driven driven(text);
    const auto before = copied(parameters_of(*driven.model));
    const auto x = normal_rows(6);
    driven.step({{x, at::zeros_like(x)}});
    for (const auto& [name, value] : copied(parameters_of(*driven.model))) {
      if (value.size(0) != kMany) continue;
      for (const std::int64_t element : {2, 5}) {
        EXPECT_FALSE(same_bits(value[element], before.at(name)[element])) << name;
        if (name.starts_with("bottleneck.")) {
          const double initial = name.ends_with("log_threshold") ? std::log(0.5)
                                 : name.ends_with("threshold")   ? 0.5
                                                                 : 0;
          EXPECT_NEAR(value[element].item<double>(), initial, 1e-6) << name;
        }
      }
      EXPECT_TRUE(same_bits(value[3], before.at(name)[3])) << name;
    }
  }
}

TEST(Resampling, ForgetsAllCurvatureOfLbfgs) {
  Driven driven(kPlainTopK, {.every = 1, .dead_after = 1000}, Lbfgs::Config{});
  const auto x = normal_rows(6);
  driven.step({{x, at::zeros_like(x)}});
  for (const auto& [name, value] : driven.training.optimizers.front()->state())
    if (name == "numbers") {
      EXPECT_TRUE((value == 0).all().item<bool>());
    }
}

TEST(Resampling, RevivesElementsInATraining) {
  const auto data = row_split(256);
  const auto trained = [&](std::vector<CallbackConfig> callbacks) {
    const auto model = small_dictionary(R"("variant": "top-k", "k": 2, "revive": false)");
    {
      const at::NoGradGuard no_grad;  // five elements that nothing reaches
      for (const auto& [name, value] : parameters_of(*model))
        if (name == "backbone.encoder_bias") value.slice(0, 0, 5).fill_(-50);
    }
    callbacks.push_back(without("progress"));
    TrainerConfig config{
        .epochs = 10, .batch_size = 32, .optimizer = Adam::Config{}, .device = Device::cpu, .threads = 1};
    const auto history = Trainer(config, callbacks, 1).fit(*model, data);
    const at::NoGradGuard no_grad;
    const auto used = (model->encode(data.train.range(0, 256)) != 0).any(0).sum().item<std::int64_t>();
    return std::pair(used, history);
  };
  EXPECT_EQ(trained({}).first, kMany - 5);
  const auto [used, history] = trained({{.callback = Resampling::Config{.every = 4, .dead_after = 100}}});
  EXPECT_EQ(used, kMany);
  EXPECT_GE(*find(history.epochs.front().metrics, "train/resampled"), 5);
}

TEST(Resampling, IsRefusedWithoutADictionary) {
  const auto model = small_dense();
  const Trainer trainer({}, {without("progress"), {.callback = Resampling::Config{}}}, 1);
  EXPECT_SAYS(message_of<Error>([&] { (void)trainer.check(*model, few_digits(32), false); }),
              "callbacks: resampling begins elements of a dictionary anew, and this model has none");
}

}  // namespace
}  // namespace aelab
