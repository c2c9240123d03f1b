#pragma once

#include <nlohmann/json_fwd.hpp>

namespace aelab {

/// The environment of a run: versions of aelab and LibTorch, processor, instruction set, threads, environment
/// variables of numerical libraries, CUDA, the kernels in use, time.
nlohmann::json environment();

}  // namespace aelab
