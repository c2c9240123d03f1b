#pragma once

#include "aelab/training/trainer.h"

namespace aelab {

/// The number of threads for a training whose config leaves "threads" out: threads_for() the multiply-adds of
/// the largest batch of any phase, and the threads available now (the processors, or OMP_NUM_THREADS). All
/// that are available for models in closed form, and for models with layers whose work is not counted because
/// they do not use linear() or convolve().
std::int64_t default_threads(Autoencoder& model, const Split& data, const TrainerConfig& config);

}  // namespace aelab
