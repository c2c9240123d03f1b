#include "aelab/training/callbacks/learning_rate.h"

namespace aelab {

void LearningRate::epoch_end(Training& training) {
  if (training.optimizers.empty()) return;  // a phase in closed form
  const auto& schedule = training.optimizers.front()->learning_rate();
  const auto last = training.progress.phase_step - 1;
  training.metrics.emplace_back("learning_rate",
                                training.progress.rate_scale * schedule.at(last, training.phase_steps()));
}

}  // namespace aelab
