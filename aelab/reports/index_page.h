#pragma once

#include "aelab/reports/material.h"

namespace aelab {

/// The folders of runs and comparisons below a root, in the order of their paths. A comparison's own runs are
/// its own.
std::vector<std::filesystem::path> find_records(const std::filesystem::path& root);

/// All that the page over a root folder shows of those records.
nlohmann::json index_page(const Folder& root, const std::vector<std::filesystem::path>& records);

}  // namespace aelab
