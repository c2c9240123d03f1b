#include "aelab/runs/summary.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/image.h"
#include "aelab/data/pictures.h"
#include "aelab/evaluation/latent_interpolation.h"
#include "aelab/nn/code_use.h"
#include "aelab/nn/jacobian.h"
#include "aelab/runs/anomaly_summary.h"
#include "aelab/runs/contours.h"
#include "aelab/runs/dictionary_summary.h"
#include "aelab/runs/run.h"

namespace aelab {
namespace {

using nlohmann::json;

constexpr std::int64_t kPictures = 12, kInterpolated = 12, kShownFilters = 64, kCodes = 1000, kTraversed = 10;

/// A model, the rows that it is shown on, and its device.
struct Shown {
  const Autoencoder& model;
  const Dataset& rows;
  at::Device device;

  Batch first(std::int64_t count) const {
    auto batch = rows.range(0, std::min(count, rows.size())).to(device);
    batch.inputs = model.filled(batch.inputs);
    return batch;
  }
};

// --- Words and shapes ---

/// The parts of an autoencoder: the types that its config has chosen, but not those that are settings of
/// these.
json parts_in_words(const AutoencoderConfig& config) {
  json parts = json::array();
  visit_choices(config, [&](const std::string& path, AnyChoice& part) {
    if (part.empty() || path.find('.') != std::string::npos) return;
    auto settings = write_config(part);
    settings.erase(part.kinds().tag());
    parts.push_back({{"part", part.kinds().noun()},
                     {"kind", part.kind()},
                     {"summary", part.kinds().at(part.kind()).summary},
                     {"settings", std::move(settings)}});
  });
  return parts;
}

json model_in_words(const Autoencoder& model, const json& variant) {
  const auto name = variant.at("variant").get<std::string>();
  json words = {{"variant", name},
                {"summary", Autoencoder::registry().at(name).summary},
                {"input", model.input_shape()},
                {"code", model.code_shape()},
                {"reconstructs", model.reconstructs()},
                {"parts", parts_in_words(model.config())},
                {"methods", model.methods()}};
  const auto stack = model.layers();
  for (std::size_t i = 0; i < stack.size(); ++i)
    words["stack"].push_back(model_in_words(*stack[i], variant.at("layers").at(i)));
  return words;
}

json layers_json(const Autoencoder& model) {
  json layers = json::array();
  for (const auto& layer : model.parts().backbone.layers())
    layers.push_back({{"network", layer.network},
                      {"what", layer.what},
                      {"output", layer.output},
                      {"parameters", layer.parameters}});
  return layers;
}

json parameters_json(const Autoencoder& model) {
  json parameters = json::array();
  for (const auto& [name, tensor] : parameters_of(model))
    parameters.push_back({{"name", name}, {"shape", tensor.sizes().vec()}, {"count", tensor.numel()}});
  return parameters;
}

json data_json(const RunConfig& config, const Split& data) {
  return {{"source", config.data.source.kind()},
          {"shape", data.train.shape()},
          {"train", data.train.size()},
          {"validation", data.validation.size()},
          {"test", data.test.size()}};
}

// --- Codes ---

/// Principal components of [rows, dimensions]: singular values in descending order, and the coordinates of
/// the rows along the first two. Computed from the smaller of the two Gram matrices, in float64; of many
/// dimensions, without a copy of all codes.
struct Components {
  Tensor singular;  ///< [min(rows, dimensions)]
  Tensor places;    ///< [rows, 2]
};
Components components_of(const Tensor& codes) {
  constexpr std::int64_t kColumnsAtOnce = 1024;
  const auto centered = [](const Tensor& columns) {
    const auto exact = columns.to(at::kDouble);
    return exact - exact.mean(0, /*keepdim=*/true);
  };
  const bool wide = codes.size(1) > codes.size(0);
  const auto side = wide ? codes.size(0) : codes.size(1);
  auto gram = at::zeros({side, side}, at::kDouble);
  if (wide) {
    const auto parts = codes.split(kColumnsAtOnce, 1);
    for (const auto& part : parts) {
      const auto columns = centered(part);
      gram.addmm_(columns, columns.t());
    }
  } else {
    const auto all = centered(codes);
    gram.addmm_(all.t(), all);
  }
  const auto [ascending, vectors] = at::linalg_eigh(gram);
  const auto singular = ascending.flip(0).clamp_min(0).sqrt();
  const auto first = vectors.flip(1).slice(1, 0, 2);
  auto places = wide ? first * singular.slice(0, 0, 2) : centered(codes).matmul(first);
  const auto extreme = places.gather(0, places.abs().argmax(0, /*keepdim=*/true));
  return {singular, places * extreme.sign()};  // the sign is free: the farthest row is positive
}

json codes_json(const Shown& shown) {
  const auto batch = shown.first(kCodes);
  const auto encoded = shown.model.encode(batch);
  const auto codes = encoded.flatten(1).cpu();
  if (codes.size(0) < 2 || !codes.isfinite().all().item<bool>()) return {};
  const auto components = components_of(codes);
  json value = {{"rows", codes.size(0)},
                {"numbers", codes.size(1)},
                {"singular_values", rounded_list(components.singular / std::sqrt(codes.size(0) - 1.0))}};
  if (codes.size(1) < 2) return value;
  const bool plain = codes.size(1) == 2;
  const auto& places = plain ? codes : components.places;
  value["axes"] = plain ? "the two code dimensions" : "first two principal components of the codes";
  value["x"] = rounded_list(places.select(1, 0));
  value["y"] = rounded_list(places.select(1, 1));
  if (plain && shown.model.prior())
    if (auto contours = contours_json(*shown.model.prior(), shown.model.code_shape(), encoded.options());
        !contours.is_null())
      value["prior"] = std::move(contours);
  if (batch.labels.defined()) {
    const auto labels = batch.labels.cpu().contiguous();
    const auto* begin = labels.const_data_ptr<std::int64_t>();
    value["labels"] = std::vector<std::int64_t>(begin, begin + labels.numel());
  }
  return value;
}

/// How often each vector of the codebook is chosen for the first rows, in descending order and without those
/// that are not chosen; null for codes that are not chosen from finitely many.
json codebook_json(const Shown& shown) {
  constexpr std::int64_t kCounted = 10'000, kAtOnce = 1000;
  const auto& [backbone, bottleneck, likelihood, silent_rows] = shown.model.parts();
  if (bottleneck.codebook_size() == 0) return {};
  const auto rows = std::min(kCounted, shown.rows.size());
  CodebookCounts counts;
  for (std::int64_t begin = 0; begin < rows; begin += kAtOnce) {
    const auto batch = shown.rows.range(begin, std::min(begin + kAtOnce, rows)).to(shown.device);
    Pass pass;
    pass.pre_code = backbone.encode(batch.inputs, shown.model.conditioned(batch.inputs, batch.labels));
    bottleneck.code(pass, {});
    counts.add(pass.extras.at("indices"), bottleneck.codebook_size());
  }
  if (counts.empty()) return {};
  const auto chosen = std::get<0>(counts.counts().cpu().sort(0, /*descending=*/true));
  const auto* begin = chosen.const_data_ptr<std::int64_t>();
  const auto* end = std::find(begin, begin + chosen.numel(), 0);
  return {{"rows", rows},
          {"size", bottleneck.codebook_size()},
          {"perplexity", rounded(counts.perplexity())},
          {"counts", std::vector<std::int64_t>(begin, end)}};
}

/// The KL divergence of each code dimension from the prior, and the variance of its mean; null where codes
/// are not drawn from Gaussians. Without divergences where the prior has no closed form of them.
json latent_json(const Shown& shown) {
  const auto& [backbone, bottleneck, likelihood, silent_rows] = shown.model.parts();
  if (!bottleneck.is_gaussian() || !bottleneck.prior()) return {};
  LatentUse use;
  const auto batch = shown.first(kCodes);
  const auto pre_code = backbone.encode(batch.inputs, shown.model.conditioned(batch.inputs, batch.labels));
  use.add(bottleneck.gaussian(pre_code), *bottleneck.prior());
  if (!use.variance_of_means().isfinite().all().item<bool>()) return {};
  json value = {{"rows", use.rows()}, {"variances_of_means", rounded_list(use.variance_of_means())}};
  if (const auto divergence = use.divergence();
      divergence.defined() && divergence.isfinite().all().item<bool>())
    value["divergences"] = rounded_list(divergence);
  return value;
}

/// The singular values of d code / d input in descending order, each averaged over samples; null where they
/// would take long.
json jacobian_json(const Shown& shown) {
  constexpr std::int64_t kPoints = 32, kLargestSide = 512, kNumbers = std::int64_t{1} << 24;
  const auto code = elements(shown.model.code_shape()), input = elements(shown.model.input_shape());
  const auto rows = std::min({kPoints, shown.rows.size(), kNumbers / (code * input)});
  if (std::min(code, input) > kLargestSide || rows < 1 || !has_jacobian(shown.model.parts())) return {};
  const auto batch = shown.first(rows);
  const auto j =
      jacobian(shown.model.parts(), batch.inputs, shown.model.conditioned(batch.inputs, batch.labels))
          .to(at::kCPU, at::kDouble);
  if (!j.isfinite().all().item<bool>()) return {};
  const auto other = j.transpose(1, 2);
  const auto gram = code < input ? at::matmul(j, other) : at::matmul(other, j);
  const auto singular = at::linalg_eigvalsh(gram).flip(1).clamp_min(0).sqrt();
  return {{"rows", rows}, {"singular_values", rounded_list(singular.mean(0))}};
}

// --- Pictures ---

class Sheets {
 public:
  Sheets(std::filesystem::path folder, const Tensor& originals)
      : folder_(std::move(folder)),
        low_(std::min(0.0, originals.min().item<double>())),
        high_(std::max(1.0, originals.max().item<double>())) {}

