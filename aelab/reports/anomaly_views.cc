#include "aelab/reports/anomaly_views.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace aelab {
namespace {

using nlohmann::json;

json all_numbers(const View& list) {
  json numbers = json::array();
  for (const auto& item : list.list()) numbers.push_back(item.number_json());
  return numbers;
}

/// A list of exactly so many numbers; null otherwise.
json numbers_of_size(const View& list, std::size_t size) {
  auto numbers = all_numbers(list);
  const bool whole =
      numbers.size() == size &&
      std::none_of(numbers.begin(), numbers.end(), [](const json& value) { return value.is_null(); });
  return whole ? numbers : json();
}

json distribution_of(const View& given) {
  auto edges = all_numbers(given["edges"]);
  if (edges.size() < 2) return {};
  edges = numbers_of_size(given["edges"], edges.size());
  auto normal = numbers_of_size(given["normal"], edges.size() - 1),
       anomalies = numbers_of_size(given["anomalies"], edges.size() - 1);
  if (edges.is_null() || normal.is_null() || anomalies.is_null()) return {};
  return {{"edges", std::move(edges)},
          {"normal", std::move(normal)},
          {"anomalies", std::move(anomalies)},
          {"logarithmic", given["logarithmic"].is_true()}};
}

json curve_of(const View& given, const std::string& values, std::size_t size) {
  auto own = numbers_of_size(given[values], size);
  if (own.is_null()) return {};
  auto low = numbers_of_size(given["low"], size), high = numbers_of_size(given["high"], size);
  if (low.is_null() || high.is_null()) low = high = json();
  return {{values, std::move(own)}, {"low", std::move(low)}, {"high", std::move(high)}};
}

json measures_of(const View& given) {
  json measures = json::object();
  for (const auto& [name, measure] : given.members())
    for (const auto* key : {"value", "low", "high"}) measures[name][key] = measure[key].number_json();
  return measures;
}

json classes_of(const View& given) {
  json classes = json::array();
  for (const auto& one : given.list())
    classes.push_back({{"class", one["class"].text()},
                       {"normal", one["normal"].is_true()},
                       {"rows", one["rows"].number_json()},
                       {"median", one["median"].number_json()},
                       {"above", one["above"].number_json()}});
  return classes;
}

/// Blocks of rows; none where a number is missing.
json drift_of(const View& given) {
  json blocks = json::array();
  for (const auto& one : given.list()) {
    json block;
    for (const auto* key : {"first", "last", "median", "low", "high", "above"}) {
      block[key] = one[key].number_json();
      if (block[key].is_null()) return json::array();
    }
    blocks.push_back(std::move(block));
  }
  return blocks;
}

json strangest_rows(const View& given) {
  json rows = json::array();
  for (const auto& row : given.list()) {
    json cells = json::array();
    for (const auto& cell : row["cells"].list())
      cells.push_back({{"feature", cell["feature"].text()},
                       {"contribution", cell["contribution"].number_json()},
                       {"value", cell["value"].number_json()},
                       {"place", cell["place"].number_json()}});
    rows.push_back({{"row", row["row"].number_json()},
                    {"class", row["class"].text()},
                    {"score", row["score"].number_json()},
                    {"anomaly", row["anomaly"].is_true()},
                    {"cells", std::move(cells)},
                    {"values", all_numbers(row["values"])}});
  }
  return rows;
}

json sheet_of_score(const Folder& run, const std::string& name, const View& sheet) {
  if (!sheet.raw().is_object() || name.find('/') != std::string::npos) return {};
  auto picture = run.read_picture("summary/anomalies-" + name + ".png");
  if (picture.is_null()) return {};
  picture["columns"] = sheet["columns"].number_json();
  for (const auto* length : {"width", "height", "gap"})
    picture["cell"][length] = sheet[length].number().value_or(0);
  return picture;
}

json delong_of(const View& given) {
  if (!given.raw().is_object()) return {};
  return {{"difference", given["difference"].number_json()}, {"p", given["p"].number_json()}};
}

json score_of(const Folder& run, const View& given, std::size_t points) {
  const auto name = given["name"].text();
  json columns = json::array();
  for (const auto& column : given["columns"].list()) columns.push_back(column.text());
  return {
      {"name", name},
      {"definition", given["definition"].text()},
      {"threshold",
       {{"value", given["threshold"]["value"].number_json()}, {"rule", given["threshold"]["rule"].text()}}},
      {"distribution", distribution_of(given["distribution"])},
      {"classes", classes_of(given["classes"])},
      {"drift", drift_of(given["drift"])},
      {"measures", measures_of(given["measures"])},
      {"roc", curve_of(given["roc"], "found", points)},
      {"precision_recall", curve_of(given["precision_recall"], "precision", points)},
      {"delong", delong_of(given["delong"])},
      {"strangest", strangest_rows(given["strangest"])},
      {"columns", std::move(columns)},
      {"pictures", sheet_of_score(run, name, given["pictures"])}};
}

}  // namespace

json anomalies_json(const Folder& run) {
  if (!run.has("summary/anomaly.json")) return {};
  const auto record = run.read("summary/anomaly.json");
  const View view(record);
  if (!view["rows"].number()) return {};
  json shown = {{"part", view["part"].text()},
                {"normal", view["normal"].text()},
                {"grid", all_numbers(view["grid"])},
                {"scores", json::array()}};
  for (const auto* count : {"rows", "anomalies", "resamples"}) shown[count] = view[count].number_json();
  for (const auto& score : view["scores"].list())
    shown["scores"].push_back(score_of(run, score, shown["grid"].size()));
  return shown;
}

}  // namespace aelab
