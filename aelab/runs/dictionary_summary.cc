#include "aelab/runs/dictionary_summary.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "aelab/core/files.h"
#include "aelab/core/image.h"
#include "aelab/core/signals.h"
#include "aelab/data/pictures.h"
#include "aelab/evaluation/decoder_directions.h"
#include "aelab/evaluation/feature_matches.h"
#include "aelab/evaluation/latent_activity.h"
#include "aelab/evaluation/metrics/dictionary.h"
#include "aelab/runs/contours.h"
#include "aelab/runs/picture_lines.h"

namespace aelab {
namespace {

using nlohmann::json;

constexpr std::int64_t kMostRows = 50'000, kRowsAtOnce = 1000, kNumbersAtOnce = std::int64_t{1} << 24;
constexpr std::int64_t kMostProducts = std::int64_t{1} << 39;  // of one of the steps: some seconds
constexpr std::int64_t kKept = 8, kShownOfBand = 4, kShownValues = 8;
constexpr int kBinsOfDecade = 4, kBinsOfCosines = 50;
constexpr double kRecovered = 0.9;

// --- What is known of the latents ---

struct LatentRecord {
  LatentActivity activity;
  std::vector<std::int64_t> places;  // in the source's files, of the rows that were added
  Tensor directions;                 // [latents, features] float
  std::vector<float> norms = {};     // [latents], of the directions
  Tensor compared = {};              // [n] int64, latents that were compared with all others
  NearestDirections nearest = {};    // [n], of these
  std::int64_t features = 0;         // true ones; 0 where they are not known
  NearestDirections features_of_latents = {}, latents_of_features = {};
  std::vector<std::string> omitted = {};

