#pragma once

#include <string_view>

namespace aelab {

/// aelab's version by semantic versioning: "0.1.0". Before 1.0.0 a new minor version may change the API.
std::string_view version();

}  // namespace aelab
