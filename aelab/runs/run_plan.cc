#include "aelab/runs/run_plan.h"

#include <algorithm>

#include "aelab/core/memory.h"
#include "aelab/nn/compute.h"
#include "aelab/runs/run_stages.h"
#include "aelab/runs/together.h"

namespace aelab {
namespace {

RunPlan plan_of(const RunStages& stages) {
  const auto& config = stages.config();
  const auto& made = stages.made();
  auto& model = *made.model;
  const auto phases = model.phases();
  RunPlan plan{.name = config.name,
               .parameters = own_parameter_count(model),
               .closed_form = is_closed_form(phases),
               .epochs = 0,
               .steps = 0,
               .memory = {}};
  const auto epoch_steps = config.training.epoch_steps(made.data.train.size());
  const auto limits = phase_limits(config.training.budget, config.training.epochs, phases);
  for (std::size_t i = 0; i < phases.size(); ++i) {
    if (phases[i].solve) continue;
    const auto steps = limits[i].steps_of(epoch_steps);
    if (!steps) plan.epochs = plan.steps = std::nullopt;
    if (!plan.steps || !steps) continue;
    *plan.steps += *steps;
    *plan.epochs += (*steps + epoch_steps - 1) / epoch_steps;
  }
  const Compute compute(config.training.threads.value_or(stages.default_thread_count()),
                        config.training.kernels);
  plan.memory = memory_of_training(model, made.data, config.training, config.callbacks);
  return plan;
}

}  // namespace

double FilePlan::peak() const {
  double kept = 0, most = 0;
  for (const auto& run : runs) {
    kept += run.memory.kept();
    most = std::max(most, run.memory.passing() + run.memory.rows);
  }
  return program + kept + most;
}

FilePlan plan(RunFile file, RunOptions options) {
  FilePlan planned;
  const auto stages = made_together(std::move(file), std::move(options));
  double models = 0;
  for (const auto& run : stages.runs)
    for (const auto& item : state_of(*run->made().model)) models += static_cast<double>(item.second.nbytes());
  planned.program = std::max(0., resident_memory() - models);
  planned.free = static_cast<double>(free_memory()) + models;
  for (const auto& run : stages.runs) {
    planned.runs.push_back(plan_of(*run));
    for (const auto& note : run->made().notes)
      if (std::find(planned.notes.begin(), planned.notes.end(), note) == planned.notes.end())
        planned.notes.push_back(note);
  }
  return planned;
}

}  // namespace aelab
