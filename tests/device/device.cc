// Trains every example of every registered variant on a device and on the CPU, and compares them:
// device_check [cuda|cpu] [STEPS]. One line for each; exit code 1 if they differ by more than 1e-4, 77
// without such a device. tests/device/run builds and runs it.

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <fmt/format.h>

#include <charconv>

#include "aelab/data/source.h"
#include "aelab/models/autoencoder.h"
#include "aelab/nn/noise.h"
#include "aelab/training/trainer.h"

namespace aelab {
namespace {

constexpr double kTolerance = 1e-4;  // relative to the larger of 1 and the value
constexpr std::int64_t kBatch = 64, kClasses = 10;

/// Digits, 1x8x8, as many as `steps` batches in two epochs take.
Split some_digits(std::int64_t steps) {
  const auto digits = open_dataset("digits").train;
  const auto rows = std::min(digits.size() - 2 * kBatch, (steps + 1) / 2 * kBatch);
  const auto held_out = [&](std::int64_t i) {
    return digits.subset(at::arange(rows + i * kBatch, rows + (i + 1) * kBatch));
  };
  return {digits.subset(at::arange(rows)), held_out(0), held_out(1)};
}

struct Trained {
  std::shared_ptr<Autoencoder> model;
  History history;
};

Trained train(const Choice<Autoencoder>& variant, const Split& data, Device device) {
  const auto model = variant.make(Context(data.train.shape(), /*model_seed=*/3, kClasses));
  // Plain steps with momentum: Adam's first ones are of the learning rate's size, however small the gradient.
  const TrainerConfig config{.epochs = 2,
                             .batch_size = kBatch,
                             .optimizer = Sgd::Config{.learning_rate = 1e-3, .momentum = 0.9},
                             .device = device};
  CallbackConfig silent{.callback = Choice<Callback>::named("progress"), .enabled = false};
  auto history = Trainer(config, {silent}, /*seed=*/4).fit(*model, data);
  return {model, std::move(history)};
}

/// The largest difference of metrics and parameters; infinite where one has what the other has not.
double difference(const Trained& a, const Trained& b) {
  double worst = 0;
  const auto compare = [&](double x, double y) {
    const double apart = std::abs(x - y) / std::max(1.0, std::abs(y));
    worst = std::isfinite(apart) ? std::max(worst, apart) : INFINITY;
  };
  for (std::size_t e = 0; e < b.history.epochs.size(); ++e)
    for (const auto& [name, value] : b.history.epochs[e].metrics)
      compare(find(a.history.epochs.at(e).metrics, name).value_or(NAN), value);
  const auto x = state_of(*a.model), y = state_of(*b.model);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const auto here = x[i].second.detach().to(at::kCPU, at::kDouble),
               there = y[i].second.detach().to(at::kCPU, at::kDouble);
    if (there.numel() > 0) compare(((here - there).abs() / there.abs().clamp_min(1)).max().item<double>(), 0);
  }
  return worst;
}

double milliseconds_of_step(const History& history) {
  const auto steps = history.progress.step;
  return steps ? 1000 * history.progress.seconds / static_cast<double>(steps) : 0;
}

/// Noise is said to have the same bits on every device.
bool same_noise(at::Device device) {
  const auto rows = at::tensor({0, 7, 60'000, 1'000'000}, at::kLong);
  const auto x = at::zeros({4, 3, 33, 31});
  const Noise here(5, 2, rows), there(5, 2, rows.to(device));
  return at::equal(here.uniform_like("a", x), there.uniform_like("a", x.to(device)).cpu()) &&
         at::equal(here.normal_like("a", x), there.normal_like("a", x.to(device)).cpu());
}

/// The number of examples that differ.
int compare_all(Device device, const Split& data) {
  int failed = 0;
  fmt::print("{:<44} {:>12} {:>12} {:>12}\n", "variant", "CPU ms/step", "device", "difference");
  for (const auto& kind : Autoencoder::registry().all()) {
    const auto examples = kind.examples();
    for (std::size_t i = 0; i < examples.size(); ++i) {
      Choice<Autoencoder> variant;
      variant.set(examples[i]->clone());
      const auto name = fmt::format("{}, example {}", kind.name, i);
      std::string outcome;
      try {
        const auto here = train(variant, data, Device::cpu), there = train(variant, data, device);
        const double apart = difference(there, here);
        outcome = fmt::format("{:>12.3f} {:>12.3f} {:>12.2e}", milliseconds_of_step(here.history),
                              milliseconds_of_step(there.history), apart);
        if (apart > kTolerance) outcome += "  FAILED", ++failed;
      } catch (const std::exception& error) {
        outcome = std::string("FAILED: ") + error.what();
        ++failed;
      }
      fmt::print("{:<44} {}\n", name, outcome);
      std::fflush(stdout);
    }
  }
  return failed;
}

int run(Device device, std::int64_t steps) {
  if (device == Device::cuda && !at::hasCUDA()) {
    fmt::print("skipped: this LibTorch sees no CUDA device\n");
    return 77;
  }
  at::globalContext().setAllowTF32CuDNN(false);  // 10 bits of mantissa are not 1e-4
  at::globalContext().setAllowTF32CuBLAS(false);
  const auto data = some_digits(steps);
  train(Choice<Autoencoder>::named("dense"), data, device);  // starts the device
  const bool noise = same_noise(device == Device::cuda ? at::kCUDA : at::kCPU);
  fmt::print("noise: {}\n", noise ? "the same bits" : "OTHER bits: FAILED");
  const int failed = compare_all(device, data) + !noise;
  fmt::print("{}\n",
             failed ? fmt::format("{} failed", failed) : "all within " + fmt::format("{}", kTolerance));
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace aelab

int main(int argc, char** argv) {
  const std::string device = argc > 1 ? argv[1] : "cuda", steps = argc > 2 ? argv[2] : "20";
  std::int64_t count = 0;
  const auto read = std::from_chars(steps.data(), steps.data() + steps.size(), count);
  if ((device != "cuda" && device != "cpu") || read.ptr != steps.data() + steps.size() || count < 1) {
    fmt::print(stderr, "usage: device_check [cuda|cpu] [STEPS]\n");
    return 2;
  }
  return aelab::run(device == "cuda" ? aelab::Device::cuda : aelab::Device::cpu, count);
}
