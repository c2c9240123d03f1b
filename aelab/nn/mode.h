#pragma once

#include <torch/nn/module.h>

#include <utility>
#include <vector>

namespace aelab {

/// Sets a module and its submodules to training mode or evaluation mode (torch::nn::Module::train), which
/// dropout and batch normalization depend on. Restores all former modes at the end of the scope.
class ModeScope {
 public:
  ModeScope(const torch::nn::Module& module, bool training);
  ~ModeScope();
  ModeScope(const ModeScope&) = delete;
  ModeScope& operator=(const ModeScope&) = delete;

 private:
  std::vector<std::pair<torch::nn::Module*, bool>> before_;  // parents before their children
};

}  // namespace aelab
