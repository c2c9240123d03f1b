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

/// Whether the folder has a page that is not older than the files that it shows.
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

/// The comparison that a run belongs to, <comparison>/runs/<variant>/seed-<n>, for a link to its page.
json link_to_comparison(const fs::path& run) {
  const auto path = fs::absolute(run / "").lexically_normal().parent_path();
  const auto runs = path.parent_path().parent_path(), comparison = runs.parent_path();
  std::error_code ignored;
  if (runs.filename() != "runs" || !fs::exists(comparison / "comparison.json", ignored)) return nullptr;
  return {{"name", comparison.filename().string()}, {"path", {"..", "..", ".."}}};
}

Report write_run(const fs::path& path, json comparison) {
  Material material;
  const Folder run(path, material);
  auto page = run_page(run);
  page["comparison"] = std::move(comparison);
  return write_page(run, std::move(page));
}

/// Writes the pages of a comparison's runs that have none, or an older one, and puts links to them into
/// `page`. What they cannot show is missing in the comparison, too.
void write_run_pages(const Folder& comparison, json& page) {
  for (auto& variant : page["variants"])
    for (auto& run : variant["runs"]) {
      const auto id = run["id"].get<std::string>();
      const auto folder = comparison.within("runs/" + id);
      run["page"] = nullptr;
      if (!folder || !is_run(*folder)) continue;
      if (!is_up_to_date(folder->path()))
        for (const auto& gap : write_run(folder->path(), link_to_comparison(folder->path())).gaps)
          comparison.material().missing("runs/" + id + "/" + gap);
      run["page"] = json::array();
      for (const auto& part : fs::path("runs/" + id)) run["page"].push_back(part.string());
    }
}

Report write_comparison(const Folder& comparison) {
  if (const auto why = unreadable_results(comparison); !why.empty())
    throw Error(comparison.path().string() + ": " + why);
  auto page = comparison_page(comparison);
  write_run_pages(comparison, page);
  return write_page(comparison, std::move(page));
}

Report write_index(const Folder& root) {
  const auto records = find_records(root.path());
  if (records.empty())
    throw Error(root.path().string() +
                ": contains no run and no comparison; name the folder that aelab run or compare printed");
  for (const auto& record : records) {
    Material own;
    const Folder folder(record, own);
    if (!is_up_to_date(record) && (!is_comparison(folder) || unreadable_results(folder).empty()))
      write_report(record);
  }
  auto page = index_page(root, records);
  page["title"] = fs::absolute(root.path() / "").lexically_normal().parent_path().filename().string();
  return write_page(root, std::move(page));
}

}  // namespace

Report write_report(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored))
    throw Error(path.string() + ": is not a folder; name the folder of a run, of a comparison, or of many");
  Material material;
  const Folder folder(path, material);
  if (is_comparison(folder)) return write_comparison(folder);
  if (!is_run(folder)) return write_index(folder);
  const auto comparison = link_to_comparison(path);
  return write_run(path, !comparison.is_null() && folder.has("../../../report.html") ? comparison : json());
}

}  // namespace aelab
