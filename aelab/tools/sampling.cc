#include "aelab/tools/sampling.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/text.h"
#include "aelab/data/pictures.h"
#include "aelab/evaluation/codes.h"
#include "aelab/evaluation/samplers/autoregressive_sampler.h"
#include "aelab/evaluation/samplers/gaussian_samplers.h"
#include "aelab/evaluation/samplers/prior_sampler.h"
#include "aelab/runs/results.h"
#include "aelab/runs/trained_run.h"
#include "aelab/tools/written_values.h"

namespace aelab {

void SamplingConfig::fields(Fields& f) {
  constexpr double kMost = 10'000'000;
  f("count", count, "number of samples", between(1, kMost)).also_known_as({"n", "samples", "num_samples"});
  f("sampler", sampler,
    "distribution that codes are drawn from: the model's prior, or one that is fitted to codes of training "
    "rows; if omitted, the one under which codes of the validation split are likeliest, and for codes that "
    "are made of a codebook's vectors autoregressive. A name, or a JSON object with \"kind\" and fields");
  f("fitted", fitted,
    "file sampler.safetensors that this command wrote for the same model: draw from that sampler, and fit "
    "none");
  f("components", components, "number of Gaussians of the sampler mixture", at_least(1));
  f("label", label,
    "draw samples of this class, by name or number: the sampler is fitted to its rows alone, and a model "
    "that "
    "is conditional on the label decodes codes as those of this class; by default it decodes them as of all "
    "classes in turn")
      .also_known_as({"class"});
  f("seed", seed, "seed of the samples", at_least(0));
  f("checkpoint", checkpoint, "checkpoint to load");
  f("output", output, "folder to write to; RUN_FOLDER/samples/<n> if omitted");
  const bool is_mixture = sampler && !sampler->empty() && sampler->kind() == MixtureSampler::Config::kind;
  f.require(!components || is_mixture, "components", "is of the sampler mixture: choose it");
  f.require(fitted.empty() || !sampler, "sampler",
            "conflicts with \"fitted\", a sampler that was fitted before: give one of them");
}

namespace {

using nlohmann::json;

constexpr const char *kSamples = "samples.npy", *kCodes = "codes.npy", *kLabels = "labels.npy",
                     *kSampler = "sampler.safetensors", *kSampling = "sampling.json", *kSheet = "samples.png";

/// The number of the class that the label names, or that it is; nothing if it is empty.
std::optional<std::int64_t> class_of(const InputSchema& input, const std::string& label) {
  if (label.empty()) return std::nullopt;
  if (input.classes == 0) throw FieldError("label", "the run's data have no labels; leave it out");
  const auto& names = input.class_names;
  if (const auto found = class_called(label, input.classes, names)) return found;
  throw FieldError("label",
                   "there is no class " + label + " in the run's data, whose classes are " +
                       (names.empty() ? "0 to " + std::to_string(input.classes - 1) : join(names, ", ")));
}

/// The rows of a class of the split, or all.
Dataset rows_of_class(const Dataset& rows, const std::optional<std::int64_t>& label) {
  return label ? rows.subset((rows.labels() == *label).nonzero().flatten()) : rows;
}

/// The codes of rows of a class, or of all: [rows, dimensions] float64 on the CPU.
Tensor codes_of_class(const Autoencoder& model, const Dataset& rows,
                      const std::optional<std::int64_t>& label) {
  return codes_of_rows(model, rows_of_class(rows, label)).flatten(1).to(at::kCPU, at::kDouble);
}

/// Whether what the model decodes depends on the class that is asked for, if one is.
bool depends_on(const std::string& label, const Autoencoder& model) {
  return label.empty() || model.conditions() > 0;
}

/// The samplers to choose from.
std::vector<Choice<Sampler>> candidates(const SamplingConfig& config, const Autoencoder& model) {
  if (config.sampler) {
    auto chosen = *config.sampler;
    if (config.components) chosen = MixtureSampler::Config{.components = *config.components};
    return {chosen};
  }
  std::vector<Choice<Sampler>> all;
  for (const auto& kind : Sampler::registry().all()) {
    const bool is_prior = kind.name == PriorSampler::Config::kind;
    const auto choice = Choice<Sampler>::named(kind.name);
    if (choice.can(capability::takes_long) || (is_prior && !depends_on(config.label, model))) continue;
    if (choice.make()->unsuited(model).empty()) all.push_back(choice);
  }
  if (all.empty())  // of a codebook that is too large
    throw FieldError("sampler", AutoregressiveSampler({}).unsuited(model));
  return all;
}

/// Fits them all, the likeliest first.
std::vector<FittedSampler> fit_samplers(const SamplingConfig& config, const OpenedModel& opened) {
  const auto& model = *opened.model.network();
  if (!config.fitted.empty())
    return {FittedSampler{in_field("fitted", [&] { return read_sampler(config.fitted, model); })}};
  const auto label = class_of(opened.model.input(), config.label);
  Tensor codes, held_out;
  if (opened.run) {
    const auto& data = opened.run->data;
    codes = codes_of_class(model, data.train, label);
    if (data.validation.size() > 0) held_out = codes_of_class(model, data.validation, label);
  }
  std::vector<FittedSampler> fitted;
  for (const auto& choice : candidates(config, model)) {
    auto sampler = choice.make();
    in_field("sampler", [&] { sampler->fit(model, codes, config.seed); });
    std::optional<double> score;
    if (held_out.defined() && held_out.size(0) > 0)
      score = sampler->log_density(held_out).mean().item<double>();
    fitted.push_back({{choice, std::move(sampler)}, score});
  }
  if (fitted.size() > 1 && !fitted.front().held_out)
    throw FieldError("sampler",
                     "cannot be chosen by codes of the validation split, which has no rows: name one, "
                     "such as " +
                         fitted.back().config.kind());
  std::stable_sort(fitted.begin(), fitted.end(),
                   [](const auto& a, const auto& b) { return a.held_out > b.held_out; });
  return fitted;
}

/// Whether a sampler is fitted, which needs data.
bool needs_rows(const SamplingConfig& config) {
  const bool is_prior = config.sampler && config.sampler->kind() == PriorSampler::Config::kind;
  return config.fitted.empty() && !is_prior;
}

/// The classes that samples of a conditional model are of, [count]; undefined for other models.
Tensor labels_of_samples(const SamplingConfig& config, const TrainedModel& model) {
  const auto classes = model.network()->conditions();
  if (classes == 0) return {};
  if (const auto label = class_of(model.input(), config.label)) return at::full({config.count}, *label);
  return at::arange(config.count, at::kLong).remainder(classes);
}

/// A file that no sampler can be fitted for: nothing of its data is known.
void require_prior(const SamplingConfig& config, const std::filesystem::path& path) {
  if (!needs_rows(config)) return;
  throw FieldError("sampler", path.string() +
                                  " is a model without data that a sampler could be fitted to: choose "
                                  "\"prior\", give one that is fitted already, or the run's folder");
}

std::string sheet_of(const Tensor& rows) {
  const auto columns = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(rows.size(0)))));
  const double low = std::min(0.0, rows.min().item<double>()),
               high = std::max(1.0, rows.max().item<double>());
  return encode_png(draw_sheet(rows, columns, low, high));
}

