#include "aelab/nn/mode.h"

#include <algorithm>

namespace aelab {
namespace {

using Modes = std::vector<std::pair<torch::nn::Module*, bool>>;

void add_modes(const torch::nn::Module& module, Modes& modes) {
  modes.emplace_back(const_cast<torch::nn::Module*>(&module), module.is_training());
  for (const auto& child : module.children()) add_modes(*child, modes);
}

}  // namespace

ModeScope::ModeScope(const torch::nn::Module& module, bool training) {
  add_modes(module, before_);
  if (std::all_of(before_.begin(), before_.end(), [&](const auto& mode) { return mode.second == training; }))
    before_.clear();
  else
    before_.front().first->train(training);
}

ModeScope::~ModeScope() {
  for (const auto& [module, training] : before_) module->train(training);
}

}  // namespace aelab
