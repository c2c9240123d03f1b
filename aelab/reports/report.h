#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace aelab {

struct Report {
  std::filesystem::path file;
  std::string kind;               ///< "run", "comparison", "index"
  std::vector<std::string> gaps;  ///< files that could not be shown, and why
};

/// Writes <folder>/report.html for a run, for a comparison, or an index of the runs and comparisons below a
/// folder. A comparison also writes the pages of its runs, and an index those of its entries, unless they are
/// newer than what they show. Missing or unreadable files are gaps, listed on the page. Error when `folder`
/// is none of these, or a comparison whose comparison.json is missing or of another format; Failure as
/// write_file's.
Report write_report(const std::filesystem::path& folder);

}  // namespace aelab
