#include "aelab/training/memory_estimate.h"

#include <ATen/ATen.h>
#include <c10/core/Allocator.h>
#include <torch/csrc/autograd/autograd.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <mutex>

#include "aelab/nn/mode.h"
#include "aelab/training/freeze.h"
#include "aelab/training/training.h"

namespace aelab {
namespace {

/// The bytes of live tensors after each allocation.
using Levels = std::vector<double>;

/// LibTorch's allocator of the CPU, which counts.
class CountingAllocator : public c10::Allocator {
 public:
  explicit CountingAllocator(c10::Allocator* counted) : counted_(counted) {}
  c10::DataPtr allocate(std::size_t bytes) override {
    auto block = std::make_unique<Block>(Block{counted_->allocate(bytes), bytes});
    const std::lock_guard lock(mutex());
    live() += static_cast<double>(bytes);
    levels().push_back(live());
    auto* data = block->data.get();
    return {data, block.release(), &free_block, c10::Device(c10::kCPU)};
  }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

  // Tensors may outlive the counting, so these do, too.
  static std::mutex& mutex() {
    static std::mutex all;
    return all;
  }
  static double& live() {
    static double bytes = 0;
    return bytes;
  }
  static Levels& levels() {
    static Levels all;
    return all;
  }

 private:
  struct Block {
    c10::DataPtr data;
    std::size_t bytes;
  };
  c10::Allocator* counted_;