  /// Side by side, or in rows of so many columns.
  void add(const std::string& name, const std::string& what, const Tensor& pictures,
           std::int64_t columns = 0) {
    add(name, what, to_images(pictures.cpu(), low_, high_), columns > 0 ? columns : pictures.size(0));
  }
  void add(const std::string& name, const std::string& what, const std::vector<Image>& images,
           std::int64_t columns) {
    const auto sheet = tile(images, columns);
    write_file(folder_ / (name + ".png"), encode_png(sheet));
    listed_[name] = {{"what", what}, {"columns", columns}, {"width", sheet.width}, {"height", sheet.height}};
  }
  const json& listed() const { return listed_; }

 private:
  std::filesystem::path folder_;
  double low_, high_;
  json listed_ = json::object();
};

/// The index of the first sample whose class is not that of sample 0; 1 without labels.
std::int64_t other_end(const Batch& batch) {
  if (!batch.labels.defined()) return 1;
  const auto others = at::nonzero(batch.labels.ne(batch.labels[0]));
  return others.size(0) > 0 ? others[0].item<std::int64_t>() : 1;
}

void draw_models_view(const Shown& shown, Sheets& sheets) {
  const auto& model = shown.model;
  const auto batch = shown.first(kPictures);
  const auto& inputs = batch.inputs;
  const auto condition = model.condition(batch);
  sheets.add("inputs", "samples", inputs);
  if (!model.reconstructs()) return;
  sheets.add("reconstructions", "reconstructions", model.reconstruct(inputs, condition));
  if (model.has_corruption()) {
    const auto corrupted = model.corrupt(inputs, {});
    sheets.add("corrupted", "the samples, corrupted as at the start of training", corrupted);
    sheets.add("denoised", "reconstructions of the corrupted samples",
               model.reconstruct(corrupted, condition));
  }
  if (shown.rows.size() < 2) return;
  const auto ends = shown.first(kCodes);
  const auto rows = at::tensor({std::int64_t{0}, other_end(ends)}).to(ends.inputs.device());
  const auto all = model.condition(ends);
  const auto inputs_of_ends = ends.inputs.index_select(0, rows);
  const auto path = interpolate(
      model, inputs_of_ends[0], inputs_of_ends[1],
      {.steps = kInterpolated, .conditions = all.defined() ? all.index_select(0, rows) : Tensor()});
  sheets.add("interpolation", "linear interpolation in latent space between two samples, decoded",
             path.decoded);
}

/// What the model generates, for models with a prior.
void draw_generated(const Shown& shown, Sheets& sheets) {
  const auto generated = decoded_draws(shown.model, 3 * kPictures);
  if (!generated.defined()) return;
  const auto batch = shown.first(kCodes);
  const auto codes = shown.model.encode(batch);
  const auto condition = shown.model.condition(batch);
  sheets.add("samples", "codes drawn from the prior, decoded", generated, kPictures);
  if (codes.dim() != 2 || codes.size(0) < 2) return;
  const auto made = traverse(shown.model, codes[0], codes, kInterpolated, kTraversed,
                             condition.defined() ? condition[0] : Tensor());
  sheets.add(
      "traversals",
      "the first sample's code with one dimension changed in each row, from two deviations below its mean "
      "to two above, decoded",
      made.decoded, kInterpolated);
}

json draw_pictures(const Shown& shown, const std::filesystem::path& folder) {
  if (!is_picture(shown.rows.shape()) || !shown.model.reconstructs_input()) return json::object();
  Sheets sheets(folder, shown.first(kPictures).inputs);
  draw_models_view(shown, sheets);
  draw_generated(shown, sheets);
  if (const auto weights = shown.model.parts().backbone.filters(); weights.defined()) {
    const auto images = filter_images(weights.slice(0, 0, kShownFilters).cpu());
    const auto columns = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(images.size()))));
    sheets.add(
        "filters",
        "weights of the encoder's first layer; gray is zero, each image is scaled by its largest weight",
        images, columns);
  }
  return sheets.listed();
}

