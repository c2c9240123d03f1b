#include "aelab/models/stacked.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "aelab/core/config.h"
#include "aelab/models/contractive.h"
#include "aelab/models/denoising.h"
#include "aelab/models/dense.h"
#include "aelab/models/pca.h"
#include "aelab/models/sparse.h"
#include "aelab/nn/activation.h"
#include "aelab/nn/bounds.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/gaussian_bottleneck.h"
#include "aelab/nn/likelihoods.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Choice<Autoencoder> denoising(std::int64_t code) { return Denoising::Config{.base = {.code = code}}; }

std::shared_ptr<Stacked> stack(const Stacked::Config& config, std::int64_t classes = 10) {
  return std::make_shared<Stacked>(config, Context({1, 8, 8}, 1, classes));
}

std::map<std::string, Tensor> snapshot(const Autoencoder& model) {
  std::map<std::string, Tensor> values;
  for (const auto& [name, tensor] : parameters_of(model)) values[name] = tensor.detach().clone();
  return values;
}

/// Trains one phase alone for two steps by plain gradient descent; the names of the parameters that moved.
std::set<std::string> moved_by(Stacked& model, const Phase& phase) {
  const auto before = snapshot(model);
  const auto& update = phase.updates.front();
  const auto data = few_digits().train;
  for (std::int64_t i = 0; i < 2; ++i) {
    Pass pass;
    const auto total =
        update.objective(data.range(0, 32), Step{.at = {.epoch = 0, .batch = i}, .training = true}, pass)
            .total();
    std::vector<Tensor> parameters;
    for (const auto& item : update.parameters) parameters.push_back(item.second);
    const auto gradients = torch::autograd::grad({total}, parameters, {}, std::nullopt, false, true);
    const at::NoGradGuard no_grad;
    for (std::size_t k = 0; k < parameters.size(); ++k)
      if (gradients[k].defined()) parameters[k].sub_(gradients[k], 0.1);
  }
  std::set<std::string> moved;
  for (const auto& [name, value] : snapshot(model))
    if (!same_bits(value, before.at(name))) moved.insert(name);
  return moved;
}

bool all_begin_with(const std::set<std::string>& names, const std::string& prefix) {
  return !names.empty() &&
         std::ranges::all_of(names, [&](const auto& name) { return name.starts_with(prefix); });
}

TEST(Stacked, EachPhaseTrainsWhatItShould) {
  const auto model = stack({.layers = {denoising(12), denoising(6)},
                            .fine_tuning = FineTuning::reconstruction,
                            .network = StackNetwork{.hidden = {5}}});
  const auto phases = model->phases();
  ASSERT_EQ(phases.size(), 4U);
  EXPECT_EQ(phases[0].name, "layer 1");
  EXPECT_TRUE(all_begin_with(moved_by(*model, phases[0]), "backbone.layer_1."));
  EXPECT_EQ(phases[1].name, "layer 2");
  EXPECT_TRUE(all_begin_with(moved_by(*model, phases[1]), "backbone.layer_2."));
  EXPECT_EQ(phases[2].name, "fine-tuning");
  EXPECT_EQ(moved_by(*model, phases[2]).size(), 8U);  // two layers, encoder and decoder, weight and bias
  EXPECT_EQ(phases[3].name, "classifier");
  for (const auto& name : moved_by(*model, phases[3]))
    EXPECT_EQ(name.find("decoder"), std::string::npos) << name;
  for (const auto& item : phases[3].updates.front().parameters)
    EXPECT_EQ(item.first.find("decoder"), std::string::npos) << item.first;
}

TEST(Stacked, LayersDrawTheirNoiseApart) {
  // All layers have 64 inputs, none of them zero before it is masked.
  const auto model = stack({.layers = {denoising(64), denoising(64), denoising(64)}});
  const Batch batch{.inputs = at::ones({20, 1, 8, 8}), .labels = {}, .rows = {}};
  const auto masks = [&](std::int64_t pass_over_data) {
    std::vector<Tensor> drawn;
    for (const auto& phase : model->phases()) {
      Pass pass;
      phase.updates.front().objective(
          batch, Step{.at = {.epoch = pass_over_data}, .seed = 3, .training = true}, pass);
      drawn.push_back((pass.input == 0).flatten(1));
    }
    return drawn;
  };
  const auto first = masks(5), again = masks(5), later = masks(6);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(first[i].to(at::kFloat).mean().item<double>(), 0.25, 0.05);
    EXPECT_TRUE(at::equal(first[i], again[i]));
    EXPECT_FALSE(at::equal(first[i], later[i]));
    EXPECT_FALSE(at::equal(first[i], first[(i + 1) % 3])) << i;
  }
}

