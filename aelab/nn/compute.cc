#include "aelab/nn/compute.h"

#include <ATen/Parallel.h>

#include "aelab/nn/self_check.h"
#include "aelab/nn/threads.h"

namespace aelab {
namespace {

/// The rule is found once; another thread that begins to compute starts with it, too.
Kernels& kernels_in_use() {
  static const Kernels rule = nearest({});
  thread_local Kernels in_use = rule;
  return in_use;
}

}  // namespace

Kernels kernels() { return kernels_in_use(); }

Compute::Compute(std::optional<std::int64_t> threads, const Kernels& wanted)
    : threads_before_(at::get_num_threads()), threads_(threads_before_), kernels_before_(kernels()) {
  kernels_in_use() = resolve(wanted);
  threads_ = use_threads(static_cast<int>(threads.value_or(threads_before_)));
  try {
    check_seams();
  } catch (...) {
    kernels_in_use() = kernels_before_;
    at::set_num_threads(threads_before_);
    throw;
  }
}

Compute::~Compute() {
  kernels_in_use() = kernels_before_;
  at::set_num_threads(threads_before_);
}

}  // namespace aelab