  std::int64_t latents() const { return directions.size(0); }
  std::int64_t active_rows(std::int64_t latent) const {
    return activity.active()[static_cast<std::size_t>(latent)];
  }
  double density(std::int64_t latent) const {
    return static_cast<double>(active_rows(latent)) / static_cast<double>(activity.rows());
  }
  /// What a latent adds to a reconstruction at most, as a length.
  double strength(std::int64_t latent) const {
    const auto rows = activity.strongest(latent);
    return rows.empty() ? 0 : std::abs(rows.front().activation) * norms[static_cast<std::size_t>(latent)];
  }
};

bool applies(const Autoencoder& model, const Dataset& rows) {
  return rows.size() > 0 && model.reconstructs() && model.parts().bottleneck.codebook_size() == 0 &&
         has_affine_decoder(model);
}

/// Nothing where codes are not sparse, or not finite.
std::optional<LatentRecord> active_latents(const Autoencoder& model, const Dataset& rows) {
  const auto latents = elements(model.code_shape()), features = elements(model.input_shape());
  const auto most = std::max(kRowsAtOnce, kMostProducts / (latents * features));
  const auto count = std::min({rows.size(), kMostRows, most});
  const auto at_once = std::clamp<std::int64_t>(kNumbersAtOnce / latents, 1, kRowsAtOnce);
  const auto device = model.parameters().front().device();
  LatentRecord record{.activity = {latents, kKept}, .places = {}, .directions = {}};
  for (std::int64_t begin = 0; begin < count; begin += at_once) {
    StopSignals::check();
    const auto batch = rows.range(begin, std::min(begin + at_once, count));
    const auto codes = model.encode(batch.to(device)).flatten(1).cpu();
    if (!codes.isfinite().all().item<bool>()) return {};
    if (begin == 0 && !(codes == 0).any().item<bool>()) return {};
    record.activity.add(codes);
    const auto places = batch.rows.contiguous();
    const auto* place = places.const_data_ptr<std::int64_t>();
    record.places.insert(record.places.end(), place, place + places.numel());
  }
  record.directions = decoder_directions(model).to(at::kFloat);
  if (!record.directions.isfinite().all().item<bool>()) return {};
  return record;
}

/// `count` numbers below `size`, evenly spread.
Tensor spread(std::int64_t count, std::int64_t size) {
  return (at::arange(count, at::kLong) * size).floor_divide(count);
}

void compare_latents(LatentRecord& record) {
  const auto norms = record.directions.norm(2, 1).contiguous();
  record.norms.assign(norms.const_data_ptr<float>(), norms.const_data_ptr<float>() + norms.numel());
  const auto latents = record.latents();
  if (latents < 2) return;
  const auto most = std::max<std::int64_t>(1, kMostProducts / record.directions.numel());
  record.compared = spread(std::min(latents, most), latents);
  record.nearest = nearest_other_directions(record.directions, record.compared);
  if (most < latents)
    record.omitted.push_back(
        fmt::format("largest cosines are those of {} of the {} latents, evenly spread", most, latents));
}

void compare_features(LatentRecord& record, const Dataset& rows) {
  const auto truth = rows.truth();
  if (!truth) return;
  const auto features = truth->dictionary().to(at::kFloat);
  if (features.size(1) != record.directions.size(1)) return;
  if (features.size(0) * record.directions.numel() > 2 * kMostProducts) {
    record.omitted.emplace_back("latents and true features are too many to be compared");
    return;
  }
  record.features = features.size(0);
  record.features_of_latents = nearest_directions(record.directions, features);
  record.latents_of_features = nearest_directions(features, record.directions);
}

// --- Histograms ---

std::vector<double> numbers(const Tensor& values) {
  const auto flat = values.to(at::kCPU, at::kDouble).contiguous();
  return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

json histogram(const std::vector<double>& edges, const std::vector<double>& values) {
  std::vector<std::int64_t> counts(edges.size() - 1, 0);
  for (const auto value : values) {
    const auto above = std::upper_bound(edges.begin() + 1, edges.end() - 1, value);
    ++counts[static_cast<std::size_t>(above - edges.begin() - 1)];
  }
  return {{"edges", edges}, {"counts", counts}};
}

json cosines_json(const Tensor& cosines) {
  std::vector<double> edges;
  for (int i = 0; i <= kBinsOfCosines; ++i) edges.push_back(static_cast<double>(i) / kBinsOfCosines);
  return histogram(edges, numbers(cosines));
}

/// Of log10 of the densities that are not 0, from the least possible one on.
json densities_json(const LatentRecord& record) {
  const auto rows = static_cast<double>(record.activity.rows());
  std::vector<double> edges, values;
  for (int i = static_cast<int>(std::floor(-std::log10(rows) * kBinsOfDecade)); i <= 0; ++i)
    edges.push_back(static_cast<double>(i) / kBinsOfDecade);
  if (edges.size() < 2) edges.insert(edges.begin(), -1.0 / kBinsOfDecade);
  for (std::int64_t latent = 0; latent < record.latents(); ++latent)
    if (record.active_rows(latent) > 0) values.push_back(std::log10(record.density(latent)));
  return histogram(edges, values);
}

// --- The rows that activate latents most ---

std::string band_of(double density) {
  if (density < DictionaryQuality::kRare) return "rare";
  return density > DictionaryQuality::kDense ? "dense" : "middle";
}

/// Of each band the latents of the largest strength.
std::vector<std::pair<std::string, std::int64_t>> shown_latents(const LatentRecord& record) {
  std::vector<std::pair<std::string, std::int64_t>> shown;
  for (const std::string band : {"rare", "middle", "dense"}) {
    std::vector<std::int64_t> latents;
    for (std::int64_t latent = 0; latent < record.latents(); ++latent)
      if (record.active_rows(latent) > 0 && band_of(record.density(latent)) == band)
        latents.push_back(latent);
    std::stable_sort(latents.begin(), latents.end(),
                     [&](auto a, auto b) { return record.strength(a) > record.strength(b); });
    latents.resize(std::min(latents.size(), static_cast<std::size_t>(kShownOfBand)));
    for (const auto latent : latents) shown.emplace_back(band, latent);
  }
  return shown;
}

Batch rows_of(const LatentRecord& record, std::int64_t latent, const Dataset& rows) {
  std::vector<std::int64_t> places;
  for (const auto& active : record.activity.strongest(latent)) places.push_back(active.row);
  return rows.gather(at::tensor(places, at::kLong));
}

json strongest_json(const LatentRecord& record, const std::string& band, std::int64_t latent,
                    const Batch& batch) {
  json shown = {{"latent", latent},
                {"band", band},
                {"active_rows", record.active_rows(latent)},
                {"rows", json::array()}};
  if (record.features > 0) {
    shown["feature"] = record.features_of_latents.places[latent].item<std::int64_t>();
    shown["feature_cosine"] = rounded(record.features_of_latents.cosines[latent].item<double>());
  }
  const auto strongest = record.activity.strongest(latent);
  for (std::size_t i = 0; i < strongest.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    json row = {{"row", record.places[static_cast<std::size_t>(strongest[i].row)]},
                {"activation", rounded(strongest[i].activation)}};
    if (batch.labels.defined()) row["label"] = batch.labels[at].item<std::int64_t>();
    const auto values = batch.inputs[at].flatten();
    if (!is_picture(batch.inputs.sizes().slice(1).vec()))
      row["values"] = rounded_list(values.slice(0, 0, kShownValues));
    shown["rows"].push_back(std::move(row));
  }
  return shown;
}

void add_strongest(json& record_json, const LatentRecord& record, const Dataset& rows,
                   const std::filesystem::path& folder) {
  const bool pictures = is_picture(rows.shape());
  std::vector<Tensor> drawn;
  record_json["strongest"] = json::array();
  for (const auto& [band, latent] : shown_latents(record)) {
    const auto batch = rows_of(record, latent, rows);
    record_json["strongest"].push_back(strongest_json(record, band, latent, batch));
    if (pictures) drawn.push_back(batch.inputs);
  }
  if (!drawn.empty()) record_json["pictures"] = draw_picture_lines(folder / "latents.png", drawn, kKept);
}

// --- Files ---

json definitions_json() {
  const auto define = [](const std::string& definition) {
    return json{{"definition", definition}, {"version", 1}};
  };
  return {
      {"density", define("share of the rows in which a latent is active: its value is not 0")},
      {"dead", define("number of latents that are active in none of the rows")},
      {"band", define("rare: active in some, but fewer than 1 in 1000 rows; dense: in more than 1 in 10; "
                      "middle: all others that are active")},
      {"largest cosine", define("largest absolute cosine of a latent's direction, its vector in the decoder, "
                                "with another latent's")},
      {"strength", define("largest absolute value of a latent in any row, times the norm of its direction")},
      {"feature cosine",
       define("largest absolute cosine of a true feature's direction with a latent's, or of a latent's with "
              "a true feature's")},
      {"recovered", define("true features whose largest absolute cosine with a latent exceeds 0.9 (Sharkey, "
                           "Braun & Millidge 2022)")}};
}

json truth_json(const LatentRecord& record) {
  const auto& cosines = record.latents_of_features.cosines;
  return {{"features", record.features},
          {"recovered", (cosines > kRecovered).sum().item<std::int64_t>()},
          {"features_cosines", cosines_json(cosines)},
          {"latents_cosines", cosines_json(record.features_of_latents.cosines)}};
}

json dictionary_json(const LatentRecord& record) {
  const auto& active = record.activity.active();
  json written = {{"format", 1},
                  {"rows", record.activity.rows()},
                  {"latents", record.latents()},
                  {"dead", std::count(active.begin(), active.end(), 0)},
                  {"densities", densities_json(record)},
                  {"definitions", definitions_json()},
                  {"omitted", record.omitted}};
  for (const std::string band : {"rare", "middle", "dense"}) {
    std::int64_t count = 0;
    for (std::int64_t latent = 0; latent < record.latents(); ++latent)
      count += record.active_rows(latent) > 0 && band_of(record.density(latent)) == band;
    written["bands"][band] = count;
  }
  if (record.compared.defined()) {
    written["compared"] = record.compared.size(0);
    written["cosines"] = cosines_json(record.nearest.cosines);
  }
  if (record.features > 0) written["truth"] = truth_json(record);
  return written;
}

std::string latents_csv(const LatentRecord& record) {
  std::string csv =
      "latent,active_rows,largest_activation,row,decoder_norm,largest_cosine,nearest_latent,feature,"
      "feature_cosine\n";
  const auto compared = record.compared.defined() ? numbers(record.compared) : std::vector<double>();
  std::size_t next = 0;  // of those compared
  const auto nearest = [](const NearestDirections& rows, std::int64_t i) {
    return std::pair(rows.cosines[i].item<float>(), rows.places[i].item<std::int64_t>());
  };
  for (std::int64_t latent = 0; latent < record.latents(); ++latent) {
    csv += fmt::format("{},{},", latent, record.active_rows(latent));
    const auto rows = record.activity.strongest(latent);
    csv += rows.empty() ? ","
                        : fmt::format("{:.7g},{}", rows.front().activation,
                                      record.places[static_cast<std::size_t>(rows.front().row)]);
    csv += fmt::format(",{:.7g},", record.norms[static_cast<std::size_t>(latent)]);
    if (next < compared.size() && static_cast<std::int64_t>(compared[next]) == latent) {
      const auto [cosine, other] = nearest(record.nearest, static_cast<std::int64_t>(next++));
      csv += fmt::format("{:.7g},{},", cosine, other);
    } else {
      csv += ",,";
    }
    if (record.features > 0) {
      const auto [cosine, feature] = nearest(record.features_of_latents, latent);
      csv += fmt::format("{},{:.7g}\n", feature, cosine);
    } else {
      csv += ",\n";
    }
  }
  return csv;
}

}  // namespace

void write_dictionary_summary(const std::filesystem::path& folder, const Autoencoder& model,
                              const Dataset& rows, std::string_view part) {
  if (!applies(model, rows)) return;
  const at::NoGradGuard no_grad;
  auto record = active_latents(model, rows);
  if (!record) return;
  compare_latents(*record);
  compare_features(*record, rows);
  if (record->activity.rows() < rows.size())
    record->omitted.insert(record->omitted.begin(),
                           fmt::format("densities and activations are those of the first {} of {} rows",
                                       record->activity.rows(), rows.size()));
  auto written = dictionary_json(*record);
  written["part"] = part;
  written["of"] = rows.size();
  add_strongest(written, *record, rows, folder);
  write_file(folder / "latents.csv", latents_csv(*record));
  write_file(folder / "dictionary.json", written.dump() + "\n");
}

}  // namespace aelab
