#pragma once

#include <filesystem>

#include "aelab/data/source.h"

namespace aelab {

// Relative paths of a run file begin in the working directory of the process that reads it. That of a run on
// record is in its environment.json, so that the run finds its data from any other directory, too.

/// The working directory in which the run or comparison in `folder` began; empty where environment.json does
/// not say.
std::filesystem::path recorded_working_folder(const std::filesystem::path& folder);

/// The path in `working_folder` if it is relative and exists there; otherwise the path itself.
std::string found_from(const std::filesystem::path& working_folder, const std::string& path);

/// open_dataset() of a source whose relative paths are first looked for in `working_folder` (empty: only in
/// that of this process). Its Error says where they were looked for.
Data open_dataset_from(const std::filesystem::path& working_folder, const Choice<Source>& source);

}  // namespace aelab