TEST(Stacked, LayersOfOneShapeBeginApart) {
  const Choice<Autoencoder> dense = Dense::Config{.base = {.code = 64}};
  const auto model = stack({.layers = {dense, dense, dense}});
  std::vector<Tensor> weights;
  for (const auto& layer : model->layers()) weights.push_back(parameters_of(*layer).front().second);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto &one = weights[i], &other = weights[(i + 1) % 3];
    ASSERT_EQ(one.sizes(), other.sizes());
    EXPECT_LT((one == other).to(at::kFloat).mean().item<double>(), 0.01) << i;
  }
}

TEST(Stacked, PhasesHaveTheirOwnEpochs) {
  const auto model = stack({.layers = {denoising(12), denoising(6)},
                            .layer_epochs = 3,
                            .fine_tuning = FineTuning::reconstruction,
                            .fine_tuning_epochs = 5,
                            .network = StackNetwork{.hidden = {5}, .epochs = 7}});
  std::vector<std::int64_t> epochs;
  for (const auto& phase : model->phases()) epochs.push_back(phase.epochs.value_or(-1));
  EXPECT_EQ(epochs, (std::vector<std::int64_t>{3, 3, 5, 7}));
  for (const auto& phase :
       stack({.layers = {denoising(6)}, .fine_tuning = FineTuning::reconstruction})->phases())
    EXPECT_FALSE(phase.epochs) << phase.name << ": the trainer's";
}

TEST(Stacked, TheNetworkIsSoftmaxRegressionOnItsLastHiddenLayer) {
  const auto model = stack({.layers = {denoising(6)}, .network = StackNetwork{.hidden = {5, 4}}});
  shake(*model, 0.5);
  const auto batch = few_digits().train.range(0, 30);
  Pass pass;
  const at::NoGradGuard no_grad;
  const auto terms = model->phases().back().updates.front().objective(batch, Step{}, pass);
  // By hand: two hidden layers with the network's activation, and one without.
  auto scores = model->encode(batch.inputs);
  std::map<std::string, Tensor> parameters;
  for (const auto& [name, tensor] : parameters_of(*model)) parameters[name] = tensor;
  for (int i = 0; i < 3; ++i) {
    const auto layer = "network_" + std::to_string(i);
    scores = at::addmm(parameters.at(layer + ".bias"), scores, parameters.at(layer + ".weight").t());
    if (i < 2) scores = activate(StackNetwork{}.activation, scores);
  }
  const auto logarithms = scores.log_softmax(1).gather(1, batch.labels.unsqueeze(1));
  EXPECT_NEAR(terms.all()[0].value.item<double>(), -logarithms.mean().item<double>(), 1e-5);
  const auto wrong = (scores.argmax(1) != batch.labels).to(at::kFloat).mean();
  EXPECT_NEAR(terms.all()[1].value.item<double>(), wrong.item<double>(), 1e-6);
  EXPECT_EQ(terms.all()[1].weight, 0);
  EXPECT_TRUE(at::equal(model->classify(batch.inputs), scores.argmax(1)));
}

TEST(Stacked, HasTheBoundOfItsLastLayerAndClassifiesReadings) {
  const Choice<Autoencoder> drawing =
      Dense::Config{.base = {.code = 4,
                             .bottleneck = GaussianBottleneck::Config{},
                             .likelihood = GaussianLikelihood::Config{},
                             .bound = ImportanceWeightedBound::Config{.samples = 3}}};
  const auto model = stack({.layers = {denoising(6), drawing},
                            .fine_tuning = FineTuning::reconstruction,
                            .network = StackNetwork{.hidden = {5}}});
  EXPECT_EQ(model->config().bound->kind(), "importance-weighted");
  const auto batch = few_digits().train.range(0, 30);
  const auto phases = model->phases();
  Pass tuned, classified;
  const auto terms = phases[2].updates.front().objective(batch, Step{.training = true}, tuned);
  EXPECT_EQ(tuned.code.sizes(), (at::IntArrayRef{3 * 30, 4}));
  const auto log_weights = -(terms.all()[0].rows + terms.all()[1].rows).view({30, 3});
  EXPECT_NEAR(terms.total().item<double>(), (std::log(3.0) - log_weights.logsumexp(1).mean()).item<double>(),
              1e-4);
  const at::NoGradGuard no_grad;
  const auto of_network = phases[3].updates.front().objective(batch, Step{}, classified);
  const auto wrong = (model->classify(batch.inputs) != batch.labels).to(at::kFloat).mean();
  EXPECT_NEAR(of_network.all()[1].value.item<double>(), wrong.item<double>(), 1e-6);
}

