#include "aelab/training/callbacks/plateau.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace aelab {

void Plateau::Config::fields(Fields& f) {
  base.fields(f);
  f("patience", patience, "epochs without improvement before the rate is lowered", at_least(1));
  f("factor", factor, "what the rate is multiplied by", {.least = 0, .most = 1, .open = true});
  f("least", least, "the share of the optimiser's own rate below which it is not lowered", between(0, 1));
}

void Plateau::phase_begin(Training&) {
  monitor_.reset();
  waited_ = 0;
}

void Plateau::epoch_end(Training& training) {
  waited_ = monitor_.improved(training) || !monitor_.counts(training) ? 0 : waited_ + 1;
  auto& scale = training.progress.rate_scale;
  if (waited_ < config_.patience || scale <= config_.least * (1 + 1e-9)) return;
  scale = std::max(scale * config_.factor, config_.least);
  waited_ = 0;
  training.note(fmt::format("the learning rate is lowered to {:.3g} of the optimiser's own", scale));
}

nlohmann::json Plateau::save() const { return {{"best", monitor_.save()}, {"waited", waited_}}; }

void Plateau::load(const nlohmann::json& saved) {
  monitor_.load(saved.at("best"));
  waited_ = saved.at("waited");
}

}  // namespace aelab
