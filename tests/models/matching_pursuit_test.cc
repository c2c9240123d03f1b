// Matching pursuit against the algorithm as it is written down, with autograd through each of its turns.

#include "aelab/models/matching_pursuit.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

constexpr std::int64_t kNumbers = 12, kAtoms = 30, kPursued = 17;

Tensor pursued_rows(std::int64_t seed = 0) {
  auto random = fixed_generator(seed);
  return at::empty({kPursued, kNumbers}).normal_(0, 1, random);
}

std::shared_ptr<MatchingPursuit> pursuit(std::int64_t k, DecoderNorm norm, double residual = 0) {
  MatchingPursuit::Config config;
  config.recipe.base.code = kAtoms;
  config.recipe.dictionary.norm = norm;
  config.recipe.revive = false;
  config.bottleneck = {.k = k, .residual = residual};
  auto model = std::make_shared<MatchingPursuit>(config, Context(Shape{kNumbers}, /*seed=*/1));
  shake(*model, 0.2);
  return model;
}

Tensor parameter(const Autoencoder& model, const std::string& name) {
  for (const auto& [key, value] : parameters_of(model))
    if (key == "backbone." + name) return value;
  throw std::logic_error(name);
}

/// One row [features] after the other, one turn after the other.
Tensor pursued(const Tensor& row, const Tensor& vectors, std::int64_t k, double residual) {
  auto left = row, code = at::zeros({vectors.size(0)}, vectors.options());
  for (std::int64_t turn = 0; turn < k; ++turn) {
    const auto best = at::mv(vectors, left).detach().argmax().item<std::int64_t>();
    const auto value = left.dot(vectors[best]).relu();
    const bool is_new = code[best].item<double>() == 0;
    code = code + value * at::one_hot(at::tensor(best), vectors.size(0)).flatten().to(vectors.scalar_type());
    left = left - value * vectors[best];
    if (!is_new || value.item<double>() <= 0 || left.norm().item<double>() < residual) break;
  }
  return code;
}

struct PursuitCase {
  std::int64_t k;
  DecoderNorm norm;
  double residual;
};

/// The largest difference between two tensors, relative to the larger of 1 and the second's largest number.
double difference_of(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>() / std::max(1., b.abs().max().item<double>());
}

TEST(MatchingPursuit, IsTheAlgorithmWithItsGradients) {
  for (const auto& [k, norm, residual] : {PursuitCase{1, DecoderNorm::unit, 0},
                                          {5, DecoderNorm::unit, 0},
                                          {12, DecoderNorm::unit, 0},
                                          {5, DecoderNorm::unit, 1.9},
                                          {5, DecoderNorm::free, 0},
                                          {8, DecoderNorm::free, 1.5}}) {
    SCOPED_TRACE(testing::Message() << "k " << k << ", residual " << residual);
    for (const auto type : {at::kFloat, at::kDouble}) {
      const auto model = pursuit(k, norm, residual);
      model->to(type);
      const auto x = pursued_rows().to(type);
      Pass pass;
      const auto terms = model->loss({.inputs = x, .labels = {}, .rows = {}}, Step{.training = true}, pass);
      const auto decoder = parameter(*model, "decoder_weight"), bias = parameter(*model, "decoder_bias");
      const auto vectors = norm == DecoderNorm::unit ? decoder / decoder.norm(2, 1, true) : decoder;
      std::vector<Tensor> codes;
      for (std::int64_t r = 0; r < kPursued; ++r) codes.push_back(pursued(x[r] - bias, vectors, k, residual));
      const auto code = at::stack(codes);
      const double tolerance = type == at::kFloat ? 2e-5 : 1e-10;
      EXPECT_LT(difference_of(pass.code, code), tolerance);
      EXPECT_TRUE(at::equal(pass.code != 0, code != 0));
      EXPECT_EQ(pass.active.values.numel(), k * kPursued);
      const auto cost = (at::matmul(code, vectors) + bias - x).square().sum(1).mean();
      EXPECT_NEAR(terms.total().item<double>() - kNumbers * 0.5 * std::log(0.5), cost.item<double>(), 1e-4);
      const auto mine = torch::autograd::grad({terms.total()}, {decoder, bias});
      const auto theirs = torch::autograd::grad({cost}, {decoder, bias});
      for (std::size_t i = 0; i < mine.size(); ++i) EXPECT_LT(difference_of(mine[i], theirs[i]), tolerance);
      const at::NoGradGuard no_grad;
      EXPECT_TRUE(same_bits(model->encode(x), pass.code));
    }
  }
}

