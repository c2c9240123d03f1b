#include "aelab/training/callbacks/stop_on_nan.h"

#include <ATen/ATen.h>

#include <cmath>

#include "aelab/core/text.h"

namespace aelab {
namespace {

[[noreturn]] void stop(const Training& training, const std::string& what, double value) {
  const auto& progress = training.progress;
  throw Failure(what + " became " + shortest(value) + " in phase \"" + training.phase().name + "\", epoch " +
                std::to_string(progress.epoch + 1) + ", batch " + std::to_string(progress.batch + 1) +
                " (step " + std::to_string(progress.step + 1) +
                "). The state before is saved; try a smaller learning rate");
}

}  // namespace

void StopOnNan::losses(Training& training, const Terms& terms) {
  for (const auto& term : terms.all()) {
    const double value = term.value.item<double>() * term.weight;
    if (!std::isfinite(value)) stop(training, "the loss term \"" + term.name + "\"", value);
  }
}

void StopOnNan::gradients(Training& training, const Update& update, const std::vector<Tensor>& gradients) {
  if (gradients.empty()) return;
  const auto lengths = at::stack(at::_foreach_norm(gradients));
  if (std::isfinite(lengths.sum().item<double>())) return;
  for (std::size_t i = 0; i < gradients.size(); ++i)
    if (const auto length = lengths[static_cast<std::int64_t>(i)].item<double>(); !std::isfinite(length))
      stop(training, "the gradient of \"" + update.parameters[i].first + "\"", length);
}

}  // namespace aelab
