#pragma once

#include "aelab/reports/material.h"

namespace aelab {

/// What differs between configs, of one run each (null: of none): [{"key": "model.code", "values": [text or
/// null where it has no such key]}]. The parts that a variant expanded to stand beside its own fields; name,
/// seed and output say nothing.
nlohmann::json differences(const std::vector<nlohmann::json>& configs);

}  // namespace aelab
