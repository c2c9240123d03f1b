#include "aelab/training/callbacks/save_checkpoint.h"

#include <nlohmann/json.hpp>

#include "aelab/training/checkpoint.h"

namespace aelab {

void SaveCheckpoint::Config::fields(Fields& f) {
  base.fields(f);
  f("seconds", seconds, "least time between two writings of the last state", at_least(0));
}

SaveCheckpoint::SaveCheckpoint(const Config& config) : monitor_(config.base), interval_(config.seconds) {}

void SaveCheckpoint::start(Training& training) {
  std::filesystem::create_directories(training.folder / "checkpoints");
}

void SaveCheckpoint::phase_begin(Training&) { monitor_.reset(); }

void SaveCheckpoint::epoch_end(Training& training) { improved_ = monitor_.improved(training); }

void SaveCheckpoint::boundary(Training& training, Boundary boundary) {
  const auto folder = training.folder / "checkpoints";
  if (boundary == Boundary::epoch && improved_) save_checkpoint(folder / "best.safetensors", training);
  const bool due = Clock::now() - saved_ >= interval_;
  if (!due && (boundary == Boundary::step || boundary == Boundary::epoch)) return;
  save_checkpoint(folder / "last.safetensors", training);
  saved_ = Clock::now();
}

nlohmann::json SaveCheckpoint::save() const { return monitor_.save(); }

void SaveCheckpoint::load(const nlohmann::json& saved) { monitor_.load(saved); }

}  // namespace aelab
