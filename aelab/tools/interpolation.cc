#include "aelab/tools/interpolation.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/random.h"
#include "aelab/core/text.h"
#include "aelab/data/pictures.h"
#include "aelab/evaluation/codes.h"
#include "aelab/runs/results.h"
#include "aelab/runs/trained_run.h"
#include "aelab/tools/traversal.h"
#include "aelab/tools/written_values.h"

namespace aelab {

std::span<const std::string_view> names(InterpolationKind) {
  static constexpr std::array<std::string_view, 4> kNames = {"strip", "grid", "manifold", "traversal"};
  return kNames;
}

namespace {

using nlohmann::json;

constexpr const char* kJsonFile = "interpolation.json";
constexpr const char* kPictureFile = "interpolation.png";
constexpr const char* kDecodedFile = "decoded.npy";
constexpr std::int64_t kTraversedDimensions = 10;

struct NamedEndpoint {
  std::string name;
  Endpoint& endpoint;
  bool needed;
  std::string where;  ///< what it is, for help
};

/// Those that belong to the kind, and those that do not.
std::vector<NamedEndpoint> endpoints_of(InterpolationConfig& config) {
  const bool grid = config.kind == InterpolationKind::grid,
             between_two = grid || config.kind == InterpolationKind::strip,
             from_one = between_two || config.kind == InterpolationKind::traversal;
  return {{"from", config.from, from_one, "first sample"},
          {"to", config.to, between_two, "second sample"},
          {"down", config.down, grid, "lower left corner of a grid"},
          {"diagonal", config.diagonal, grid, "lower right corner of a grid"}};
}

void require_endpoint(Fields& f, const NamedEndpoint& item, InterpolationKind kind) {
  const auto& [name, endpoint, needed, where] = item;
  const bool row = endpoint.row.has_value(), label = !endpoint.of_class.empty();
  f.require(!needed || row || label, name,
            "is missing: give a row of the split, --" + name + " 3, or a class, --" + name + "-class 3");
  f.require(!(row && label), name + "-class",
            "conflicts with --" + name + ", which already names a row: give one of the two");
  const char* remedy = "is a corner of a grid: add --kind grid, or remove it";
  if (kind == InterpolationKind::manifold)
    remedy = "does not apply to a manifold, which covers all codes: remove it";
  if (kind == InterpolationKind::traversal)
    remedy = "does not apply to a traversal, which begins at one sample, --from: remove it";
  f.require(needed || !(row || label), row ? name : name + "-class", remedy);
}

/// Where an interpolation's ends are, as its JSON says it.
struct Ends {
  std::vector<std::int64_t> rows;
  std::vector<std::string> names;
};

/// The rows that samples are taken from.
struct Samples {
  Dataset rows;       ///< as the model sees them
  Dataset neighbors;  ///< the inputs that distances are measured from
  std::vector<std::string> class_names;
  std::string name, neighbors_name;  ///< "the test split", "the training split"
};

std::int64_t checked_row(const NamedEndpoint& end, const Samples& samples) {
  const auto row = *end.endpoint.row;
  if (row < samples.rows.size()) return row;
  throw FieldError(end.name, fmt::format("there is no row {}: {} has {} rows, counted from 0", row,
                                         samples.name, samples.rows.size()));
}

/// The names of the classes that some labels have.
std::string classes_in_words(const Tensor& labels, const std::vector<std::string>& names) {
  const auto known = std::get<0>(at::_unique(labels)).to(at::kLong).contiguous();
  std::vector<std::string> classes;
  for (std::int64_t i = 0; i < known.numel(); ++i)
    classes.push_back(name_of_class(known.const_data_ptr<std::int64_t>()[i], names));
  return join(classes, ", ");
}

std::int64_t row_of_class(const NamedEndpoint& end, const Samples& samples,
                          const std::optional<std::int64_t>& seed) {
  const auto field = end.name + "-class";
  if (!samples.rows.has_labels())
    throw FieldError(field, "the data have no labels; name a row with --" + end.name);
  const auto labels = samples.rows.labels();
  const auto& names = samples.class_names;
  const auto number = class_called(end.endpoint.of_class, labels.max().item<std::int64_t>() + 1, names);
  const auto members = number ? (labels == *number).nonzero().flatten() : Tensor();
  if (!members.defined() || members.numel() == 0)
    throw FieldError(field,
                     fmt::format("there is no class {} in {}, whose classes are {}", end.endpoint.of_class,
                                 samples.name, classes_in_words(labels, names)));
  std::int64_t place = 0;
  if (seed)
    place = at::randint(members.size(0), {1}, random_generator(*seed, "interpolation." + end.name), at::kLong)
                .item<std::int64_t>();
  return members[place].item<std::int64_t>();
}

Ends find_ends(InterpolationConfig& config, const Samples& samples) {
  Problems problems;
  Ends ends;
  for (const auto& end : endpoints_of(config)) {
    if (!end.needed) continue;
    problems.attempt([&] {
      ends.rows.push_back(end.endpoint.row ? checked_row(end, samples)
                                           : row_of_class(end, samples, config.seed));
      ends.names.push_back(end.name);
    });
  }
  problems.raise();
  return ends;
}

Samples samples_of_run(const TrainedRun& run, SplitPart part) {
  return {.rows = run.part(part),
          .neighbors = run.data.train,
          .class_names = run.source.class_names,
          .name = "the " + std::string(name_of(part)) + " split",
          .neighbors_name = "the training split"};
}

Samples samples_of_other(const TrainedModel& model, const Choice<Source>& source) {
  Samples samples{.rows = {},
                  .neighbors = {},
                  .class_names = {},
                  .name = "the given data",
                  .neighbors_name = "the given data"};
  in_field("data", [&] {
    const auto data = open_for_model(model, source);
    samples.class_names = data.class_names;
    samples.rows = data.test ? joined({data.train, *data.test}) : data.train;
  });
  samples.rows = samples.neighbors = rows_for_model(model, samples.rows);
  return samples;
}

std::int64_t pictures_in(const InterpolationConfig& config, const Autoencoder& model) {
  const auto steps = config.path.steps;
  if (config.kind == InterpolationKind::strip) return 2 * steps;
  if (config.kind != InterpolationKind::traversal) return steps * steps;
  return steps * std::min(config.dimensions.value_or(kTraversedDimensions), elements(model.code_shape()));
}

/// What can be known before the model is asked.
void check_possible(const InterpolationConfig& config, const Autoencoder& model, const std::string& origin) {
  constexpr std::int64_t kMostPixels = 100'000'000, kLongestSide = 100'000;
  const auto& input = model.input_shape();
  if (!model.reconstructs_input())
    throw Error(origin +
                ": this model reconstructs other features than it reads, and an interpolation is "
                "compared with the rows themselves");
  if (!model.reconstructs())
    throw Error(origin + ": this model decodes no longer: training its classifier left the decoder behind");
  if (const auto numbers = elements(model.code_shape());
      config.kind == InterpolationKind::manifold && numbers != 2)
    throw FieldError(
        "kind",
        fmt::format("a manifold needs a 2-dimensional latent code, this model's has {} dimensions; train one "
                    "with \"code\": 2, or choose strip or grid",
                    numbers));
  if (config.kind == InterpolationKind::manifold && model.conditions() > 0)
    throw FieldError("kind",
                     "a manifold shows one picture for each code, and this model's also depend on the "
                     "class: choose strip or grid");
  if (config.path.codes == EndCodes::sample && !model.parts().bottleneck.samples_codes())
    throw FieldError("codes",
                     "sample is for models that draw codes at random, and this model's are deterministic: "
                     "leave it out");
  if (!is_picture(input)) return;
  const auto [width, height] = sheet_size(input, pictures_in(config, model), config.path.steps);
  if (width * height > kMostPixels || std::max(width, height) > kLongestSide)
    throw FieldError("steps",
                     fmt::format("the image would have {} x {} pixels; choose fewer", width, height));
}

json nearest_json(const Nearest& nearest, std::int64_t i) {
  return {{"distance", nearest.distance[i].item<double>()}, {"nearest", nearest.row[i].item<std::int64_t>()}};
}

/// What an interpolation's points are, and the traversals that they are of, if they are.
struct Points {
  Interpolation made;
  std::optional<RowTraversals> traversals = {};
};

/// A manifold covers the codes of all rows; other kinds begin at the inputs at their ends.
Points compute_points(const InterpolationConfig& config, const Autoencoder& model, const Dataset& rows,
                      const Ends& ends) {
  if (config.kind == InterpolationKind::manifold)
    return {decode_plane(model, codes_of_rows(model, rows), config.path.steps)};
  const auto samples = rows.gather(at::tensor(ends.rows, at::kLong));
  const auto& inputs = samples.inputs;
  auto path = config.path;
  path.conditions = model.condition(samples.to(model.parameters().front().device()));
  if (config.kind != InterpolationKind::traversal)
    return {in_field("method", [&] {
      return config.kind == InterpolationKind::grid ? interpolate_grid(model, inputs, path)
                                                    : interpolate(model, inputs[0], inputs[1], path);
    })};
  auto found = traverse_row(model, inputs[0], rows, path, config.dimensions.value_or(kTraversedDimensions));
  Points points;
  points.made.codes = found.paths.codes;
  points.made.decoded = found.paths.decoded;
  points.traversals = std::move(found);
  return points;
}

json point_json(const Points& points, const Nearest& decoded, const std::optional<Nearest>& pixels,
                std::int64_t i) {
  const auto& made = points.made;
  auto point = nearest_json(decoded, i);
  if (points.traversals) {
    const auto& paths = points.traversals->paths;
    const auto steps = paths.places.size(1);
    point["dimension"] = paths.dimensions[i / steps].item<std::int64_t>();
    point["value"] = shortened(paths.places[i / steps][i % steps].item<float>());
  }
  if (made.t.defined()) {
    json t = json::array();
    for (std::int64_t j = 0; j < made.t.size(1); ++j) t.push_back(made.t[i][j].item<double>());
    point["t"] = t.size() == 1 ? t[0] : t;
  }
  point["code"] = numbers_of(made.codes[i]);
  if (pixels) point["pixels"] = nearest_json(*pixels, i);
  return point;
}

json interpolation_heading(const InterpolationConfig& config, const Shape& code, const Samples& samples,
                           const Ends& ends, const std::optional<RowTraversals>& traversals) {
  json head = {{"kind", name_of(config.kind)},
               {"steps", config.path.steps},
               {"code_shape", code},
               {"distance", "Euclidean, from the nearest input of " + samples.neighbors_name +
                                ", whose row is \"nearest\""}};
  if (config.checkpoint) head["checkpoint"] = name_of(*config.checkpoint);
  if (!config.data) head["part"] = name_of(config.part.value_or(SplitPart::test));
  if (config.data) head["data"] = write_config(config.data->source);
  if (config.kind == InterpolationKind::strip || config.kind == InterpolationKind::grid) {
    head["method"] = name_of(config.path.method);
    head["space"] = name_of(config.path.space);
  }
  if (config.path.codes == EndCodes::sample) head["codes"] = {{"drawn_with_seed", config.path.seed}};
  if (traversals) head["dimensions"] = traversals->dimensions();
  if (config.kind == InterpolationKind::strip) head["picture_rows"] = {"decoded", "pixels"};
  const auto labels = samples.rows.labels();
  for (std::size_t i = 0; i < ends.rows.size(); ++i) {
    head[ends.names[i]] = {{"row", ends.rows[i]}};
    if (!labels.defined()) continue;
    const auto label = labels[ends.rows[i]].item<std::int64_t>();
    head[ends.names[i]]["label"] = label;
    if (!samples.class_names.empty())
      head[ends.names[i]]["class"] = name_of_class(label, samples.class_names);
  }
  return head;
}

/// The heading, and then a line for every point.
std::string interpolation_text(const json& head, const std::vector<std::string>& points) {
  auto text = head.dump(1);
  text.resize(text.size() - 2);  // without "\n}"
  return text + ",\n \"points\": [\n  " + join(points, ",\n  ") + "\n ]\n}\n";
}

std::string draw_interpolation(const InterpolationConfig& config, const Interpolation& made) {
  auto shown = made.decoded;
  if (config.kind == InterpolationKind::strip) shown = at::cat({shown, made.pixels});
  const double low = std::min(0.0, shown.min().item<double>()),
               high = std::max(1.0, shown.max().item<double>());
  return encode_png(draw_sheet(shown, config.path.steps, low, high));
}

}  // namespace

void InterpolationConfig::fields(Fields& f) {
  constexpr double kLongest = 1000, kWidestGrid = 50;
  f("kind", kind,
    "strip: between two samples; grid: between four; manifold: over a 2-dimensional latent space; traversal: "
    "from one sample along single dimensions of its code, two standard deviations to each side of their "
    "means, those that vary most first");
  const auto ends = endpoints_of(*this);
  for (const auto& [name, endpoint, needed, where] : ends) {
    f(name, endpoint.row, where + ": its row in the split, from 0", at_least(0));
    f(name + "-class", endpoint.of_class, where + ": a sample of this class, by name or number");
  }
  f("seed", seed,
    "seed that draws a class's sample, the first sample if omitted, and codes (--codes sample), 0 if omitted",
    at_least(0));
  f("steps", path.steps, "number of points along each side, both ends included", between(2, kLongest));
  f("method", path.method, "interpolation; spherical follows the great circle");
  f("space", path.space, "interpolate latent codes, or inputs that are then encoded and decoded");
  f("codes", path.codes,
    "codes of the samples. mean: as the model reads them, the mean of codes that it draws; sample: drawn "
    "from "
    "their distribution given the sample");
  f("dimensions", dimensions, "maximum number of dimensions of a traversal; 10 if omitted", between(1, 1000));
  f("data", data,
    "data source whose rows are the samples: a name, or a JSON object as in a run file; the run's own data "
    "if "
    "omitted");
  f("part", part, "split of the run's own data; test if omitted");
  f("checkpoint", checkpoint, "checkpoint of the run to load; best if omitted");
  f("output", output, "folder to write to; RUN_FOLDER/interpolations/<n> if omitted");
  f.require(!data || !part, "part", "is a split of the run's own data: remove it, or the other data");
  f.require(!data || data->split.transforms.empty(), "data",
            "the run's own \"transforms\" are applied: remove them here");
  for (const auto& item : ends) require_endpoint(f, item, kind);
  const bool by_class =
      std::any_of(ends.begin(), ends.end(), [](const auto& end) { return !end.endpoint.of_class.empty(); });
  const bool draws_codes = path.codes == EndCodes::sample, is_manifold = kind == InterpolationKind::manifold,
             is_traversal = kind == InterpolationKind::traversal;
  f.require(!seed || by_class || draws_codes, "seed",
            "draws a sample of a class: name the class with --from-class; or codes: add --codes sample");
  f.require(
      kind == InterpolationKind::strip || is_traversal || static_cast<double>(path.steps) <= kWidestGrid,
      "steps", "must be at most 50 in a grid or manifold, which have steps x steps points");
  f.require(!dimensions || is_traversal, "dimensions",
            "are those of a traversal: add --kind traversal, or remove it");
  f.require(!draws_codes || !is_manifold, "codes",
            "does not apply to a manifold, which has no ends: remove it");
  f.require(!draws_codes || path.space == InterpolationSpace::code, "codes",
            "does not apply to a path between inputs: remove it, or --space input");
  if (!is_manifold && !is_traversal) return;
  f.require(
      path.method == InterpolationMethod::linear, "method",
      is_manifold ? "does not apply to a manifold: remove it" : "does not apply to a traversal: remove it");
  f.require(path.space == InterpolationSpace::code, "space",
            is_manifold ? "must be \"code\" for a manifold, which is a plane of latent codes"
                        : "must be \"code\" for a traversal, which is along dimensions of latent codes");
}

InterpolationOutcome interpolate(const std::filesystem::path& model_path, const InterpolationConfig& given) {
  auto config = given;
  check_config(config, "interpolation");
  config.path.seed = config.seed.value_or(0);
  const auto opened = open_for_use(model_path, config.checkpoint, !config.data);
  if (std::filesystem::is_directory(model_path)) config.checkpoint = config.checkpoint.value_or(Which::best);
  const auto& network = *opened.model.network();
  const auto compute = opened.model.compute();
  check_possible(config, network, model_path.string());
  InterpolationOutcome outcome{.folder = {}, .files = {kJsonFile, kDecodedFile}, .pixels_distance = {}};
  if (is_picture(network.input_shape())) outcome.files.emplace_back(kPictureFile);
  require_free(config.output, outcome.files);
  const auto samples = opened.run ? samples_of_run(*opened.run, config.part.value_or(SplitPart::test))
                                  : samples_of_other(opened.model, config.data->source);
  const auto ends = find_ends(config, samples);
  const auto computed = compute_points(config, network, samples.rows, ends);
  const auto& made = computed.made;

  const c10::InferenceMode inference;
  const auto decoded = nearest_rows(made.decoded, samples.neighbors);
  std::optional<Nearest> pixels;
  if (made.pixels.defined()) pixels = nearest_rows(made.pixels, samples.neighbors);
  outcome.decoded_distance = decoded.distance.mean().item<double>();
  if (pixels) outcome.pixels_distance = pixels->distance.mean().item<double>();
  std::vector<std::string> points;
  for (std::int64_t i = 0; i < made.decoded.size(0); ++i)
    points.push_back(point_json(computed, decoded, pixels, i).dump());
  outcome.folder = make_results_folder(config.output, home_of_model(model_path) / "interpolations");
  write_file(outcome.folder / kDecodedFile, npy_of(made.decoded));
  if (outcome.files.back() == kPictureFile)
    write_file(outcome.folder / kPictureFile, draw_interpolation(config, made));
  write_file(
      outcome.folder / kJsonFile,
      interpolation_text(
          interpolation_heading(config, network.code_shape(), samples, ends, computed.traversals), points));
  return outcome;
}

}  // namespace aelab
