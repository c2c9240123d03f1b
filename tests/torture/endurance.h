#pragma once

#include <cstdlib>

namespace aelab {

/// How long the suites of this folder go on: a little in every test run, for hours with `make torture`.
inline int rounds(int short_runs, int long_runs) {
  return std::getenv("AELAB_TORTURE") ? long_runs : short_runs;
}

/// What other random choices follow from.
inline unsigned endurance_seed() {
  const char* seed = std::getenv("AELAB_SEED");
  return seed ? static_cast<unsigned>(std::atoi(seed)) : 1;
}

}  // namespace aelab
