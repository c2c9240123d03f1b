#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace aelab {

/// The environment of a run: versions of aelab and LibTorch, processor, instruction set, threads, environment
/// variables of numerical libraries, CUDA, the kernels in use, time.
nlohmann::json environment();

/// The differences between the environment that began the run in `folder` and this one that may change the
/// last bits of results, as remarks for its log; a remark where its environment.json cannot be read.
std::vector<std::string> changed_surroundings(const std::filesystem::path& folder);

}  // namespace aelab
