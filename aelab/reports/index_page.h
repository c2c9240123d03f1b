#pragma once

#include "aelab/reports/material.h"

namespace aelab {

/// The folders of runs and comparisons below a root, in the order of their paths. The runs within a
/// comparison are left to its page.
std::vector<std::filesystem::path> find_records(const std::filesystem::path& root);

/// The content of the page over a root folder: {"kind": "index", "metrics": [{"name", "definition",
/// "better"}], "entries": [{"kind", "path", "values", ...}]}. An entry's values are in the order of the
/// metrics: a number of a run; of a comparison {"mean", "interval", "variant", "level"} of the variant that
/// leads; else null.
nlohmann::json index_page(const Folder& root, const std::vector<std::filesystem::path>& records);

}  // namespace aelab
