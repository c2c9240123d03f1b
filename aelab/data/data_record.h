#pragma once

#include <nlohmann/json_fwd.hpp>

#include "aelab/data/split.h"

namespace aelab {

/// Where data come from and what they are, for a run's folder: "source", "origin", "shape", "rows" of train
/// and test, "classes" and "files", each with its "path", "bytes" and "crc32", and a folder with its
/// "content" (see FileRecord); where the source has them, "class_names", "columns" and "label".
/// Throws an Error that names a file that was changed after its rows were read.
nlohmann::json record_of_data(const Data& data);

/// Whether a value has the "files" and "rows" of such a record, of the types that they have there.
bool is_record_of_data(const nlohmann::json& value);

/// Error when these data's files are other than those of the record: names each that differs.
void check_record(const nlohmann::json& record, const Data& data);

}  // namespace aelab
