#include "aelab/evaluation/distinct_measures.h"

#include <map>

namespace aelab {

void require_distinct_measures(const std::vector<Choice<Metric>>& metrics, const std::string& field) {
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (metrics[i].empty()) continue;
    for (const auto& measure : metrics[i].make()->measures())
      if (const auto [first, is_new] = seen.emplace(measure.name, i); !is_new)
        throw FieldError(field + "[" + std::to_string(i) + "]", "measures " + measure.name + ", as " + field +
                                                                    "[" + std::to_string(first->second) +
                                                                    "] does: leave one of them out");
  }
}

}  // namespace aelab
