#pragma once

#include "aelab/reports/material.h"

namespace aelab {

/// The keys whose values differ between configs (null: no config): [{"key": "model.code", "values": [text, or
/// null without this key]}]. The parts that a variant expanded to are listed with its own fields; name, seed
/// and output are ignored.
nlohmann::json differences(const std::vector<nlohmann::json>& configs);

}  // namespace aelab
