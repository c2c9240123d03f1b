#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace aelab {

/// The page that shows `data`: one self-contained file of HTML that makes no network requests. The layout,
/// reports/page/, is the same for all data; it reads them from a block of JSON that no text in them can end.
std::string render_page(const nlohmann::json& data);

}  // namespace aelab