/// What the samplers' scores are: codes of a codebook have probabilities.
std::string held_out_in_words(const Autoencoder& model) {
  if (model.parts().bottleneck.codebook_size() == 0)
    return "mean log density of codes of the validation split, in nats";
  return "mean log probability of the indices of codes of the validation split, in nats";
}

json sampling_record(const SamplingConfig& config, const std::vector<FittedSampler>& fitted,
                     const Autoencoder& model) {
  json samplers = json::array();
  for (const auto& one : fitted) {
    samplers.push_back({{"sampler", write_config(one.config)}});
    if (one.held_out) samplers.back()["held_out_log_density"] = *one.held_out;
  }
  json record = {{"count", config.count},
                 {"seed", config.seed},
                 {"code_shape", model.code_shape()},
                 {"sampler", write_config(fitted.front().config)},
                 {"samplers", samplers},
                 {"held_out", held_out_in_words(model)}};
  if (config.checkpoint) record["checkpoint"] = name_of(*config.checkpoint);
  if (!config.label.empty()) record["label"] = config.label;
  if (!config.fitted.empty()) record["fitted"] = config.fitted;
  return record;
}

}  // namespace

SamplingOutcome draw_samples(const std::filesystem::path& model_path, const SamplingConfig& config) {
  check_config(config, "sampling");
  const bool has_run = std::filesystem::is_directory(model_path);
  if (!has_run) require_prior(config, model_path);
  const auto opened = open_for_use(model_path, config.checkpoint, has_run && needs_rows(config));
  const auto& model = opened.model;
  const auto compute = model.compute();
  if (!model.network()->reconstructs())
    throw Error(model_path.string() +
                ": this model decodes no longer: training its classifier left the decoder behind");
  if (!config.label.empty() && !needs_rows(config) && model.network()->conditions() == 0)
    throw FieldError("label",
                     "is for samplers that are fitted now, and for models that are conditional on the "
                     "label: leave it out");
  SamplingOutcome outcome{
      .folder = {},
      .files = {kSamples, kCodes, kSampler, kSampling},
      .fitted = {},
      .codes_have_probabilities = model.network()->parts().bottleneck.codebook_size() > 0};
  if (model.network()->conditions() > 0) outcome.files.emplace_back(kLabels);
  const auto shape = model.inversion().shape();
  if (is_picture(shape)) outcome.files.emplace_back(kSheet);
  require_free(config.output, outcome.files);
  outcome.fitted = fit_samplers(config, opened);

  const auto labels = labels_of_samples(config, model);
  const auto codes = outcome.fitted.front().sampler->draw(config.count, config.seed);
  auto code_shape = model.network()->code_shape();
  code_shape.insert(code_shape.begin(), config.count);
  const auto rows = model.decode(codes.to(at::kFloat).view(code_shape), labels);
  outcome.folder = make_results_folder(config.output, home_of_model(model_path) / "samples");
  write_file(outcome.folder / kSamples, npy_of(rows));
  write_file(outcome.folder / kCodes, npy_of(codes.view(code_shape)));
  if (labels.defined()) write_file(outcome.folder / kLabels, npy_of(labels));
  const auto& used = outcome.fitted.front();
  write_sampler(outcome.folder / kSampler, used.config, *used.sampler, *model.network());
  if (is_picture(shape)) write_file(outcome.folder / kSheet, sheet_of(rows));
  write_file(outcome.folder / kSampling,
             sampling_record(config, outcome.fitted, *model.network()).dump(1) + "\n");
  return outcome;
}

}  // namespace aelab
