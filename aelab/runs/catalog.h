#pragma once

#include <vector>

#include "aelab/core/registry.h"

namespace aelab {

/// Every registry of the library: what list, describe and the schema show.
std::vector<const Kinds*> catalog();

}  // namespace aelab
