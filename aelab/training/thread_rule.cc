#include "aelab/training/thread_rule.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <optional>

#include "aelab/nn/mode.h"
#include "aelab/nn/thread_scope.h"
#include "aelab/nn/work.h"

namespace aelab {
namespace {

/// The elements of the weights that the update trains. Biases are no products.
std::int64_t weights_of(const Update& update) {
  std::int64_t count = 0;
  for (const auto& item : update.parameters)
    if (item.second.dim() > 1) count += item.second.numel();
  return count;
}

/// Multiply-adds for one row, with its gradients; nothing if there are fewer than weights.
std::optional<std::int64_t> work_of_row(const Update& update, const Batch& row) {
  const at::AutoGradMode grad(true);
  Pass pass;
  const auto before = multiply_adds();
  update.objective(row, Step{.training = true}, pass);
  const auto work = multiply_adds() - before;
  return work < weights_of(update) ? std::nullopt : std::optional(work);
}

}  // namespace

std::int64_t default_threads(Autoencoder& model, const Split& data, const TrainerConfig& config) {
  const auto available = static_cast<std::int64_t>(at::get_num_threads());
  const auto phases = model.phases();
  if (available == 1 || is_closed_form(phases)) return available;
  const ModeScope evaluation(model, false);
  const auto row = data.train.range(0, 1).to(model.parameters().front().device());
  std::int64_t most = 0;
  for (const auto& phase : phases) {
    if (phase.solve) continue;
    for (const auto& update : phase.updates) {
      const auto work = work_of_row(update, row);
      if (!work) return available;
      most = std::max(most, *work);
    }
  }
  return threads_for(most * std::min(config.batch_size, data.train.size()), available);
}

}  // namespace aelab
