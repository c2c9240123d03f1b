#pragma once

#include "aelab/training/trainer.h"

namespace aelab {

/// The memory that training a model takes beside the program and its data sets, in bytes. Parts that are
/// needed at the same time add up to no more than peak().
struct TrainingMemory {
  double parameters = 0;   ///< with buffers
  double gradients = 0;    ///< of the update that has the most
  double optimizer = 0;    ///< the optimizers' state, such as Adam's moments
  double callbacks = 0;    ///< tensors that callbacks keep, such as averages of the weights
  double activations = 0;  ///< of a step or of the validation, at their highest, beside the gradients
  double rows = 0;         ///< batches, those read ahead included

  /// What stays from step to step.
  double kept() const { return parameters + optimizer + callbacks; }
  /// What only the training whose turn it is needs.
  double passing() const { return gradients + activations; }
  double peak() const { return kept() + passing() + rows; }
};

/// Estimates it on the CPU, for the phase that takes most. Objectives are computed on 8 and on 24 training
/// rows, and the bytes of all tensors after each allocation extrapolated to whole batches, linearly; the
/// optimizer's share is that of small tensors. Neither parameters nor state of the model are changed. Scratch
/// space of matrix products is not counted. Phases in closed form are left out.
TrainingMemory memory_of_training(Autoencoder& model, const Split& data, const TrainerConfig& config,
                                  const std::vector<CallbackConfig>& callbacks);

/// The resident memory of the process now, in bytes.
double resident_memory();

}  // namespace aelab