TEST(Stacked, AClassifierIsDiscardedWithTheEncoderThatItWasFittedOn) {
  const auto model =
      stack({.layers = {denoising(12)}, .classifier = Choice<Classifier>::named("linear-svm")});
  model->phases().back().solve(few_digits().train);
  ASSERT_TRUE(model->classifies());
  const auto fitted = model->fitted();
  model->load_fitted({});
  EXPECT_FALSE(model->classifies());
  EXPECT_TRUE(model->fitted().empty());
  model->load_fitted(fitted);
  EXPECT_TRUE(model->classifies());
}

TEST(Stacked, UpperLayersSeeTheCleanCodesBelow) {
  const auto model = stack({.layers = {denoising(12), Dense::Config{.base = {.code = 6}}}});
  const auto batch = few_digits().train.range(0, 8);
  Pass pass;
  model->phases()[1].updates.front().objective(batch, Step{.training = true}, pass);
  EXPECT_TRUE(same_bits(pass.target, model->layers().front()->encode(batch.inputs)));
}

TEST(Stacked, LayersHaveNoErrorThatCompares) {
  const auto model = stack({.layers = {denoising(12), Dense::Config{.base = {.code = 6}}},
                            .fine_tuning = FineTuning::reconstruction});
  const auto batch = few_digits().train.range(0, 8);
  std::vector<bool> have;
  for (const auto& phase : model->phases()) {
    Pass pass;
    const auto terms = phase.updates.front().objective(batch, Step{.training = false}, pass);
    have.push_back(std::ranges::any_of(terms.all(), [](const auto& term) { return term.name == "mse"; }));
  }
  EXPECT_EQ(have, (std::vector{false, false, true})) << "fine-tuning is of the whole";
}

TEST(Stacked, AClosedFormIsSolvedOnTheCleanCodesBelow) {
  const auto model = stack({.layers = {denoising(64), denoising(64), Pca::Config{.code = 5}}});
  const auto data = few_digits().train;
  const auto phases = model->phases();
  ASSERT_EQ(phases.size(), 3U);
  phases[2].solve(data);
  const at::NoGradGuard no_grad;
  auto codes = data.range(0, data.size()).inputs;
  for (std::size_t i = 0; i < 2; ++i) codes = model->layers()[i]->encode(codes);
  const auto found = model->layers()[2]->encode(codes);
  EXPECT_TRUE(at::allclose(found.mean(0), at::zeros({5}), 0, 1e-5));
  // Its codes vary as the codes below do along their first principal components.
  const auto singular = at::linalg_svdvals((codes - codes.mean(0)).to(at::kDouble)).slice(0, 0, 5);
  EXPECT_TRUE(at::allclose(found.norm(2, 0).to(at::kDouble), singular, 1e-3, 1e-4)) << found << singular;
}

TEST(Stacked, EncodesAndDecodesThroughItsLayersInTurn) {
  const auto model = stack({.layers = {denoising(12), denoising(9), denoising(6)}});
  const auto x = few_digits().train.range(0, 4).inputs;
  const auto layers = model->layers();
  const auto code = layers[2]->encode(layers[1]->encode(layers[0]->encode(x)));
  EXPECT_TRUE(at::allclose(model->encode(x), code));
  const auto decoded = layers[0]->decode(layers[1]->decode(layers[2]->decode(code)));
  EXPECT_TRUE(at::allclose(model->decode(code), decoded));
}

