#include "aelab/training/callbacks/plateau.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace aelab {

void Plateau::Config::fields(Fields& f) {
  base.fields(f);
  f("patience", patience, "number of epochs without improvement before the learning rate is reduced",
    at_least(1));
  f("factor", factor, "factor by which the learning rate is reduced", {.least = 0, .most = 1, .open = true})
      .also_known_as({"gamma"});
  f("least", least, "lower bound of the learning rate, as a fraction of the optimizer's own", between(0, 1))
      .also_known_as({"min_lr", "minimum"});
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
  training.note(fmt::format("the learning rate is reduced to {:.3g} of the optimizer's own", scale));
}

nlohmann::json Plateau::save() const { return {{"best", monitor_.save()}, {"waited", waited_}}; }

void Plateau::load(const nlohmann::json& saved) {
  monitor_.load(saved.at("best"));
  waited_ = saved.at("waited");
}

}  // namespace aelab
