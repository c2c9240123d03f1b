#pragma once

#include <ATen/Context.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace aelab {

/// LibTorch's default generator of a device, which a user's dropout draws from. Restores its state at the end
/// of the scope. The meta device has none.
///
/// The generator is one for the whole process: trainings side by side, in which a user's part draws from it,
/// share its numbers, and their draws depend on how their threads take turns. To be independent of other
/// trainings, draw from Step::noise() (nn/noise.h).
class DefaultGeneratorScope {
 public:
  explicit DefaultGeneratorScope(at::Device device) {
    if (device.is_meta()) return;
    generator_ = at::globalContext().defaultGenerator(device);
    state_ = generator_.get_state();
  }
  ~DefaultGeneratorScope() {
    if (generator_.defined()) generator_.set_state(state_);
  }
  DefaultGeneratorScope(const DefaultGeneratorScope&) = delete;
  DefaultGeneratorScope& operator=(const DefaultGeneratorScope&) = delete;

  void seed(std::uint64_t seed) {
    if (generator_.defined()) generator_.set_current_seed(seed);
  }

 private:
  at::Generator generator_;
  at::Tensor state_;
};

}  // namespace aelab
