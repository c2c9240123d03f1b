#pragma once

#include <functional>

#include "aelab/evaluation/sampler.h"

namespace aelab {

/// How samplers with networks are trained.
struct DensityTraining {
  std::int64_t epochs = 200;
  std::int64_t batch_size = 128;
  Schedule learning_rate = 1e-3;
  double held_out = 0.1;
  std::int64_t patience = 10;

  void fields(Fields& f);
};

/// Rows that are trained on, and those that tell when to stop.
struct HeldOutRows {
  Tensor training, held_out;
};
/// Holds a share of the rows out, at least one and at most all but one, drawn by the seed.
HeldOutRows hold_out(const Tensor& rows, double share, std::int64_t seed);

/// [n, ...] -> [n], differentiable by the parameters of a module.
using LogDensity = std::function<Tensor(const Tensor& rows)>;

/// Trains all parameters of the module by Adam (Kingma & Ba 2015), so that the mean log density of the
/// training rows grows, until that of the held-out rows has not grown for `patience` epochs or is not finite.
/// The parameters are then those of the epoch at whose end it was largest, which may be those before the
/// first one. `rows_at_once` bounds the memory that log_density() takes; batches of more rows are added up.
/// Training takes the same steps for the same seed and number of threads.
void train_density(torch::nn::Module& module, const HeldOutRows& rows, const LogDensity& log_density,
                   const DensityTraining& training, std::int64_t seed, std::int64_t rows_at_once = 1 << 20);

/// The parameters of a network as a part of a sampler's state, "network.<name>", in float32, and back: the
/// network computes in float64 then. load_network() throws an Error if the state is not of such a network.
NamedTensors network_state(const torch::nn::Module& network);
void load_network(torch::nn::Module& network, const NamedTensors& state);

}  // namespace aelab
