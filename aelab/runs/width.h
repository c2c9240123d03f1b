#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace aelab {

/// Scales the whole numbers at `paths` ("model.hidden", "model.encoder[*].conv"; a list means all in it) by
/// one factor, each rounded and at least 1, so that `count` of the run comes nearest to `wanted`. Returns
/// what was set, "path=value". Error that names the nearest possible when that misses by more than
/// `tolerance` of `wanted`, and where a path leads to no whole number.
std::vector<std::string> solve_width(nlohmann::json& run, const std::vector<std::string>& paths,
                                     std::int64_t wanted, double tolerance,
                                     const std::function<std::int64_t(const nlohmann::json&)>& count);

/// The paths of a complete run's hidden widths: of its own layers or of its backbone's; none where it has
/// none.
std::vector<std::string> hidden_widths(const nlohmann::json& run);

}  // namespace aelab