TEST(MatchingPursuit, EndsRowsEarlyInEachWay) {
  // Three unit vectors in the plane. A row along the first is done after one turn: nothing is left of it.
  const auto model = pursuit(3, DecoderNorm::free);
  const at::NoGradGuard no_grad;
  parameter(*model, "decoder_weight").zero_();
  parameter(*model, "decoder_bias").zero_();
  const auto vectors = at::tensor({1.0F, 0.0F, 0.8F, 0.6F, 0.0F, -1.0F}).view({3, 2});
  parameter(*model, "decoder_weight").slice(0, 0, 3).slice(1, 0, 2).copy_(vectors);
  auto x = at::zeros({3, kNumbers});
  x[0][0] = 2;
  x[1][0] = -1;  // no product is positive
  x[2][0] = 2;   // .8 of 2 and .6 of 1: 2.2, and then .24 of the first
  x[2][1] = 1;
  auto expected = at::zeros({3, kAtoms});
  expected[0][0] = 2;
  expected[2][1] = 2.2F;
  expected[2][0] = 0.24F;  // 2 - .8 * 2.2
  expected[2][2] = 0.32F;  // -(1 - .6 * 2.2)
  EXPECT_TRUE(at::allclose(model->encode(x), expected, 1e-5, 1e-6)) << model->encode(x).slice(1, 0, 3);
}

TEST(MatchingPursuit, OfAnOrthonormalDictionaryIsTopK) {
  const auto model = pursuit(4, DecoderNorm::unit);
  const at::NoGradGuard no_grad;
  const auto decoder = parameter(*model, "decoder_weight");
  decoder.copy_(at::eye(kAtoms, kNumbers));
  decoder.slice(0, kNumbers).fill_(-1e-3);  // never the best
  parameter(*model, "decoder_bias").zero_();
  const auto x = pursued_rows(3).abs();
  const auto [values, columns] = x.topk(4, 1);
  const auto expected = at::zeros({kPursued, kAtoms}).scatter(1, columns, values);
  EXPECT_TRUE(at::allclose(model->encode(x), expected, 1e-5, 1e-5));
}

TEST(MatchingPursuit, RefusesWhatIsNone) {
  const auto refusal = [](const char* text) {
    return message_of<Error>([&] {
      Choice<Autoencoder> variant;
      read_config(nlohmann::json::parse(text), variant, "model");
      (void)Autoencoder::make(variant, Context(Shape{kNumbers}));
    });
  };
  EXPECT_SAYS(refusal(R"({"variant": "matching-pursuit", "code": 30, "k": 31})"),
              "k: is more than the 30 elements");
  EXPECT_SAYS(refusal(R"({"variant": "matching-pursuit", "code": 30, "tied": false})"), "tied: is true");
  EXPECT_SAYS(refusal(R"({"variant": "matching-pursuit", "norm": "scaled"})"),
              "\"scaled\" would undo itself");
  EXPECT_SAYS(refusal(R"({"variant": "dense", "hidden": [8], "code": 4,
                          "bottleneck": {"kind": "matching-pursuit", "k": 2}})"),
              "needs a decoder that is linear in the code");
  EXPECT_SAYS(refusal(R"({"variant": "dense", "code": 4,
                          "bottleneck": {"kind": "matching-pursuit", "k": 2, "residual": 0.5}})"),
              "needs pre-codes that are the products");
}

}  // namespace
}  // namespace aelab
