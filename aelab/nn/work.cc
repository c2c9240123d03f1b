#include "aelab/nn/work.h"

#include <c10/core/GradMode.h>

namespace aelab {
namespace {
thread_local std::int64_t counted = 0;
}

std::int64_t multiply_adds() { return counted; }

void count_multiply_adds(std::int64_t forward, bool input_gradient, bool weight_gradient) {
  const bool gradients = c10::GradMode::is_enabled();
  counted += forward * (1 + (gradients && input_gradient) + (gradients && weight_gradient));
}

}  // namespace aelab
