#pragma once

// Small transcoders and crosscoders for tests.

#include <torch/csrc/autograd/autograd.h>

#include <map>

#include "aelab/models/crosscoder.h"
#include "aelab/models/transcoder.h"
#include "aelab/nn/bottlenecks.h"
#include "tests/torch_support.h"

namespace aelab {

inline Tensor float_rows(std::int64_t rows, std::int64_t features, std::int64_t seed = 0) {
  auto random = fixed_generator(seed);
  return at::empty({rows, features}).normal_(0, 1, random);
}

inline Batch batch_of_rows(const Tensor& rows) { return {.inputs = rows, .labels = {}, .rows = {}}; }

inline std::map<std::string, Tensor> parameters_by_name(const Autoencoder& model) {
  std::map<std::string, Tensor> named;
  for (const auto& [name, value] : parameters_of(model)) named[name] = value;
  return named;
}

/// Steps of gradient descent on the whole set.
inline double descend(const Autoencoder& model, const Tensor& rows, int steps, double rate) {
  std::vector<Tensor> values;
  for (const auto& item : parameters_of(model)) values.push_back(item.second);
  double last = 0;
  for (int i = 0; i < steps; ++i) {
    Pass pass;
    const auto loss = model.loss(batch_of_rows(rows), Step{.training = true}, pass).total();
    last = (pass.output - pass.target).square().mean().item<double>();
    const auto gradients = torch::autograd::grad({loss}, values, {}, std::nullopt, false, true);
    const at::NoGradGuard no_grad;
    for (std::size_t j = 0; j < values.size(); ++j)
      if (gradients[j].defined()) values[j].sub_(gradients[j].to_dense() * rate);
  }
  return last;
}

inline Transcoder::Config small_transcoder(bool skip) {
  return {.backbone = {.blocks = {{4, 3}}, .skip = skip},
          .recipe = {.base = {.code = 10, .bottleneck = TopKBottleneck::Config{.k = 2}}, .revive = false}};
}

inline const std::vector<std::int64_t> kBlocks = {4, 3, 2};
inline constexpr std::int64_t kAllFeatures = 9;

inline Crosscoder::Config small_crosscoder(DecoderNorm norm, Choice<Bottleneck> bottleneck) {
  return {.backbone = {.blocks = kBlocks, .dictionary = {.norm = norm, .pre_bias = false}},
          .recipe = {.base = {.code = 12, .bottleneck = std::move(bottleneck)}, .revive = false}};
}

}  // namespace aelab
