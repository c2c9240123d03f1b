#include "own.h"

#include <ATen/ATen.h>

#include <numbers>

#include "aelab/core/random.h"
#include "aelab/training/training.h"

namespace own {

aelab::AutoencoderConfig Shrinking::expand(const Config& config) {
  auto parts = config.base;
  if (!parts.backbone)
    parts.backbone =
        aelab::DenseBackbone::Config{.hidden = config.hidden, .activation = aelab::Activation::tanh};
  if (!parts.likelihood) parts.likelihood = aelab::GaussianLikelihood::Config{};
  if (!parts.penalties) parts.penalties = {{aelab::L1Penalty::Config{.weight = config.strength}}};
  return parts;
}

aelab::Data Waves::open() const {
  const auto random = aelab::random_generator(config_.seed, "waves");
  const auto frequency = at::randint(1, 4, {config_.rows, 1}, random, at::kFloat);
  const auto phase = at::rand({config_.rows, 1}, random);
  const auto time = at::arange(config_.points, at::kFloat) / config_.points;
  const auto waves = at::sin(2 * std::numbers::pi * (frequency * time + phase));
  return {.name = "waves",
          .train = aelab::Dataset::from_tensors(waves, (frequency.squeeze(1) - 1).to(at::kLong))};
}

void StopWhenGood::epoch_end(aelab::Training& training) {
  const auto value = aelab::find(training.metrics, config_.monitor);
  if (value && *value <= config_.limit) training.end_phase(config_.monitor + " is good enough");
}

std::vector<aelab::Measure> Symmetry::measures() const {
  return {{.name = "symmetry/distance",
           .definition = "squared error between the reconstruction and its mirror image, mean over samples",
           .better = aelab::Direction::neither}};
}

void Symmetry::add(const aelab::Observation& observation) {
  const auto& x = observation.reconstruction;
  sum_ += (x - x.flip(-1)).square().sum(at::kDouble).item<double>();
  rows_ += x.size(0);
}

std::vector<std::optional<double>> Symmetry::values() const { return {sum_ / static_cast<double>(rows_)}; }

void register_types() {
  aelab::Autoencoder::registry().add<Shrinking>();
  aelab::Source::registry().add<Waves>();
  aelab::Callback::registry().add<StopWhenGood>();
  aelab::Metric::registry().add<Symmetry>();
}

}  // namespace own
