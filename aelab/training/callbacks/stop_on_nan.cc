#include "aelab/training/callbacks/stop_on_nan.h"

#include <ATen/ATen.h>

#include <cmath>

#include "aelab/core/text.h"

namespace aelab {

void StopOnNan::losses(Training& training, const Terms& terms) {
  const auto& progress = training.progress;
  for (const auto& term : terms.all()) {
    const double value = term.value.item<double>() * term.weight;
    if (std::isfinite(value)) continue;
    throw Failure("the loss term \"" + term.name + "\" became " + shortest(value) + " in phase \"" +
                  training.phase().name + "\", epoch " + std::to_string(progress.epoch + 1) + ", batch " +
                  std::to_string(progress.batch + 1) + " (step " + std::to_string(progress.step + 1) +
                  "); the state before it is kept. Try a smaller learning rate");
  }
}

}  // namespace aelab
