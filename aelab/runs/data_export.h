#pragma once

#include <nlohmann/json_fwd.hpp>

#include "aelab/data/source.h"

namespace aelab {

/// What a source holds: record_of_data's entries, "range", the least and the largest value, and "labels".
/// Error as the source's; and, where a value is not finite, which.
nlohmann::json describe_data(const Data& data);

/// Writes what a source holds as .npy: train.npy and train-labels.npy, test.npy and test-labels.npy, as far
/// as there are such; the values as float32, the labels as int64. Returns the files' names. Error when
/// `folder` holds one of them.
std::vector<std::string> export_data(const Data& data, const std::string& folder);

}  // namespace aelab
