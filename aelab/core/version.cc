#include "aelab/core/version.h"

namespace aelab {

std::string_view version() { return AELAB_VERSION; }

}  // namespace aelab
