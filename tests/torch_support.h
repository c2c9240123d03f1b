#pragma once

// What tests of models and of their training share.

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <csignal>
#include <cstring>
#include <functional>
#include <memory>
#include <ranges>

#include "aelab/core/random.h"
#include "aelab/core/signals.h"
#include "aelab/data/source.h"
#include "aelab/training/trainer.h"
#include "tests/support.h"

namespace aelab {

/// Bit for bit: NaN equals NaN, 0 is not -0.
inline bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.sizes() != b.sizes() || a.scalar_type() != b.scalar_type()) return false;
  const auto x = a.detach().contiguous(), y = b.detach().contiguous();
  return std::memcmp(x.const_data_ptr(), y.const_data_ptr(), x.nbytes()) == 0;
}

inline at::Generator fixed_generator(std::int64_t seed = 0) { return random_generator(seed, "test"); }

/// Real data, quick to train on: some of the digits, 1x8x8, values in [0, 1].
inline Split few_digits(std::int64_t rows = 160) {
  const auto digits = open_dataset("digits").train;
  return {digits.subset(at::arange(rows)), digits.subset(at::arange(rows, rows + 40)),
          digits.subset(at::arange(rows + 40, rows + 80))};
}

/// The largest difference, relative to the larger of 1 and the number itself, between the gradient of
/// `value` (a scalar) and central differences, at `each` elements of every tensor, which are float64 leaves.
inline double gradient_error(const std::function<Tensor()>& value, const std::vector<Tensor>& leaves,
                             std::int64_t each = 4) {
  constexpr double kStep = 1e-6;
  const auto gradients = torch::autograd::grad({value()}, leaves, {}, std::nullopt, false, true);
  auto random = fixed_generator();
  double worst = 0;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    auto flat = leaves[i].detach().view(-1);
    for (const auto at : std::views::iota(std::int64_t{0}, std::min(each, flat.numel()))) {
      const auto place =
          flat.numel() <= each ? at : at::randint(flat.numel(), {1}, random).item<std::int64_t>();
      const double here = flat[place].item<double>();
      const auto moved = [&](double by) {
        flat[place].fill_(here + by);
        return value().item<double>();
      };
      const double difference = (moved(kStep) - moved(-kStep)) / (2 * kStep);
      flat[place].fill_(here);
      const double gradient = gradients[i].defined() ? gradients[i].reshape(-1)[place].item<double>() : 0;
      worst = std::max(worst, std::abs(gradient - difference) / std::max(1.0, std::abs(difference)));
    }
  }
  return worst;
}

/// Moves every parameter off its initial value, so that none sits on the kink of a ReLU or a tie of a
/// maximum.
inline void shake(torch::nn::Module& module, double deviation = 0.1) {
  const at::NoGradGuard no_grad;
  auto random = fixed_generator(1);
  for (auto& parameter : module.parameters())
    parameter.add_(at::empty_like(parameter).normal_(0, deviation, random));
}

/// Receives a signal at the end of a step, as if a person had pressed Ctrl-C there.
class InterruptAt : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "test-interrupt-at";
    static constexpr std::string_view summary = "raises SIGTERM after a step";
    std::int64_t step = 1'000'000'000;

    void fields(Fields& f) { f("step", step, "steps done, over all phases"); }
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit InterruptAt(const Config& config) : step_(config.step) {}
  void step_end(Training& training) override {
    if (training.progress.step == step_) std::raise(SIGTERM);
  }

 private:
  std::int64_t step_;
};

/// Makes a test's own callback known, once.
template <class T>
void register_callback() {
  if (!Callback::registry().find(T::Config::kind)) Callback::registry().add<T>();
}

inline CallbackConfig interrupt_at(std::int64_t step) {
  register_callback<InterruptAt>();
  return {.callback = InterruptAt::Config{.step = step}};
}

/// While it lives, signals stop a training; none is left behind.
class Interruptible {
 public:
  ~Interruptible() { StopSignals::reset(); }

 private:
  StopSignals signals_;
};

inline CallbackConfig listed(std::string_view kind) { return {.callback = Choice<Callback>::named(kind)}; }
inline CallbackConfig without(std::string_view kind) {
  return {.callback = Choice<Callback>::named(kind), .enabled = false};
}

}  // namespace aelab
