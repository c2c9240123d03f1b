#include "aelab/reports/dictionary_views.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace aelab {
namespace {

using nlohmann::json;

json list_of_numbers(const View& list) {
  json numbers = json::array();
  for (const auto& item : list.list()) numbers.push_back(item.number_json());
  return numbers;
}

json list_of_texts(const View& list) {
  json texts = json::array();
  for (const auto& item : list.list()) texts.push_back(item.text());
  return texts;
}

/// {"edges", "counts"}, one edge more than counts; null unless all are numbers.
json histogram_json(const View& histogram) {
  json edges = list_of_numbers(histogram["edges"]), counts = list_of_numbers(histogram["counts"]);
  const auto is_null = [](const json& value) { return value.is_null(); };
  const bool whole = !counts.empty() && edges.size() == counts.size() + 1 &&
                     std::none_of(edges.begin(), edges.end(), is_null) &&
                     std::none_of(counts.begin(), counts.end(), is_null);
  if (!whole) return {};
  return {{"edges", std::move(edges)}, {"counts", std::move(counts)}};
}

json truth_of(const View& truth) {
  json features = histogram_json(truth["features_cosines"]),
       latents = histogram_json(truth["latents_cosines"]);
  if (features.is_null() || latents.is_null()) return {};
  return {{"features", truth["features"].number_json()},
          {"recovered", truth["recovered"].number_json()},
          {"features_cosines", std::move(features)},
          {"latents_cosines", std::move(latents)}};
}

json strongest_of(const View& list) {
  json shown = json::array();
  for (const auto& latent : list.list()) {
    json rows = json::array();
    for (const auto& row : latent["rows"].list())
      rows.push_back({{"row", row["row"].number_json()},
                      {"activation", row["activation"].number_json()},
                      {"label", row["label"].number_json()},
                      {"values", list_of_numbers(row["values"])}});
    shown.push_back({{"latent", latent["latent"].number_json()},
                     {"band", latent["band"].text()},
                     {"active_rows", latent["active_rows"].number_json()},
                     {"feature", latent["feature"].number_json()},
                     {"feature_cosine", latent["feature_cosine"].number_json()},
                     {"rows", std::move(rows)}});
  }
  return shown;
}

json sheet_of(const Folder& run, const View& sheet) {
  if (!sheet.raw().is_object()) return {};
  auto picture = run.read_picture("summary/latents.png");
  if (picture.is_null()) return {};
  picture["columns"] = sheet["columns"].number_json();
  for (const auto* length : {"width", "height", "gap"})
    picture["cell"][length] = sheet[length].number().value_or(0);
  return picture;
}

}  // namespace

json class_names_json(const Folder& run) {
  const auto data = run.has("data.json") ? run.read("data.json") : json();
  return list_of_texts(View(data)["class_names"]);
}

json dictionary_json(const Folder& run) {
  if (!run.has("summary/dictionary.json")) return {};
  const auto record = run.read("summary/dictionary.json");
  const View view(record);
  if (!view["latents"].number()) return {};
  json shown = {{"part", view["part"].text()},
                {"densities", histogram_json(view["densities"])},
                {"cosines", histogram_json(view["cosines"])},
                {"truth", truth_of(view["truth"])},
                {"strongest", strongest_of(view["strongest"])},
                {"pictures", sheet_of(run, view["pictures"])},
                {"classes", class_names_json(run)},
                {"omitted", list_of_texts(view["omitted"])},
                {"definitions", json::array()}};
  for (const auto* count : {"rows", "of", "latents", "dead", "compared"})
    shown[count] = view[count].number_json();
  for (const auto* band : {"rare", "middle", "dense"})
    shown["bands"][band] = view["bands"][band].number_json();
  for (const auto& [name, definition] : view["definitions"].members())
    shown["definitions"].push_back({{"key", name}, {"value", definition["definition"].text()}});
  return shown;
}

}  // namespace aelab
