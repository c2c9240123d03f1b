#include "aelab/reports/index_page.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/reports/comparison_page.h"
#include "aelab/reports/run_page.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kDeepest = 6;

void find_records_in(const fs::path& folder, int depth, std::vector<fs::path>& found) {
  std::error_code error;
  std::vector<fs::path> folders;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored) && !entry->is_symlink(ignored)) folders.push_back(entry->path());
  }
  std::sort(folders.begin(), folders.end());
  for (const auto& path : folders) {
    Material ignored;
    const Folder inside(path, "", ignored);
    if (inside.has("comparison.json") || is_run(inside))
      found.push_back(path);
    else if (depth < kDeepest)
      find_records_in(path, depth + 1, found);
  }
}

json entry_of_run(const Folder& run) {
  const auto config = run.read("config.json"), status = run.read("status.json");
  const View view(config), state(status);
  json entry = {{"kind", "run"},
                {"variant", view["model"]["variant"].text()},
                {"data", source_name(view["data"])},
                {"state", state["status"].text().empty() ? "unknown" : state["status"].text()},
                {"parameters", state["parameters"].number_json()},
                {"seconds", state["seconds"].number_json()},
                {"note", state["message"].text()}};
  if (!run.has("evaluation.json")) return entry;
  const auto evaluation = run.read("evaluation.json");
  for (const auto& measure : View(evaluation)["measures"].list()) {
    const auto name = measure["name"].text();
    const auto value = View(evaluation)["metrics"][name].number();
    if (!value || measure["better"].text() == "neither") continue;
    entry["measure"] = name;
    entry["value"] = shortened(*value);
    break;
  }
  return entry;
}

json entry_of_comparison(const Folder& comparison) {
  const auto config = comparison.read("config.json");
  json entry = {{"kind", "comparison"},
                {"data", source_name(View(config)["base"]["data"])},
                {"state", "not compared yet"},
                {"note", "aelab compare FOLDER --collect compares what is there"}};
  if (!comparison.has("comparison.json")) return entry;
  const auto results = comparison.read("comparison.json");
  const View view(results);
  const auto missing = view["missing"].list().size();
  double seconds = 0;
  for (const auto& variant : view["variants"].list())
    for (const auto& run : variant["runs"].list()) seconds += run["seconds"].number().value_or(0);
  entry["variant"] = std::to_string(view["variants"].list().size()) + " variants x " +
                     std::to_string(view["seeds"].list().size()) + " seeds";
  entry["state"] = missing == 0 ? "completed" : std::to_string(missing) + " runs do not count";
  entry["seconds"] = shortened(seconds);
  entry["measure"] = view["metric"].text();
  entry["note"] = view["verdict"].text();
  return entry;
}

}  // namespace

std::vector<fs::path> find_records(const fs::path& root) {
  std::vector<fs::path> found;
  find_records_in(root, 0, found);
  return found;
}

json index_page(const Folder& root, const std::vector<fs::path>& records) {
  json entries = json::array();
  for (const auto& path : records) {
    const auto relative = path.lexically_relative(root.path());
    const auto folder = root.within(relative.generic_string());
    if (!folder) continue;
    auto entry = is_comparison(*folder) ? entry_of_comparison(*folder) : entry_of_run(*folder);
    const auto environment = folder->has("environment.json") ? folder->read("environment.json") : json();
    entry["time"] = View(environment)["time"].text();
    entry["path"] = json::array();
    for (const auto& part : relative) entry["path"].push_back(part.string());
    entry["reported"] = folder->has("report.html");
    for (const auto* key : {"variant", "measure", "value", "parameters", "seconds"})
      if (!entry.contains(key)) entry[key] = nullptr;
    entries.push_back(std::move(entry));
  }
  return {{"kind", "index"}, {"entries", std::move(entries)}};
}

}  // namespace aelab
