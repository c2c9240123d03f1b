#pragma once

#include "aelab/core/growing_file.h"
#include "aelab/training/training.h"

namespace aelab {

/// Opens <run folder>/`name` to continue it at `mark`, for files that only inform: training does not need
/// them. If the content up to the mark is missing or damaged, a new file is begun, and the training cautions
/// of it; a damaged file is kept as <name>.damaged. Failure as GrowingFile's.
GrowingFile open_informing_file(Training& training, const std::string& name, GrowingFile::Mark mark);

/// Renames a file to <name>.damaged, or to <name>.damaged.2 and so on where that exists; returns the new
/// name without its folder, "" if there is no file. Failure with the path and the reason.
std::string set_aside(const std::filesystem::path& path);

}  // namespace aelab
