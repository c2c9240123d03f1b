#pragma once

#include "aelab/evaluation/metric.h"

namespace aelab {

/// Throws a FieldError of `<field>[i]` if a metric has a measure of one before it: results go by the names of
/// measures.
void require_distinct_measures(const std::vector<Choice<Metric>>& metrics, const std::string& field);

}  // namespace aelab
