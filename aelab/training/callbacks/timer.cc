#include "aelab/training/callbacks/timer.h"

#include <nlohmann/json.hpp>

#include "aelab/core/text.h"

namespace aelab {

void Timer::start(Training& training) {
  training_ = &training;
  begun_ = training.now();
}

double Timer::spent() const {
  return before_ + std::chrono::duration<double>(training_->now() - begun_).count();
}

void Timer::step_end(Training& training) {
  if (spent() >= budget_) training.end_run("the maximum time of " + duration(budget_) + " is reached");
}

nlohmann::json Timer::save() const { return {{"spent", spent()}}; }

void Timer::load(const nlohmann::json& saved) { before_ = saved.at("spent"); }

}  // namespace aelab
