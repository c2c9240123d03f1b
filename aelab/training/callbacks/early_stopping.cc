#include "aelab/training/callbacks/early_stopping.h"

#include <nlohmann/json.hpp>

#include "aelab/core/text.h"

namespace aelab {

void EarlyStopping::Config::fields(Fields& f) {
  base.fields(f);
  f("patience", patience, "number of epochs without improvement before the phase ends", at_least(1))
      .also_known_as({"n_iter_no_change"});
}

void EarlyStopping::phase_begin(Training&) {
  monitor_.reset();
  waited_ = 0;
}

void EarlyStopping::epoch_end(Training& training) {
  waited_ = monitor_.improved(training) || !monitor_.counts(training) ? 0 : waited_ + 1;
  if (waited_ < patience_ || training.progress.phase_ended) return;
  const auto best = monitor_.best() ? "; its best was " + shortest(*monitor_.best()) : std::string();
  training.end_phase("stopped early: " + monitor_.name_in(training) + " has not improved for " +
                     std::to_string(waited_) + " epochs" + best);
}

nlohmann::json EarlyStopping::save() const { return {{"best", monitor_.save()}, {"waited", waited_}}; }

void EarlyStopping::load(const nlohmann::json& saved) {
  monitor_.load(saved.at("best"));
  waited_ = saved.at("waited");
}

}  // namespace aelab
