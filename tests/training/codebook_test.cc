// Codebooks that are moving averages, in training.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/models/vq_vae.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// The share of the codebook that rows of the digits choose after some epochs.
double share_in_use(const VqVae::Config& config) {
  const auto data = few_digits(320);
  VqVae model(config, Context(data, /*model_seed=*/1));
  const TrainerConfig training{.epochs = 10,
                               .batch_size = 32,
                               .optimizer = Adam::Config{.learning_rate = 1e-3},
                               .device = Device::cpu,
                               .threads = 1};
  Trainer(training, {without("progress")}, /*seed=*/2).fit(model, data);
  const at::NoGradGuard no_grad;
  Pass pass;
  pass.pre_code = model.parts().backbone.encode(data.train.range(0, data.train.size()).inputs, {});
  model.parts().bottleneck.code(pass, {});
  const auto used = std::get<0>(at::_unique(pass.extras.at("indices"))).numel();
  return static_cast<double>(used) / static_cast<double>(model.parts().bottleneck.codebook_size());
}

TEST(VqVae, BringsDeadVectorsOfItsCodebookIntoUse) {
  const VqVae::Config never{.base = {.code = 8},
                            .quantizer = {.codes = 128, .update = CodebookUpdate::moving_average}};
  auto restarted = never;
  restarted.quantizer.restart = 20;
  const double without_restart = share_in_use(never), with_restart = share_in_use(restarted);
  EXPECT_LT(without_restart, 0.5);
  EXPECT_GT(with_restart, 0.8);
}

TEST(VqVae, AccumulatesBatchesAsIfTheyWereOne) {
  const auto data = few_digits(96);
  const auto trained = [&](std::int64_t batch) {
    VqVae model({.base = {.code = 8},
                 .quantizer = {.codes = 30, .update = CodebookUpdate::moving_average, .restart = 1}},
                Context(data, /*model_seed=*/1));
    const TrainerConfig training{.epochs = 3,
                                 .batch_size = batch,
                                 .optimizer = Sgd::Config{.learning_rate = 1e-3},
                                 .accumulate = 96 / batch,
                                 .device = Device::cpu,
                                 .threads = 1};
    Trainer(training, {without("progress")}, /*seed=*/2).fit(model, data);
    return state_of(model);
  };
  const auto parts = trained(32), whole = trained(96);
  for (std::size_t i = 0; i < whole.size(); ++i)
    EXPECT_TRUE(at::allclose(parts[i].second, whole[i].second, 1e-3, 1e-4)) << whole[i].first;
}

}  // namespace
}  // namespace aelab
