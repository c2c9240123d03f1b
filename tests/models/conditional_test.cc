// Models that are conditional on the label, against sums by hand.

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "aelab/core/config.h"
#include "aelab/models/contractive.h"
#include "aelab/models/dense.h"
#include "aelab/models/stacked.h"
#include "aelab/models/supervised.h"
#include "aelab/models/vae.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/jacobian.h"
#include "aelab/nn/priors.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

constexpr std::int64_t kRowsOfClasses = 4, kValuesHere = 5, kCodeHere = 2, kClassesHere = 3;

Batch labeled_rows() {
  auto random = fixed_generator(2);
  return {.inputs = at::empty({kRowsOfClasses, kValuesHere}, at::kDouble).uniform_(0, 1, random),
          .labels = at::tensor({2, 0, 1, 2}, at::kLong),
          .rows = at::arange(kRowsOfClasses)};
}

Context with_classes(std::int64_t classes = kClassesHere) {
  return {Shape{kValuesHere}, /*seed=*/1, classes};
}

template <class Model>
std::shared_ptr<Model> conditional(typename Model::Config config) {
  config.base.code = kCodeHere;
  config.base.condition = Condition::label;
  auto model = std::make_shared<Model>(config, with_classes());
  model->to(at::kDouble);
  shake(*model, 0.3);
  return model;
}

/// A layer's output for rows of a class: its weights of the class are one more bias.
Tensor by_hand(const torch::nn::Module& layer, const Tensor& x, std::int64_t label) {
  const auto weight = layer.named_parameters()["weight"], bias = layer.named_parameters()["bias"];
  return at::mv(weight.slice(1, 0, x.size(0)), x) + weight.select(1, x.size(0) + label) + bias;
}

TEST(Conditional, GivesEncoderAndDecoderTheClassOfEachRow) {
  const auto model = conditional<Vae>({.base = {.backbone = DenseBackbone::Config{}}});
  const auto batch = labeled_rows();
  const auto children = model->backbone()->named_children();
  const auto code = model->encode(batch);
  const auto output = model->decode(code, model->condition(batch.labels));
  for (std::int64_t i = 0; i < kRowsOfClasses; ++i) {
    const auto label = batch.labels[i].item<std::int64_t>();
    const auto mean = by_hand(*children["encoder_0"], batch.inputs[i], label).slice(0, 0, kCodeHere);
    EXPECT_TRUE(at::allclose(code[i], mean));
    EXPECT_TRUE(at::allclose(output[i], by_hand(*children["decoder_0"], code[i], label).sigmoid()));
  }
}

TEST(Conditional, TrainsWithTheLabelsOfTheBatch) {
  const auto model = conditional<Vae>({});
  const auto batch = labeled_rows();
  const Step step{.seed = 4, .training = true, .rows = batch.rows};
  const auto loss = [&](const Batch& rows) {
    Pass pass;
    return model->loss(rows, step, pass).total();
  };
  auto other = batch;
  other.labels = at::tensor({0, 0, 1, 2}, at::kLong);
  EXPECT_NE(loss(batch).item<double>(), loss(other).item<double>());
  std::vector<Tensor> leaves = model->parameters();
  EXPECT_LT(gradient_error([&] { return loss(batch); }, leaves), 1e-5);
}

TEST(Conditional, HasTheJacobianByTheInputAlone) {
  const auto model = conditional<Contractive>(
      {.base = {.backbone = DenseBackbone::Config{.hidden = {6}, .activation = Activation::tanh}}});
  const auto batch = labeled_rows();
  const auto step = model->conditioned(batch.inputs, batch.labels);
  const auto j = jacobian(model->parts(), batch.inputs, step);
  ASSERT_EQ(j.sizes(), (at::DimVector{kRowsOfClasses, kCodeHere, kValuesHere}));
  const auto condition = model->condition(batch.labels);
  constexpr double kDifference = 1e-6;
  for (std::int64_t k = 0; k < kValuesHere; ++k) {
    auto above = batch.inputs.clone(), below = batch.inputs.clone();
    above.select(1, k) += kDifference;
    below.select(1, k) -= kDifference;
    const auto slope =
        (model->encode(above, condition) - model->encode(below, condition)) / (2 * kDifference);
    EXPECT_TRUE(at::allclose(j.select(2, k), slope, 1e-4, 1e-7));
  }
}

TEST(Conditional, TakesClassesInTurnForSamplesOfNoClass) {
  const auto model = conditional<Vae>({});
  EXPECT_TRUE(at::equal(model->condition_in_turn(4).argmax(1), at::tensor({0, 1, 2, 0}, at::kLong)));
  const Vae plain({.base = {.code = kCodeHere}}, with_classes());
  EXPECT_FALSE(plain.condition_in_turn(4).defined());
  EXPECT_FALSE(plain.condition(Tensor()).defined());
}

TEST(Conditional, RefusesWhatMakesNoSense) {
  const auto made = [](Vae::Config config, std::int64_t classes) {
    config.base.code = kCodeHere;
    config.base.condition = Condition::label;
    return message_of<FieldError>([&] { Vae(config, with_classes(classes)); });
  };
  EXPECT_SAYS(made({}, 0), "condition: needs the classes of the rows");
  EXPECT_SAYS(made({.latent = {.prior = VampPrior::Config{}}}, kClassesHere), "vamp has no condition");
  EXPECT_SAYS(made({.base = {.backbone = DenseBackbone::Config{.tied = true}}}, kClassesHere),
              "backbone.tied");
  const Stacked::Config stack{.layers = {Vae::Config{.base = {.code = 2, .condition = Condition::label}}}};
  EXPECT_SAYS(message_of<FieldError>([&] { Stacked(stack, with_classes()); }), "layers[0].condition");
  EXPECT_SAYS(message_of<FieldError>([] { conditional<Supervised>({}); }), "condition: tells the class");
  const auto model = conditional<Vae>({});
  const auto x = labeled_rows().inputs;
  EXPECT_SAYS(message_of<Error>([&] { model->encode(x); }), "conditional on the label");
  EXPECT_SAYS(message_of<Error>([&] { model->condition(Tensor()); }), "these rows have no labels");
}

}  // namespace
}  // namespace aelab
