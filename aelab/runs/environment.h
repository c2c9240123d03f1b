#pragma once

#include <nlohmann/json_fwd.hpp>

namespace aelab {

/// What a run runs on: aelab's and LibTorch's versions, processor, instruction set, threads, CUDA, the
/// kernels in use, time.
nlohmann::json environment();

}  // namespace aelab
