#pragma once

#include <string_view>

namespace aelab {

// The page of reports/page/ with its style, its scripts and Chart.js, before and after the data; made by
// layout.cmake.
extern const std::string_view kLayoutBeforeData, kLayoutAfterData;

}  // namespace aelab
