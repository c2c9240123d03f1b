#pragma once

#include <string_view>

namespace aelab {

// The page of reports/page/ with its style, its scripts and Chart.js in it, up to where the data stand and
// from there on; layout.cmake makes them.
extern const std::string_view kLayoutBeforeData, kLayoutAfterData;

}  // namespace aelab
