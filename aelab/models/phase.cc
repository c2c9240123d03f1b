#include "aelab/models/phase.h"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace aelab {

const Update& Phase::main() const {
  const auto named =
      std::find_if(updates.begin(), updates.end(), [](const auto& u) { return u.name == kModelUpdate; });
  return named == updates.end() ? updates.front() : *named;
}

std::string Phase::prefix(const Update& update) const {
  return updates.size() == 1 || update.name == kModelUpdate ? std::string() : update.name + "/";
}

void check_phases(const std::vector<Phase>& phases) {
  for (const auto& phase : phases) {
    std::set<std::string> names;
    std::set<const void*> parameters;
    const auto fail = [&](const std::string& what) {
      throw std::logic_error("the phase \"" + phase.name + "\": " + what);
    };
    if (phase.updates.empty() && !phase.solve) fail("has no update");
    for (const auto& update : phase.updates) {
      if (!names.insert(update.name).second) fail("two updates are named \"" + update.name + "\"");
      if (update.every < 1 || update.clip_norm.value_or(1) <= 0)
        fail("the update \"" + update.name + "\" needs an `every` of at least 1 and a clip_norm above 0");
      for (const auto& [name, parameter] : update.parameters)
        if (!parameters.insert(parameter.unsafeGetTensorImpl()).second) fail("trains \"" + name + "\" twice");
    }
  }
}

bool is_closed_form(const std::vector<Phase>& phases) {
  return std::all_of(phases.begin(), phases.end(), [](const auto& phase) { return bool(phase.solve); });
}

}  // namespace aelab
