#pragma once

#include "aelab/runs/run_config.h"

namespace aelab {

/// A training whose steps are timed.
struct Workload {
  std::string name;
  std::shared_ptr<Autoencoder> model;
  Split data;
  TrainerConfig training = {};
};

/// The names of the standard workloads.
std::vector<std::string> standard_workloads();
/// A standard workload, on random images of 1x28x28; the values do not change the time of a step.
Workload standard_workload(const std::string& name);

/// The training of a run file, on its own data. Throws the Error of run(), headed by `origin`.
Workload workload_of(const RunConfig& config, const std::string& origin);

/// The limits of this machine, measured now with all available threads.
struct Ceilings {
  double matrix_product_gflops;  ///< float32, 2048x2048 by 2048x2048, through linear()
  double memory_gb_per_s;        ///< read and written, copying more than the caches hold
};
Ceilings measure_ceilings();

struct StepTime {
  double median_ms, min_ms;
  double limit_ms;  ///< of the layers' multiply-adds and the optimizer's memory at these limits
  double samples_per_second;
};

/// Trains the first phase for about `seconds`, without output, and times every step as a whole: batch, loss,
/// gradients, callbacks, optimizer. The first three steps do not count. A closed form is one step.
StepTime measure_step(const Workload& workload, const Ceilings& ceilings, double seconds);

/// A layer, or the likelihood, computed by each of two kernels, forward and backward.
struct Calibration {
  std::string layer;
  std::string chosen, other;  ///< by the rule (nn/kernels.h); the other kernel
  double chosen_ms, other_ms;
};
/// Whether the rule holds on this machine: layers and the likelihood by every available kernel.
std::vector<Calibration> calibrate();

}  // namespace aelab
