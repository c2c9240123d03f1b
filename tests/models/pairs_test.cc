// Transcoders and crosscoders: what their parts promise, against computations that are written here.

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "aelab/models/stacked.h"
#include "tests/models/pairs.h"

namespace aelab {
namespace {

TEST(Transcoder, BeginsAsTheMeanOfTheTargets) {
  const Transcoder model(small_transcoder(true), Context(Shape{7}));
  const auto rows = float_rows(50, 7) + 3;
  model.backbone()->begin(rows);
  const auto mean = rows.narrow(1, 4, 3).mean(0).expand({50, 3});
  EXPECT_TRUE(at::allclose(model.reconstruct(rows), mean, 1e-5, 1e-6));
}

TEST(Transcoder, WithSkipReachesALinearMapWhileItsCodeIsDead) {
  const auto x = float_rows(200, 4);
  const auto rows = at::cat({x, at::mm(x, float_rows(4, 3, 1)) + 0.5}, 1);
  for (const bool skip : {true, false}) {
    const Transcoder model(small_transcoder(skip), Context(Shape{7}));
    const at::NoGradGuard no_grad;
    parameters_by_name(model).at("backbone.encoder_bias").fill_(-100);
    const at::AutoGradMode grad(true);
    const double error = descend(model, rows, 200, 0.1);
    EXPECT_EQ(model.encode(rows).count_nonzero().item<std::int64_t>(), 0);
    if (skip)
      EXPECT_LT(error, 1e-9);
    else
      EXPECT_GT(error, 0.5);
  }
}

TEST(Transcoder, ReadsTheFirstBlockAndReconstructsTheOthers) {
  for (const auto& example : Transcoder::Config::examples()) {
    Transcoder model(example, Context(Shape{20}));
    shake(model, 0.3);
    const auto rows = float_rows(6, 20);
    auto other = rows.clone();
    other.narrow(1, 8, 12).normal_();
    EXPECT_TRUE(same_bits(model.reconstruct(rows), model.reconstruct(other)));
    EXPECT_TRUE(same_bits(model.reconstruct(rows), model.reconstruct(rows.narrow(1, 0, 8))));
    EXPECT_TRUE(same_bits(model.target(rows), rows.narrow(1, 8, 12)));
    Pass pass;
    model.loss(batch_of_rows(rows), Step{}, pass);
    EXPECT_TRUE(same_bits(pass.target, rows.narrow(1, 8, 12)));
    EXPECT_TRUE(at::allclose(pass.output, model.reconstruct(rows), 1e-5, 1e-6));
    if (!model.decodes_codes_alone()) {
      EXPECT_SAYS(message_of<Error>([&] { model.decode(model.encode(rows)); }), "a skip connection");
    }
  }
}

TEST(Transcoder, AsksForTheBlocksOfItsRows) {
  auto config = small_transcoder(false);
  EXPECT_SAYS(message_of<FieldError>([&] { Transcoder(config, Context(Shape{8})); }),
              "blocks: add up to 7, but a row has 8 features");
  config.backbone.blocks.reset();
  EXPECT_SAYS(message_of<FieldError>([&] { Transcoder(config, Context(Shape{7})); }), "side-by-side");
  Context context(Shape{7});
  context.blocks = {2, 3, 2};
  const Transcoder model(config, context);
  EXPECT_EQ(model.target_shape(), Shape{5});
  EXPECT_EQ(*model.config().backbone->get_if<TranscoderBackbone::Config>()->blocks, context.blocks);
}

TEST(Transcoder, IsNoLayerOfAStack) {
  EXPECT_SAYS(
      message_of<FieldError>([&] { Stacked({.layers = {small_transcoder(false)}}, Context(Shape{7})); }),
      "layers[0]: does not give its inputs back");
}

// --- Crosscoders ---

/// |d^1_j| + |d^2_j| + ..., of vectors [latents, features].
Tensor sum_of_block_norms(const Tensor& vectors) {
  auto sum = at::zeros({vectors.size(0)});
  std::int64_t begin = 0;
  for (const auto width : kBlocks) {
    sum = sum + vectors.slice(1, begin, begin + width).square().sum(1).sqrt();
    begin += width;
  }
  return sum;
}

void expect_loss_and_gradients(const Autoencoder& model, const Tensor& rows, const Tensor& expected) {
  Pass pass;
  const auto loss = model.loss(batch_of_rows(rows), Step{.training = true}, pass).total();
  const double constant = kAllFeatures * 0.5 * std::log(0.5);
  EXPECT_NEAR(loss.item<double>() - constant, expected.item<double>(), 1e-5 * expected.item<double>());
  for (const auto& [name, parameter] : parameters_by_name(model)) {
    const auto mine = torch::autograd::grad({loss}, {parameter}, {}, true).front().to_dense();
    const auto wanted = torch::autograd::grad({expected}, {parameter}, {}, true).front();
    EXPECT_LT((mine - wanted).abs().max().item<double>(), 1e-5 * (wanted.abs().max().item<double>() + 1))
        << name;
  }
}

TEST(Crosscoder, PenalizesTheSumOfTheNormsOfALatentsVectors) {
  auto config =
      small_crosscoder(DecoderNorm::free, DeterministicBottleneck::Config{.activation = Activation::relu});
  config.recipe.base.penalties = {{WeightedL1Penalty::Config{.weight = 0.2}}};
  Crosscoder model(config, Context(Shape{kAllFeatures}));
  shake(model, 0.3);
  const auto rows = float_rows(20, kAllFeatures);
  auto p = parameters_by_name(model);
  const auto &encoder = p.at("backbone.encoder_weight"), &decoder = p.at("backbone.decoder_weight");
  const auto code = (at::matmul(rows, encoder.t()) + p.at("backbone.encoder_bias")).relu();
  const auto error = (at::matmul(code, decoder) + p.at("backbone.decoder_bias") - rows).square().sum(1);
  const auto cost = (code * sum_of_block_norms(decoder)).sum(1);
  expect_loss_and_gradients(model, rows, (error + 0.2 * cost).mean());
}

TEST(Crosscoder, SelectsByProductsWithTheSumOfTheNorms) {
  for (const bool of_batch : {false, true}) {
    const auto bottleneck = of_batch ? Choice<Bottleneck>(BatchTopKBottleneck::Config{.k = 3})
                                     : Choice<Bottleneck>(TopKBottleneck::Config{.k = 3});
    Crosscoder model(small_crosscoder(DecoderNorm::scaled, bottleneck), Context(Shape{kAllFeatures}));
    shake(model, 0.3);
    const auto rows = float_rows(20, kAllFeatures);
    auto p = parameters_by_name(model);
    const auto& decoder = p.at("backbone.decoder_weight");
    const auto norms = sum_of_block_norms(decoder);
    const auto activation =
        (at::matmul(rows, p.at("backbone.encoder_weight").t()) + p.at("backbone.encoder_bias"));
    const auto products = (activation * norms).relu();
    const auto least = of_batch ? std::get<0>(products.flatten().topk(60)).min()
                                : std::get<0>(std::get<0>(products.topk(3, 1)).min(1, true));
    const auto code = at::where(products >= least, activation.relu(), 0);  // as the packages decode it
    const auto error = (at::matmul(code, decoder) + p.at("backbone.decoder_bias") - rows).square().sum(1);
    expect_loss_and_gradients(model, rows, error.mean());
  }
}

TEST(Crosscoder, BeginsWithVectorsOfOneNormForAllBlocks) {
  for (const auto norm : {DecoderNorm::free, DecoderNorm::unit, DecoderNorm::scaled}) {
    const Crosscoder model(small_crosscoder(norm, TopKBottleneck::Config{.k = 3}),
                           Context(Shape{kAllFeatures}));
    auto p = parameters_by_name(model);
    const auto& decoder = p.at("backbone.decoder_weight");
    const double each = norm == DecoderNorm::unit ? std::sqrt(1. / 3) : 0.1;
    std::int64_t begin = 0;
    for (const auto width : kBlocks) {
      const auto norms = decoder.slice(1, begin, begin + width).norm(2, 1);
      EXPECT_TRUE(at::allclose(norms, at::full_like(norms, each), 1e-5)) << name_of(norm);
      begin += width;
    }
    EXPECT_TRUE(same_bits(decoder, p.at("backbone.encoder_weight")));
    const auto weights = model.backbone()->vector_norms();
    const double expected = norm == DecoderNorm::scaled ? 1 : 3 * each;
    EXPECT_TRUE(at::allclose(weights, at::full_like(weights, expected), 1e-5)) << name_of(norm);
  }
}

}  // namespace
}  // namespace aelab