  static void free_block(void* block) {
    const std::unique_ptr<Block> freed(static_cast<Block*>(block));
    const std::lock_guard lock(mutex());
    live() -= static_cast<double>(freed->bytes);
  }
};

/// The levels while `work` is done, from 0 at its begin; another thread's tensors count as well.
template <class Work>
Levels levels_of(Work work) {
  constexpr std::uint8_t kFirst = 255;
  auto* const before = c10::GetAllocator(c10::kCPU);
  static CountingAllocator counting(before);
  const auto begin = CountingAllocator::live();
  CountingAllocator::levels() = {begin};
  c10::SetAllocator(c10::kCPU, &counting, kFirst);
  try {
    work();
  } catch (...) {
    c10::SetAllocator(c10::kCPU, before, kFirst);
    throw;
  }
  c10::SetAllocator(c10::kCPU, before, kFirst);
  auto levels = std::exchange(CountingAllocator::levels(), {});
  for (auto& level : levels) level -= begin;
  return levels;
}

double most_of(const Levels& levels) { return *std::max_element(levels.begin(), levels.end()); }

constexpr std::int64_t kFew = 8, kMore = 24;

/// The highest level with batches of `rows` rows, from those with batches of fewer. `measure` returns them.
template <class Measure>
double peak_with(std::int64_t rows, std::int64_t available, Measure measure) {
  const auto few = std::min(kFew, available), more = std::min({kMore, rows, available});
  const auto high = measure(more);
  if (more <= few || rows == more) return most_of(high);
  const auto low = measure(few);
  const auto steps = static_cast<double>(rows - more) / static_cast<double>(more - few);
  // Allocations whose number depends on the rows cannot be told apart: their highest level grows at least so.
  if (low.size() != high.size()) return most_of(high) + steps * std::max(0., most_of(high) - most_of(low));
  double most = 0;
  for (std::size_t i = 0; i < high.size(); ++i)
    most = std::max(most, high[i] + steps * std::max(0., high[i] - low[i]));
  return most;
}

double bytes_of(const NamedTensors& tensors) {
  double bytes = 0;
  for (const auto& item : tensors) bytes += static_cast<double>(item.second.nbytes());
  return bytes;
}

Step estimated_step(const Update& update, const Phase& phase, const Dataset& data, const Batch& batch,
                    bool training) {
  return {.training = training, .scope = phase.prefix(update), .set_size = data.size(), .rows = batch.rows};
}

/// Those of all batches of a step, with their gradients and their sum.
Levels levels_of_step(const Phase& phase, const Update& update, const Dataset& data, std::int64_t rows,
                      std::int64_t batches) {
  const auto batch = data.range(0, rows);
  std::vector<Tensor> parameters;
  for (const auto& item : update.parameters) parameters.push_back(item.second);
  const at::AutoGradMode grad(true);
  return levels_of([&] {
    std::vector<Pass> passes;
    std::vector<Tensor> sum;
    for (std::int64_t b = 0; b < batches; ++b) {
      auto& pass = passes.emplace_back();
      const auto terms =
          update.objective(batch, estimated_step(update, phase, data, batch, /*training=*/true), pass);
      auto gradients = torch::autograd::grad({terms.total()}, parameters, {}, std::nullopt, false, true);
      for (std::size_t i = 0; i < gradients.size(); ++i) {
        if (!gradients[i].defined()) gradients[i] = at::zeros_like(parameters[i]);
        if (b > 0) gradients[i] = gradients[i] + sum[i];
      }
      sum = std::move(gradients);
    }
  });
}

Levels levels_of_validation(const Phase& phase, const Update& update, const Dataset& data,
                            std::int64_t rows) {
  const auto batch = data.range(0, rows);
  const at::NoGradGuard no_grad;
  return levels_of([&] {
    Pass pass;
    (void)update.objective(batch, estimated_step(update, phase, data, batch, /*training=*/false), pass);
  });
}

/// What an optimizer keeps for each byte of parameters, and needs besides in a step.
struct OptimizerShares {
  double state, passing;
};

OptimizerShares shares_of(const Choice<Optimizer>& optimizer) {
  constexpr std::int64_t kWidth = 128;
  const NamedTensors small = {{"weight", at::zeros({kWidth, kWidth})}};
  const auto made = optimizer.make(small);
  const auto gradient = at::ones({kWidth, kWidth});
  const auto loss = at::ones({});
  const Step step = {.phase_steps = 2};
  const auto passing = most_of(levels_of(
      [&] { made->step([&] { return Evaluation{.loss = loss, .gradients = {gradient}}; }, step); }));
  const auto bytes = bytes_of(small), state = bytes_of(made->state());
  return {state / bytes, passing / bytes};
}

/// What one phase takes, beside parameters, callbacks and rows.
TrainingMemory memory_of_phase(const Phase& phase, Autoencoder& model, const Split& data,
                               const TrainerConfig& config) {
  constexpr std::int64_t kValidated = 1000;  // rows at once
  TrainingMemory memory;
  const auto size = data.train.size();
  const auto rows = std::min(config.batch_size, size);
  const auto batches = std::min(config.accumulate, config.epoch_batches(size));
  double passing = 0;
  for (const auto& update : phase.updates) {
    const auto own = bytes_of(update.parameters);
    const auto shares = shares_of(update.optimizer.value_or(config.optimizer));
    memory.gradients = std::max(memory.gradients, own);
    memory.optimizer += shares.state * own;
    const bool clips = update.clip_norm || config.clip_norm;
    const double clipped = config.clip_value ? 2 : clips ? 1 : 0;  // copies of the gradients
    const ModeScope training(model, true);
    const auto step = peak_with(
        rows, size, [&](std::int64_t n) { return levels_of_step(phase, update, data.train, n, batches); });
    passing = std::max({passing, step, own * (1 + clipped), own * (1 + shares.passing)});
  }
  const auto validated = std::min(kValidated, data.validation.size());
  const ModeScope evaluation(model, false);
  for (const auto& update : phase.updates)
    if (validated > 0)
      passing = std::max(passing, peak_with(validated, data.validation.size(), [&](std::int64_t n) {
                           return levels_of_validation(phase, update, data.validation, n);
                         }));
  memory.activations = std::max(0., passing - memory.gradients);
  return memory;
}

double callback_bytes(Autoencoder& model, const Split& data, const std::vector<CallbackConfig>& configs,
                      const TrainerConfig& config) {
  Training training(model, data, {});
  training.epoch_batches = training.epoch_steps = 1;
  training.limits = phase_limits(config.budget, config.epochs, training.phases);
  double bytes = 0;
  for (const auto& callback : make_callbacks(configs, /*with_folder=*/true))
    bytes += bytes_of(callback->tensors(training));
  return bytes;
}

}  // namespace

TrainingMemory memory_of_training(Autoencoder& model, const Split& data, const TrainerConfig& config,
                                  const std::vector<CallbackConfig>& callbacks) {
  constexpr double kAhead = 4;  // batches that are read ahead, with the one that is being read
  auto phases = model.phases();
  freeze(phases, model, config.freeze);
  TrainingMemory most;
  for (const auto& phase : phases) {
    if (phase.solve) continue;
    const auto memory = memory_of_phase(phase, model, data, config);
    if (memory.peak() > most.peak()) most = memory;
  }
  const auto& train = data.train;
  const auto row = static_cast<double>(elements(train.shape())) * sizeof(float);
  const auto batches = static_cast<double>(std::min(config.accumulate, config.epoch_batches(train.size())));
  most.rows = (batches + (train.in_memory() ? 0 : kAhead)) *
              static_cast<double>(std::min(config.batch_size, train.size())) * row;
  most.parameters = bytes_of(state_of(model));
  most.callbacks = callback_bytes(model, data, callbacks, config);
  return most;
}

double resident_memory() {
  std::int64_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace aelab
