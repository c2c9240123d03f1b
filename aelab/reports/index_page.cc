#include "aelab/reports/index_page.h"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "aelab/core/file_formats.h"
#include "aelab/core/folders.h"
#include "aelab/reports/comparison_page.h"
#include "aelab/reports/run_page.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kDeepest = 6;

void find_records_in(const fs::path& folder, int depth, std::vector<fs::path>& found) {
  std::error_code ignored;
  for (const auto& path : sorted_entries(folder, ignored)) {
    if (!fs::is_directory(fs::symlink_status(path, ignored))) continue;
    Material gaps;
    const Folder inside(path, gaps);
    if (inside.has("comparison.json") || is_run(inside))
      found.push_back(path);
    else if (depth < kDeepest)
      find_records_in(path, depth + 1, found);
  }
}

/// The metrics of all entries, and their values by entry and metric.
class MetricTable {
  struct Metric {
    std::string name, definition, better;
    std::size_t rank = 0;  ///< within its group, "reconstruction" of "reconstruction/mse"
    bool is_main = false;
    std::map<std::size_t, json> values = {};

    auto order() const {
      const bool directed = better == "lower" || better == "higher";
      return std::tuple(!directed, !is_main, rank, std::numeric_limits<std::size_t>::max() - values.size());
    }
  };

 public:
  void add(std::size_t entry, const View& measure, json value, bool is_main) {
    const auto name = measure["name"].text();
    if (name.empty()) return;
    const auto [found, is_new] = places_.try_emplace(name, metrics_.size());
    if (is_new) {
      const auto rank = groups_[name.substr(0, name.find('/'))]++;
      metrics_.push_back({name, measure["definition"].text(), measure["better"].text(), rank});
    }
    auto& metric = metrics_[found->second];
    metric.is_main = metric.is_main || is_main;
    metric.values[entry] = std::move(value);
  }

  /// Puts "metrics" into the page and "values" into its entries. The metrics shown first: those that
  /// comparisons are about, then the first of each group, the most common first; those without a better
  /// direction last.
  void write(json& page) {
    std::stable_sort(metrics_.begin(), metrics_.end(),
                     [](const Metric& a, const Metric& b) { return a.order() < b.order(); });
    page["metrics"] = json::array();
    for (auto& entry : page["entries"]) entry["values"] = json::array();
    for (const auto& metric : metrics_) {
      page["metrics"].push_back(
          {{"name", metric.name}, {"definition", metric.definition}, {"better", metric.better}});
      for (std::size_t i = 0; i < page["entries"].size(); ++i) {
        const auto found = metric.values.find(i);
        page["entries"][i]["values"].push_back(found == metric.values.end() ? json() : found->second);
      }
    }
  }

 private:
  std::vector<Metric> metrics_;
  std::map<std::string, std::size_t> places_, groups_;
};

/// "1 seed", "3 seeds"
std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

json entry_of_run(const Folder& run, std::size_t place, MetricTable& metrics) {
  const auto config = run.read("config.json"), status = run.read("status.json");
  const View view(config), state(status);
  if (run.has("evaluation.json")) {
    const auto evaluation = run.read("evaluation.json");
    const auto values = View(evaluation)["metrics"];
    for (const auto& measure : View(evaluation)["measures"].list())
      metrics.add(place, measure, values[measure["name"].text()].number_json(), false);
  }
  return {{"kind", "run"},
          {"variant", view["model"]["variant"].text()},
          {"data", source_name(view["data"])},
          {"state", state["status"].text().empty() ? "unknown" : state["status"].text()},
          {"parameters", state["parameters"].number_json()},
          {"seconds", state["seconds"].number_json()},
          {"note", state["message"].text()}};
}

/// The mean of the variant that leads by the comparison's own claim.
json leader_json(const View& measure) {
  const auto leader = measure["claim"]["leader"].text();
  for (const auto& row : measure["rows"].list())
    if (!leader.empty() && row["variant"].text() == leader && row["mean"].number())
      return {{"variant", leader},
              {"mean", row["mean"].number_json()},
              {"interval", interval_json(row["interval"])}};
  return nullptr;
}

json entry_of_comparison(const Folder& comparison, std::size_t place, MetricTable& metrics) {
  const auto config = comparison.read("config.json");
  json entry = {{"kind", "comparison"},
                {"data", source_name(View(config)["base"]["data"])},
                {"state", "no results"},
                {"note", unreadable_results(comparison)}};
  if (!entry["note"].get_ref<const std::string&>().empty()) return entry;
  const auto results = comparison.read("comparison.json", kComparisonFormat);
  const View view(results);
  const auto excluded = view["excluded"].text();
  double seconds = 0;
  for (const auto& variant : view["variants"].list())
    for (const auto& run : variant["runs"].list()) seconds += run["seconds"].number().value_or(0);
  for (const auto& measure : view["measures"].list())
    metrics.add(place, measure, leader_json(measure), measure["name"].text() == view["metric"].text());
  entry["variant"] = counted(view["variants"].list().size(), "variant") + " x " +
                     counted(view["seeds"].list().size(), "seed");
  entry["state"] = excluded.empty() ? "completed" : excluded;
  entry["seconds"] = shortened(seconds);
  entry["note"] = view["summary"].text().empty() ? view["verdict"].text() : view["summary"].text();
  return entry;
}

json entry_json(const Folder& folder, const fs::path& relative, std::size_t place, MetricTable& metrics) {
  auto entry = is_comparison(folder) ? entry_of_comparison(folder, place, metrics)
                                     : entry_of_run(folder, place, metrics);
  const auto environment = folder.has("environment.json") ? folder.read("environment.json") : json();
  entry["time"] = View(environment)["time"].text();
  entry["path"] = json::array();
  for (const auto& part : relative) entry["path"].push_back(part.string());
  entry["reported"] = folder.has("report.html");
  for (const auto* key : {"variant", "parameters", "seconds"})
    if (!entry.contains(key)) entry[key] = nullptr;
  return entry;
}

}  // namespace

std::vector<fs::path> find_records(const fs::path& root) {
  std::vector<fs::path> found;
  find_records_in(root, 0, found);
  return found;
}

json index_page(const Folder& root, const std::vector<fs::path>& records) {
  json page = {{"kind", "index"}, {"entries", json::array()}};
  MetricTable metrics;
  for (const auto& path : records) {
    const auto relative = path.lexically_relative(root.path());
    if (const auto folder = root.within(relative.generic_string()))
      page["entries"].push_back(entry_json(*folder, relative, page["entries"].size(), metrics));
  }
  metrics.write(page);
  return page;
}

}  // namespace aelab
