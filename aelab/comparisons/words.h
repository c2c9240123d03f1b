#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aelab/evaluation/metric.h"
#include "aelab/evaluation/statistics.h"

namespace aelab {

// How a comparison's sentences and tables write numbers and names.

/// Four significant digits; "-" of none.
std::string number(double value);
std::string number(const std::optional<double>& value);
/// "0.0123 ± 0.0004": mean and 95 % CI half-width; the mean alone where there is no interval.
std::string plus_minus(const Summary& summary);
/// "[0.0119, 0.0127]", the 95 % CI; "-" without one.
std::string interval(const Summary& summary);
/// "= .012", "< .0001"
std::string probability(double p);
/// "dense is lower (better) than pca by 0.0042 [0.0038, 0.0046], p < .0001": the difference of a variant from
/// another one, which is left unnamed where `other` is ""; with the number of seeds where it is not `seeds`.
std::string difference_in_words(const std::string& name, const std::string& other, const PairedTest& test,
                                Direction better, std::size_t seeds);
/// "1 seed", "5 seeds"
std::string counted(std::size_t count, const std::string& noun);
/// "pca", "pca and dense", "pca, dense, sparse, linear and 3 others"
std::string listed(std::vector<std::string> names);

}  // namespace aelab
