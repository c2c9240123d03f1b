// The supervised autoencoder: its classification term and the gradients of it by hand.

#include "aelab/models/supervised.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "aelab/nn/gaussian_bottleneck.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

constexpr std::int64_t kFeatures = 5, kCodes = 3, kLabels = 4;

Batch labeled_rows(std::int64_t rows) {
  auto random = fixed_generator(2);
  return {.inputs = at::empty({rows, kFeatures}, at::kDouble).uniform_(0, 1, random),
          .labels = at::randint(kLabels, {rows}, random, at::kLong),
          .rows = at::arange(rows)};
}

std::shared_ptr<Supervised> supervised(Supervised::Config config = {}) {
  config.base.code = kCodes;
  auto model = std::make_shared<Supervised>(config, Context(Shape{kFeatures}, /*model_seed=*/1, kLabels));
  model->to(at::kDouble);
  shake(*model, 0.3);
  return model;
}

Terms terms_of(Supervised& model, const Batch& batch, Pass& pass) {
  return model.phases().front().updates.front().objective(batch, {.training = true, .rows = batch.rows},
                                                          pass);
}

double value_of(const Terms& terms, const std::string& name) {
  for (const auto& term : terms.all())
    if (term.name == name) return term.value.item<double>();
  throw std::logic_error("no term " + name);
}

Tensor parameter_named(const Autoencoder& model, const std::string& name) {
  return model.named_parameters()[name];
}

TEST(SupervisedAutoencoder, AddsTheWeightedCrossEntropyOfTheClasses) {
  constexpr std::int64_t kLabeled = 7;
  const auto model = supervised({.weight = 2.5});
  const auto batch = labeled_rows(kLabeled);
  Pass pass;
  const auto terms = terms_of(*model, batch, pass);
  const auto weight = parameter_named(*model, "classifier.weight"),
             bias = parameter_named(*model, "classifier.bias");
  double cost = 0, wrong = 0;
  for (std::int64_t row = 0; row < kLabeled; ++row) {
    std::vector<double> scores;
    for (std::int64_t c = 0; c < kLabels; ++c) {
      double score = bias[c].item<double>();
      for (std::int64_t d = 0; d < kCodes; ++d)
        score += weight[c][d].item<double>() * pass.code[row][d].item<double>();
      scores.push_back(score);
    }
    double sum = 0;
    for (const double score : scores) sum += std::exp(score);
    const auto label = static_cast<std::size_t>(batch.labels[row].item<std::int64_t>());
    cost -= scores[label] - std::log(sum);
    wrong +=
        std::max_element(scores.begin(), scores.end()) - scores.begin() != static_cast<std::ptrdiff_t>(label);
  }
  Pass plain;
  const auto expected =
      model->loss(batch, {.training = true, .rows = batch.rows}, plain).total().item<double>() +
      2.5 * cost / kLabeled;
  EXPECT_NEAR(terms.total().item<double>(), expected, 1e-12);
  EXPECT_NEAR(value_of(terms, "classification"), cost / kLabeled, 1e-12);
  EXPECT_NEAR(value_of(terms, "error"), wrong / kLabeled, 1e-12);
  EXPECT_GT(wrong, 0);
}

TEST(SupervisedAutoencoder, HasTheGradientOfSoftmaxRegression) {
  constexpr std::int64_t kLabeled = 6;
  const auto model = supervised({.weight = 3});
  const auto batch = labeled_rows(kLabeled);
  Pass pass;
  const auto total = terms_of(*model, batch, pass).total();
  const auto weight = parameter_named(*model, "classifier.weight"),
             encoder = parameter_named(*model, "backbone.encoder_1.weight");
  const auto gradients = torch::autograd::grad({total}, {weight, encoder}, {}, /*retain_graph=*/true);
  // d/dW of the mean of -log softmax(W z)[y] is the mean of (softmax - one hot) z.
  const auto excess = model->logits(pass.code).softmax(1) - at::one_hot(batch.labels, kLabels);
  EXPECT_TRUE(at::allclose(gradients[0], 3. / kLabeled * at::mm(excess.t(), pass.code), 0, 1e-12));
  // The classes' cost reaches the encoder: without it, the gradient is another.
  Pass plain;
  const auto other = torch::autograd::grad(
      {model->loss(batch, {.training = true, .rows = batch.rows}, plain).total()}, {encoder});
  EXPECT_GT((gradients[1] - other[0]).abs().max().item<double>(), 1e-3);
}

TEST(SupervisedAutoencoder, PredictsFromTheMeansOfDrawnCodes) {
  auto model = supervised({.base = {.bottleneck = GaussianBottleneck::Config{}}});
  const auto batch = labeled_rows(6);
  Pass pass;
  const auto terms = terms_of(*model, batch, pass);
  const auto scores = model->logits(model->encode(batch.inputs));
  EXPECT_FALSE(at::allclose(pass.code, model->encode(batch.inputs)));
  EXPECT_NEAR(value_of(terms, "classification"), at::cross_entropy_loss(scores, batch.labels).item<double>(),
              1e-12);
  EXPECT_TRUE(model->classify(batch.inputs).equal(scores.argmax(1)));
}

TEST(SupervisedAutoencoder, IsRefusedWithoutLabels) {
  EXPECT_SAYS(message_of<FieldError>([] { Supervised({.base = {.code = 2}}, Context(Shape{kFeatures})); }),
              "variant: \"supervised\" learns the classes of labels, but these data have none");
}

}  // namespace
}  // namespace aelab
