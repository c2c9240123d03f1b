#pragma once

#include <string_view>

namespace aelab {

/// What kinds of parts declare in `Config::capabilities`.
namespace capability {
// Of backbones: the other ones throw an Error for rows of another rank than their examples'.
inline constexpr std::string_view takes_code = "takes the dimension of the code";
inline constexpr std::string_view takes_any_rank = "takes rows of any rank";
inline constexpr std::string_view takes_condition = "takes a condition";
// Of penalties, which check() that the other parts have it. Others may be declared; all begin with "needs".
inline constexpr std::string_view needs_jacobian = "needs the Jacobian of each row's code";
inline constexpr std::string_view needs_probabilities = "needs codes in [0, 1]";
inline constexpr std::string_view needs_gaussian = "needs codes drawn from Gaussians";
inline constexpr std::string_view needs_factorized = "needs a prior whose dimensions are independent";
inline constexpr std::string_view needs_gate = "needs codes that a gate selects";
inline constexpr std::string_view needs_thresholds = "needs codes of what exceeds learned thresholds";
// Of likelihoods: values of the target may be NaN. Of metrics and transforms: those of rows may.
inline constexpr std::string_view takes_missing = "takes missing values";
// Of penalties and bottlenecks.
inline constexpr std::string_view needs_dictionary = "needs a decoder that is linear in the code";
}  // namespace capability

}  // namespace aelab
