#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aelab/data/dataset.h"
#include "aelab/nn/optimizers.h"
#include "aelab/nn/parts.h"

namespace aelab {

/// What a model's phase lowers: the terms of one batch, and what the pass made on the way.
using Objective = std::function<Terms(const Batch&, const Step&, Pass&)>;

/// Parameters that are trained together for one objective.
struct Update {
  std::string name;
  NamedTensors parameters;  ///< distinct within the phase
  Objective objective;
};

/// One part of how a model is trained; most models have one. Validation uses the first update's objective.
struct Phase {
  std::string name;
  std::vector<Update> updates;
};

}  // namespace aelab
