#pragma once

#include <nlohmann/json_fwd.hpp>

#include "aelab/data/data_record.h"
#include "aelab/data/source.h"

namespace aelab {

/// What a source holds: record_of_data's entries; "range", the least and the largest value of its training
/// and test rows; "labels"; "notes", what the source detected or found odd; and of a table "columns", each
/// with its "name", "type", "least", "most", "mean" and "first", its first values, before rounding to
/// float32. Throws the Errors of the source, and one that names a value that is NaN or infinite. The files
/// have checksums as record_of_data() gives them for `most_whole`.
nlohmann::json describe_data(const Data& data, std::uint64_t most_whole = kMostWhole);

/// Writes what a source holds as .npy: train.npy, train-labels.npy and train-factors.npy, [rows, factors],
/// and the same of the test rows, as far as the source has them; the values as float32, labels and factors as
/// int64. Returns the files' names. Error when `folder` holds one of them.
std::vector<std::string> export_data(const Data& data, const std::string& folder);

}  // namespace aelab
