// A custom training loop around an aelab model: no trainer, no run folder, and an optimizer of LibTorch.

#include <ATen/ATen.h>
#include <torch/optim/adam.h>

#include <cstdio>

#include "aelab/data/batches.h"
#include "aelab/data/source.h"
#include "aelab/models/dense.h"

int main() {
  constexpr std::int64_t kEpochs = 20, kRows = 64, kSeed = 1;
  const auto split = aelab::open_dataset("digits").split({.validation = 200}, kSeed);
  const auto model = std::make_shared<aelab::Dense>(
      aelab::Dense::Config{.base = {.code = 16}, .backbone = {.hidden = {64}}}, aelab::Context(split, kSeed));
  torch::optim::Adam optimizer(model->parameters(), 3e-3);

  const aelab::ShuffledBatches shuffled(split.train, kRows, kSeed);
  for (std::int64_t epoch = 0; epoch < kEpochs; ++epoch) {
    const auto batches = shuffled.pass(epoch);
    for (std::int64_t b = 0; b < batches.count(); ++b) {
      aelab::Pass pass;
      const auto terms = model->loss(batches[b], {.at = {epoch, b}, .seed = kSeed, .training = true}, pass);
      optimizer.zero_grad();
      terms.total().backward();
      optimizer.step();
    }
  }

  const at::NoGradGuard no_grad;
  const auto x = split.test.range(0, split.test.size()).inputs;
  std::printf("squared error per pixel on the test split: %.4f\n",
              (model->reconstruct(x) - x).square().mean().item<double>());
}
