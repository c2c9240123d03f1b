#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace aelab {

/// Scales the integers at `paths` ("model.hidden", "model.encoder[*].conv"; a list stands for all its
/// entries) by one factor, each rounded and at least 1, so that `count` of the run is as near as possible to
/// `wanted`. Returns what was set, "path=value". Error that gives the nearest possible counts when they
/// deviate by more than the share `tolerance` of `wanted`, and where a path does not lead to an integer.
std::vector<std::string> solve_width(nlohmann::json& run, const std::vector<std::string>& paths,
                                     std::int64_t wanted, double tolerance,
                                     const std::function<std::int64_t(const nlohmann::json&)>& count);

}  // namespace aelab
