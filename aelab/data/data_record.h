#pragma once

#include <functional>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "aelab/data/split.h"

namespace aelab {

/// How many bytes the files of a source may have together for their identity to be the CRC-32 of all of
/// them: a gigabyte.
constexpr std::uint64_t kMostWhole = 1'000'000'000;
/// For the CRC-32 of all bytes, however many there are.
constexpr std::uint64_t kAllWhole = std::numeric_limits<std::uint64_t>::max();

/// Where data come from and what they are, for a run's folder: "source", "origin", "shape", "rows" of train
/// and test, "classes" and "files", each with its "path" and "bytes"; "crc32" where the files have up to
/// `most_whole` bytes together, otherwise "crc32_of_blocks" (Checksum::blocks); a folder with its "content"
/// (see FileRecord); where the source has them, "class_names", "blocks", "columns", "label" and "factors",
/// each with its "name" and the number of its "values". Throws an Error that names a file that was changed
/// after its rows were read.
nlohmann::json record_of_data(const Data& data, std::uint64_t most_whole = kMostWhole);

/// Whether a value has the "files" and "rows" of such a record, of the types that they have there.
bool is_record_of_data(const nlohmann::json& value);

/// Error when these data's files are other than those of the record: names each that differs. A file is
/// compared by the kind of checksum that is recorded.
void check_record(const nlohmann::json& record, const Data& data);

/// The files of a record as they are now, with the "crc32" of all their bytes, and "compared": whether it is
/// on record, or else the checksum of blocks was compared; `find` says where a recorded path is. Error when
/// one differs from the record: names each.
nlohmann::json verified_files(const nlohmann::json& record,
                              const std::function<std::string(const std::string& path)>& find);

/// The entry of a file, with the "crc32" of all its bytes. Error as InputFile's.
nlohmann::json whole_file(const std::string& path);

/// Under which name a file's entry has its checksum: "crc32" or "crc32_of_blocks".
std::string checksum_name(const nlohmann::json& file);
/// The present file's entry, with the kind of checksum that the recorded entry has.
nlohmann::json file_as_recorded(const std::string& path, const nlohmann::json& recorded);

}  // namespace aelab