TEST(Stacked, ChoosesTheLikelihoodThatSuitsTheCodesBelow) {
  const auto with_code = [](Activation activation) {
    return Choice<Autoencoder>(Dense::Config{
        .base = {.code = 12, .bottleneck = DeterministicBottleneck::Config{.activation = activation}}});
  };
  const auto of_second = [&](const Choice<Autoencoder>& below, const AutoencoderConfig& above) {
    const auto model = stack({.layers = {below, Denoising::Config{.base = above}}});
    return model->layers()[1]->config().likelihood->kind();
  };
  for (const auto unbounded : {Activation::linear, Activation::relu, Activation::tanh})
    EXPECT_EQ(of_second(with_code(unbounded), {.code = 6}), "gaussian");
  EXPECT_EQ(of_second(with_code(Activation::sigmoid), {.code = 6}), "bernoulli");
  EXPECT_EQ(
      of_second(with_code(Activation::sigmoid), {.code = 6, .likelihood = GaussianLikelihood::Config{}}),
      "gaussian");
  // The whole speaks to the input, by its first layer's.
  EXPECT_EQ(stack({.layers = {with_code(Activation::linear), denoising(6)}})->config().likelihood->kind(),
            "bernoulli");
}

TEST(Stacked, RefusesLayersThatDoNotFit) {
  EXPECT_SAYS(message_of<Error>([] { stack({}); }), "layers: must have at least one autoencoder");
  const Choice<Autoencoder> unbounded = Dense::Config{.base = {.code = 12}},
                            bernoulli = Denoising::Config{
                                .base = {.code = 6, .likelihood = BernoulliLikelihood::Config{}}};
  EXPECT_SAYS(message_of<Error>([&] {
                stack({.layers = {unbounded, bernoulli}});
              }),
              "layers[1].likelihood: bernoulli is for inputs between 0 and 1");
  const Choice<Autoencoder> too_sparse =
      Sparse::Config{.base = {.code = 4}, .sparsity = Sparsity::k_sparse, .k_sparse = {.k = 9}};
  EXPECT_SAYS(message_of<Error>([&] { stack({.layers = {denoising(12), too_sparse}}); }), "layers[1].k: 9");
  EXPECT_SAYS(
      message_of<Error>([] { stack({.layers = {denoising(6)}, .network = StackNetwork{}}, /*classes=*/0); }),
      "network: needs labels");
}

TEST(Stacked, AClassifierFittedOnCodesSurvivesTheCheckpointsTensors) {
  const Stacked::Config config{.layers = {denoising(16)},
                               .classifier = Choice<Classifier>::named("linear-svm")};
  const auto model = stack(config), other = stack(config);
  EXPECT_FALSE(model->classifies());
  model->phases().back().solve(few_digits().train);
  EXPECT_TRUE(model->classifies());
  const at::NoGradGuard no_grad;
  const auto from = state_of(*model), to = state_of(*other);
  for (std::size_t i = 0; i < to.size(); ++i) to[i].second.copy_(from[i].second);
  other->load_fitted(model->fitted());
  const auto x = few_digits().test.range(0, 40).inputs;
  EXPECT_TRUE(at::equal(other->classify(x), model->classify(x)));
}

TEST(Denoising, ValidatesOnCleanInputsAndSaysHowItDenoisesBeside) {
  const Denoising model({.base = {.code = 8}}, Shape{1, 8, 8});
  const auto batch = few_digits().validation.range(0, 8);
  Pass pass;
  const auto terms = model.loss(batch, Step{}, pass);
  EXPECT_TRUE(same_bits(pass.input, batch.inputs));
  ASSERT_EQ(terms.all().size(), 3U);
  EXPECT_EQ(terms.all()[1].name, "mse");
  EXPECT_EQ(terms.all()[2].name, "denoising");
  EXPECT_EQ(terms.all()[2].weight, 0);
  EXPECT_NE(terms.all()[2].value.item<float>(), terms.all()[0].value.item<float>());
  Pass in_training;
  const auto trained = model.loss(batch, Step{.training = true}, in_training);
  EXPECT_EQ(trained.all().size(), 1U);
  EXPECT_FALSE(same_bits(in_training.input, batch.inputs));
}

TEST(Variants, RefuseWhatIsSaidTwice) {
  const auto refusal = [](const auto& config) {
    return message_of<Error>([&] { check_config(config, "model"); });
  };
  EXPECT_SAYS(refusal(Contractive::Config{.base = {.penalties = {{ContractivePenalty::Config{}}}}}),
              "lists contractive");
  EXPECT_SAYS(refusal(Sparse::Config{.base = {.penalties = {{KlSparsityPenalty::Config{}}}}}),
              "lists kl-sparsity");
}

}  // namespace
}  // namespace aelab
