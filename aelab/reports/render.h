#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace aelab {

/// The page that shows `data`: one file of HTML that asks nobody for anything. The layout, reports/page/, is
/// the same for all data; it reads them from a block of JSON that no text in them can leave.
std::string render_page(const nlohmann::json& data);

}  // namespace aelab