SplitPart shown_part(const Split& data) {
  if (data.test.size() > 0) return SplitPart::test;
  return data.validation.size() > 0 ? SplitPart::validation : SplitPart::train;
}

}  // namespace

Tensor decoded_draws(const Autoencoder& model, std::int64_t count) {
  const auto* prior = model.prior();
  if (!prior || !model.reconstructs() || !model.decodes_codes_alone()) return {};
  const at::NoGradGuard no_grad;
  auto shape = model.code_shape();
  shape.insert(shape.begin(), count);
  const auto like = at::empty(shape, model.parameters().front().options().requires_grad(false));
  return model.decode(prior->sample_like(like, Noise()), model.condition_in_turn(count));
}

void write_summary(const std::filesystem::path& run_folder, const RunConfig& config, const Made& made) {
  const at::NoGradGuard no_grad;
  const auto& model = *made.model;
  const auto part = shown_part(made.data);
  const Shown shown{model, part_of(made.data, part), model.parameters().front().device()};
  const auto folder = run_folder / "summary";
  std::filesystem::create_directories(folder);
  json summary = {{"format", 1},
                  {"part", name_of(part)},
                  {"data", data_json(config, made.data)},
                  {"model", model_in_words(model, write_config(config.model))},
                  {"layers", layers_json(model)},
                  {"parameters", parameters_json(model)},
                  {"pictures", draw_pictures(shown, folder)}};
  if (auto codes = codes_json(shown); !codes.is_null()) summary["codes"] = std::move(codes);
  if (auto latent = latent_json(shown); !latent.is_null()) summary["latent"] = std::move(latent);
  if (auto codebook = codebook_json(shown); !codebook.is_null()) summary["codebook"] = std::move(codebook);
  if (auto jacobian = jacobian_json(shown); !jacobian.is_null()) summary["jacobian"] = std::move(jacobian);
  write_dictionary_summary(folder, model, shown.rows, name_of(part));
  write_anomaly_summary(run_folder, config, made);
  write_file(folder / "summary.json", summary.dump() + "\n");
}

}  // namespace aelab
