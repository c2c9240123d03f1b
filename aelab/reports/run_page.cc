#include "aelab/reports/run_page.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "aelab/reports/anomaly_views.h"
#include "aelab/reports/code_use.h"
#include "aelab/reports/curves.h"
#include "aelab/reports/dictionary_views.h"

namespace aelab {
namespace {

using nlohmann::json;

constexpr std::size_t kMostLog = 20'000;

json numbers_json(const View& list) {
  json numbers = json::array();
  for (const auto& item : list.list()) numbers.push_back(item.number_json());
  return numbers;
}

/// "1 x 28 x 28"; "" without a shape.
std::string shape_text(const View& shape) {
  std::string text;
  for (const auto& size : shape.list()) text += (text.empty() ? "" : " x ") + size.shown();
  return text;
}

json status_json(const View& status) {
  return {{"state", status["status"].text().empty() ? "unknown" : status["status"].text()},
          {"message", status["message"].text()},
          {"closed_form", status["closed_form"].is_true()},
          {"parameters", status["parameters"].number_json()},
          {"epochs", status["epochs"].number_json()},
          {"steps", status["steps"].number_json()},
          {"seconds", status["seconds"].number_json()}};
}

json run_measures(const View& evaluation) {
  json measures = json::array();
  std::map<std::string, View> known;
  for (const auto& measure : evaluation["measures"].list()) known[measure["name"].text()] = measure;
  for (const auto& [name, value] : evaluation["metrics"].members()) {
    const auto measure = known[name];
    measures.push_back({{"name", name},
                        {"value", value.number_json()},
                        {"better", measure["better"].text()},
                        {"definition", measure["definition"].text()}});
  }
  return measures;
}

json texts_json(const View& list) {
  json texts = json::array();
  for (const auto& text : list.list()) texts.push_back(text.text());
  return texts;
}

/// The settings of a part that have an effect: an activation of hidden layers has none without these, and
/// initial weights have none where the weights are solved for in closed form.
json settings_json(const View& settings, bool closed_form) {
  auto effective = settings.raw();
  if (!effective.is_object()) return json::array();
  if (settings["hidden"].raw().is_array() && settings["hidden"].raw().empty()) effective.erase("activation");
  if (closed_form) effective.erase("initialization");
  return flattened(View(effective));
}

json parts_json(const View& parts, bool closed_form) {
  json shown = json::array();
  for (const auto& part : parts.list())
    shown.push_back({{"part", part["part"].text()},
                     {"kind", part["kind"].text()},
                     {"summary", part["summary"].text()},
                     {"settings", settings_json(part["settings"], closed_form)}});
  return shown;
}

json model_json(const View& model, bool closed_form) {
  json shown = {{"variant", model["variant"].text()},
                {"summary", model["summary"].text()},
                {"input", shape_text(model["input"])},
                {"code", shape_text(model["code"])},
                {"parts", parts_json(model["parts"], closed_form)},
                {"methods", texts_json(model["methods"])},
                {"stack", json::array()}};
  for (const auto& layer : model["stack"].list()) shown["stack"].push_back(model_json(layer, closed_form));
  return shown;
}

json layers_json(const View& layers) {
  json shown = json::array();
  for (const auto& layer : layers.list())
    shown.push_back({{"network", layer["network"].text()},
                     {"what", layer["what"].text()},
                     {"output", shape_text(layer["output"])},
                     {"parameters", layer["parameters"].number_json()}});
  return shown;
}

json parameters_json(const View& parameters) {
  json shown = json::array();
  for (const auto& parameter : parameters.list())
    shown.push_back({{"name", parameter["name"].text()},
                     {"shape", shape_text(parameter["shape"])},
                     {"count", parameter["count"].number_json()}});
  return shown;
}

json data_json(const View& data, const View& config) {
  json shown = {{"source", source_name(config)}, {"shape", shape_text(data["shape"])}};
  for (const auto* part : {"train", "validation", "test"}) shown[part] = data[part].number_json();
  return shown;
}

/// "reconstructions" of "reconstructions-0020.png".
std::string kind_of(const std::string& file) { return file.substr(0, file.rfind('-')); }

/// Images drawn during training: the first, the middle and the last of each kind.
json training_pictures(const Folder& run) {
  std::map<std::string, std::vector<std::string>> kinds;
  for (const auto& file : run.files("images", ".png")) kinds[kind_of(file)].push_back(file);
  json pictures = json::array();
  for (const auto& [kind, files] : kinds) {
    std::vector<std::string> shown = {files.front()};
    if (files.size() > 2) shown.push_back(files[files.size() / 2]);
    if (files.size() > 1) shown.push_back(files.back());
    for (const auto& file : shown)
      if (auto picture = run.read_picture("images/" + file); !picture.is_null()) {
        picture["name"] = file;
        picture["of"] = files.size();
        pictures.push_back(std::move(picture));
      }
  }
  return pictures;
}

void flatten_into(json& list, const std::string& prefix, const View& value) {
  for (const auto& [key, item] : value.members()) {
    if (item.raw().is_object() && !item.raw().empty())
      flatten_into(list, prefix + key + ".", item);
    else
      list.push_back({{"key", prefix + key}, {"value", item.shown()}});
  }
}

/// The last two names of the path: "first-run/3".
std::string title_of(const std::filesystem::path& path) {
  auto whole = std::filesystem::absolute(path).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  return (whole.parent_path().filename() / whole.filename()).string();
}

json commands_json() {
  return {{{"what", "Train the run again"}, {"command", "aelab run FOLDER/config.json --output again"}},
          {{"what", "Evaluate the trained model again"}, {"command", "aelab evaluate FOLDER"}}};
}

/// The density of the codes' prior on a grid, and its contours; null where none is recorded.
json prior_json(const View& prior) {
  if (!prior.raw().is_object()) return {};
  json shown = {{"points", prior["points"].number_json()}, {"contours", json::array()}};
  for (const auto* key : {"x", "y", "log_densities"}) shown[key] = numbers_json(prior[key]);
  for (const auto& contour : prior["contours"].list())
    shown["contours"].push_back(
        {{"mass", contour["mass"].number_json()}, {"log_density", contour["log_density"].number_json()}});
  return shown;
}

}  // namespace

json flattened(const View& value) {
  json list = json::array();
  flatten_into(list, "", value);
  return list;
}

bool is_run(const Folder& folder) {
  return folder.has("status.json") || folder.has("metrics.jsonl") || folder.has("config.json");
}

json views_json(const Folder& run, const json& summary) {
  constexpr std::array kPictures = {"inputs",        "reconstructions", "corrupted",  "denoised",
                                    "interpolation", "samples",         "traversals", "filters"};
  const View view(summary);
  json views = {{"pictures", json::object()}};
  const auto codes = view["codes"], jacobian = view["jacobian"], latent = view["latent"],
             codebook = view["codebook"];
  if (codes.raw().is_object()) {
    views["codes"] = {{"axes", codes["axes"].text()}, {"rows", codes["rows"].number_json()}};
    for (const auto* key : {"singular_values", "x", "y", "labels"})
      views["codes"][key] = numbers_json(codes[key]);
    views["codes"]["classes"] = class_names_json(run);
    views["codes"]["prior"] = prior_json(codes["prior"]);
  }
  if (jacobian.raw().is_object())
    views["jacobian"] = {{"rows", jacobian["rows"].number_json()},
                         {"singular_values", numbers_json(jacobian["singular_values"])}};
  if (latent.raw().is_object())
    views["latent"] = {{"rows", latent["rows"].number_json()},
                       {"divergences", numbers_json(latent["divergences"])},
                       {"variances_of_means", numbers_json(latent["variances_of_means"])}};
  if (codebook.raw().is_object())
    views["codebook"] = {{"rows", codebook["rows"].number_json()},
                         {"size", codebook["size"].number_json()},
                         {"perplexity", codebook["perplexity"].number_json()},
                         {"counts", numbers_json(codebook["counts"])}};
  for (const auto* name : kPictures) {
    const auto listed = view["pictures"][name];
    if (!listed.raw().is_object()) continue;
    auto picture = run.read_picture(std::string("summary/") + name + ".png");
    if (picture.is_null()) continue;
    picture["what"] = listed["what"].text();
    views["pictures"][name] = std::move(picture);
  }
  return views;
}

json run_page(const Folder& run) {
  const auto config = run.read("config.json"), status = run.read("status.json"),
             evaluation = run.read("evaluation.json"), environment = run.read("environment.json"),
             summary = run.read("summary/summary.json");
  for (const auto& [name, sum] : View(status)["checksums"].members()) run.require_checksum(name, sum.text());
  auto page = views_json(run, summary);
  page["kind"] = "run";
  page["title"] = title_of(run.path());
  page["name"] = View(config)["name"].text();
  page["seed"] = View(config)["seed"].shown();
  page["status"] = status_json(View(status));
  page["measured"] = {{"part", View(evaluation)["part"].text()},
                      {"checkpoint", View(evaluation)["checkpoint"].text()},
                      {"measures", run_measures(View(evaluation))},
                      {"cautions", texts_json(View(evaluation)["cautions"])}};
  page["curves"] = curves_json(read_curves(run));
  page["code_use"] = code_use_json(run);
  page["dictionary"] = dictionary_json(run);
  page["anomalies"] = anomalies_json(run);
  page["training_pictures"] = training_pictures(run);
  page["shown_part"] = View(summary)["part"].text();
  page["model"] = model_json(View(summary)["model"], View(status)["closed_form"].is_true());
  if (page["model"]["variant"] == "") page["model"]["variant"] = View(config)["model"]["variant"].text();
  page["layers"] = layers_json(View(summary)["layers"]);
  page["parameters"] = parameters_json(View(summary)["parameters"]);
  page["data"] = data_json(View(summary)["data"], View(config)["data"]);
  page["config"] = config.is_null() ? "" : config.dump(2, ' ', false, json::error_handler_t::replace);
  page["environment"] = flattened(View(environment));
  page["log"] = run.read_end("log.txt", kMostLog);
  page["commands"] = commands_json();
  return page;
}

}  // namespace aelab
