#include "aelab/reports/report.h"

#include <nlohmann/json.hpp>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/reports/comparison_page.h"
#include "aelab/reports/index_page.h"
#include "aelab/reports/render.h"
#include "aelab/reports/run_page.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kPage = "report.html";

Report write_page(const Folder& folder, json page) {
  const auto& gaps = folder.material().gaps();
  page["gaps"] = gaps;
  const auto file = folder.path() / kPage;
  write_file(file, render_page(page));
  return {file, page.at("kind"), gaps};
}

/// Whether the page is there, and not older than what it shows.
bool is_up_to_date(const fs::path& folder) {
  std::error_code error;
  const auto written = fs::last_write_time(folder / kPage, error);
  if (error) return false;
  for (const auto* name : {"status.json", "comparison.json", "evaluation.json"}) {
    std::error_code none;
    if (const auto time = fs::last_write_time(folder / name, none); !none && time > written) return false;
  }
  return true;
}

Report write_index(const Folder& root) {
  const auto records = find_records(root.path());
  if (records.empty())
    throw Error(
        root.path().string() +
        ": holds no run, no comparison and no folders of them; name the folder that a run printed last");
  for (const auto& record : records)
    if (Material own; !is_up_to_date(record)) {
      const Folder folder(record, "", own);
      if (!is_comparison(folder) || folder.has("comparison.json")) write_report(record);
    }
  auto page = index_page(root, records);
  page["title"] = fs::absolute(root.path() / "").lexically_normal().parent_path().filename().string();
  return write_page(root, std::move(page));
}

}  // namespace

Report write_report(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored))
    throw Error(path.string() + ": is no folder; name that of a run, of a comparison, or one of many");
  Material material;
  const Folder folder(path, "", material);
  if (is_comparison(folder)) {
    if (!folder.has("comparison.json"))
      throw Error(path.string() +
                  ": holds a comparison that has not been compared yet; first: aelab compare " +
                  path.string() + " --collect");
    return write_page(folder, comparison_page(folder));
  }
  return is_run(folder) ? write_page(folder, run_page(folder)) : write_index(folder);
}

}  // namespace aelab
