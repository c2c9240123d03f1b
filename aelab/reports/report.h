#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace aelab {

struct Report {
  std::filesystem::path file;
  std::string kind;               ///< "run", "comparison", "index"
  std::vector<std::string> gaps;  ///< what could not be shown, and why
};

/// Writes <folder>/report.html: of a run, of a comparison, or an index of those below a root folder. The
/// index also writes the pages of those that have none, or whose page is older than what it shows. What is
/// missing is a gap that the page says. Error when `folder` is none of these; Failure as write_file's.
Report write_report(const std::filesystem::path& folder);

}  // namespace aelab
