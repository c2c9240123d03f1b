#include "aelab/runs/trained_model.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/terminal.h"
#include "aelab/core/text.h"
#include "aelab/data/changed_rows.h"
#include "aelab/data/formats/file_kind.h"
#include "aelab/data/sources/windows_source.h"
#include "aelab/runs/file_kinds.h"
#include "aelab/runs/made.h"
#include "aelab/training/checkpoint.h"

namespace aelab {
namespace {

/// The config of the run that wrote a checkpoint.
RunConfig config_in(const CheckpointRecord& record, const std::filesystem::path& path) {
  if (record.run.config.text.empty() || record.input.text.empty())
    throw Error(path.string() +
                ": does not say which run it is of and what its inputs are, as checkpoints of runs do");
  return read_run_config(record.run.config.text, path.string());
}

/// Whether the run's transforms make inputs of this shape of such rows.
bool become(const Shape& inputs, const SplitConfig& split, const Shape& rows, const InputSchema& own) {
  if (!own.types.empty()) return rows == own.shape;
  bool equal = false;
  Problems refused;
  refused.attempt([&] { equal = split.changed(rows) == inputs; });
  return equal;
}

/// Throws an Error that names the first row, [rows, ...], with NaN or infinite values; NaN is a missing cell
/// if the rows `may_lack_cells`.
void require_finite(const std::string& what, const Tensor& rows, bool may_lack_cells = false) {
  const Batch batch{.inputs = rows, .labels = {}, .rows = at::arange(rows.size(0), at::kLong)};
  const auto place = first_not_finite(
      batch, [](std::int64_t row) { return "row " + std::to_string(row); }, may_lack_cells);
  if (!place.empty()) throw Error(what + " have NaN or infinite values: " + place);
}

std::string not_finite(const std::string& place) {
  return "NaN or infinite values: " + place + "; correct them, or leave out such rows";
}

/// Rows [n, first features] with zeros in place of the other ones, of `features` altogether.
Tensor with_zeros(const Tensor& rows, std::int64_t features) {
  return at::constant_pad_nd(rows, {0, features - rows.size(1)});
}

class WithoutTargets : public ChangedRows {
 public:
  WithoutTargets(Dataset rows, std::int64_t features) : ChangedRows(std::move(rows)), features_(features) {}
  Shape shape() const override { return {features_}; }
  Batch gather(const Tensor& rows, const Randomness& random) const override {
    auto batch = ChangedRows::gather(rows, random);
    batch.inputs = with_zeros(batch.inputs, features_);
    return batch;
  }

 protected:
  Range find_range() const override { return Storage::find_range(); }

 private:
  std::int64_t features_;
};

bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

/// Throws an Error that says what a file looks like which is neither named nor begins as a model's.
void require_model_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (path.extension() == ".safetensors" || !std::filesystem::is_regular_file(path, ignored)) return;
  const auto begin = beginning_of(path);
  if (is_safetensors(begin)) return;
  throw Error(path.string() + ": is not a model: it looks like " + looks_like(begin) +
              "; give the folder of a run, a checkpoint, or a file that aelab export --format model wrote" +
              runs_meant(path));
}

}  // namespace

TrainedModel::TrainedModel(const SafetensorsFile& file, const std::filesystem::path& path) {
  const auto record = record_in(file, path);
  config_ = config_in(record, path);
  read_config(nlohmann::json::parse(record.input.text), input_, path.string());
  Kernels recorded;
  read_config(nlohmann::json::parse(record.kernels.text), recorded, path.string());
  kernels_ = nearest(recorded);
  network_ = make_model(config_, input_);
  load_model_state(file, path, *network_);
  transforms_ = config_.data.split.make_transforms(input_.types);
  load_transforms(file, path, transforms_);
  network_->eval();
}

Tensor TrainedModel::prepare(const Tensor& rows) const {
  if (rows.dim() == 0) throw Error("rows must have the shape [batch, ...], and this is a single value");
  auto x = rows.to(at::kCPU, at::kFloat, /*non_blocking=*/false, /*copy=*/!transforms_.empty());
  const Shape shape(x.sizes().begin() + 1, x.sizes().end());
  if (lacks_targets(shape))
    x = with_zeros(x, elements(input_.shape));
  else
    require_inputs({.shape = shape});
  const bool may_lack_cells = network_->takes_missing() && !(input_.types.empty() && input_.channels.empty());
  require_finite("the rows", x, may_lack_cells);
  for (const auto& transform : transforms_) x = transform->apply(std::move(x), {});
  if (!transforms_.empty()) require_finite("the transformed rows", x, may_lack_cells);
  return x.to(network_->parameters().front().device());
}

Dataset TrainedModel::prepare(const Dataset& rows,
                              const std::function<void(const std::string&)>& refuse) const {
  const auto whole = lacks_targets(rows.shape())
                         ? Dataset(std::make_shared<WithoutTargets>(rows, elements(input_.shape)))
                         : rows;
  require_takes_missing(whole);
  const auto finite = without_nan(whole, refuse);
  return transforms_.empty() ? finite : without_nan(transformed(finite, transforms_), refuse);
}

void TrainedModel::require_takes_missing(const Dataset& rows) const {
  if (!rows.has_missing() || network_->takes_missing()) return;
  throw Error("has missing cells, which a model with the likelihood \"" +
              network_->config().likelihood->kind() + "\" cannot take: fill them, or train with \"mixed\"");
}

void TrainedModel::require_labels(const Tensor& labels) const {
  const auto classes = network_->conditions();
  if (classes == 0) return;
  if (!labels.defined())
    throw Error("has no labels, and the model is conditional on the class of each row: give labels");
  if (labels.numel() == 0 ||
      (labels.min().item<std::int64_t>() >= 0 && labels.max().item<std::int64_t>() < classes))
    return;
  const auto unknown = labels.masked_select(labels.lt(0).logical_or(labels.ge(classes)))[0];
  throw Error("has rows of class " + std::to_string(unknown.item<std::int64_t>()) +
              ", and the model is conditional on the classes 0 to " + std::to_string(classes - 1) +
              " of its training data: leave such rows out");
}

Tensor TrainedModel::condition_of(const Tensor& x, const Tensor& labels) const {
  require_labels(labels);
  if (network_->conditions() == 0)
    return network_->decodes_codes_alone() ? Tensor() : network_->condition(x, {});
  return label_condition(labels, x.size(0));
}

Tensor TrainedModel::label_condition(const Tensor& labels, std::int64_t rows) const {
  if (labels.dim() != 1 || labels.size(0) != rows)
    throw Error("labels must have the shape [" + std::to_string(rows) + "], one for each row");
  return network_->condition(labels.to(network_->parameters().front().device(), at::kLong));
}

std::int64_t TrainedModel::first_target() const {
  if (network_->reconstructs_input()) return 0;
  return elements(network_->input_shape()) - elements(network_->target_shape());
}

Tensor TrainedModel::decoded(const Tensor& codes, const Tensor& condition) const {
  if (!network_->reconstructs())
    throw Error("this model decodes no longer: training its classifier left the decoder behind");
  return network_->decode(codes, condition);
}

Tensor TrainedModel::encode(const Tensor& rows, const Tensor& labels) const {
  const c10::InferenceMode inference;
  const Compute compute({}, kernels_);
  const auto x = prepare(rows);
  return network_->encode(x, condition_of(x, labels));
}

Tensor TrainedModel::decode(const Tensor& codes, const Tensor& labels) const {
  const c10::InferenceMode inference;
  const Compute compute({}, kernels_);
  if (const auto& shape = network_->code_shape();
      codes.dim() == 0 || Shape(codes.sizes().begin() + 1, codes.sizes().end()) != shape)
    throw Error("codes must have the shape [batch, " + in_list(shape) + "]");
  require_finite("the codes", codes);
  require_labels(labels);
  const auto condition = network_->conditions() > 0 ? label_condition(labels, codes.size(0)) : Tensor();
  return inversion()(decoded(codes.to(network_->parameters().front().options()), condition));
}

Tensor TrainedModel::reconstruct(const Tensor& rows, const Tensor& labels) const {
  const c10::InferenceMode inference;
  const Compute compute({}, kernels_);
  const auto x = prepare(rows);
  const auto condition = condition_of(x, labels);
  return inversion()(decoded(network_->encode(x, condition), condition));
}

Tensor TrainedModel::score(const Tensor& rows, const Tensor& labels) const {
  const c10::InferenceMode inference;
  const Compute compute({}, kernels_);
  const auto x = prepare(rows);
  require_targets(rows);
  const auto condition = condition_of(x, labels);
  return squared_errors(network_->target(x), decoded(network_->encode(x, condition), condition));
}

void TrainedModel::require_targets(const Tensor& rows) const {
  if (lacks_targets(Shape(rows.sizes().begin() + 1, rows.sizes().end())))
    throw Error("the rows have " + in_list(input_.shape) +
                " features with those that are reconstructed, and these have " +
                std::to_string(rows.size(1)) + ": there is nothing to compare with");
}

ScoredRows TrainedModel::scored(const Tensor& rows, const Detector& detector, const Tensor& labels,
                                bool explain) const {
  const c10::InferenceMode inference;
  const Compute compute({}, kernels_);
  auto x = prepare(rows);
  require_targets(rows);
  (void)condition_of(x, labels);  // refuses labels that do not fit
  const auto on_device = labels.defined() ? labels.to(x.device(), at::kLong) : labels;
  return detector.score->score(*network_, {.inputs = std::move(x), .labels = on_device, .rows = {}}, explain);
}

Tensor TrainedModel::score(const Tensor& rows, const Detector& detector, const Tensor& labels) const {
  return scored(rows, detector, labels, /*explain=*/false).scores;
}

ScoredRows TrainedModel::explain(const Tensor& rows, const Detector& detector, const Tensor& labels) const {
  return scored(rows, detector, labels, /*explain=*/true);
}

Tensor TrainedModel::detect(const Tensor& rows, const Detector& detector, const Threshold& threshold,
                            const Tensor& labels) const {
  if (detector.of_points)
    throw Error(
        "the detector's thresholds are of points of series, and these scores are of windows: use "
        "PointScores");
  return Detector::decide(score(rows, detector, labels), threshold);
}

Tensor TrainedModel::classify(const Tensor& rows) const {
  const c10::InferenceMode inference;
  const Compute compute({}, kernels_);
  if (!network_->classifies()) throw Error("this model has no classifier");
  return network_->classify(prepare(rows));
}

void TrainedModel::require_inputs(const InputSchema& other) const {
  if (!become(network_->input_shape(), config_.data.split, other.shape, input_)) {
    if (other.shape.size() == 1 && input_.shape.size() == 1)
      throw Error("has " + std::to_string(other.shape[0]) + " columns, the model was trained on " +
                  std::to_string(input_.shape[0]));
    throw Error("the samples have shape [" + in_list(other.shape) + "], the model was trained on [" +
                in_list(input_.shape) + "]");
  }
  for (std::size_t i = 0; i < std::min(input_.columns.size(), other.columns.size()); ++i)
    if (input_.columns[i] != other.columns[i])
      throw Error("column " + std::to_string(i) + " is \"" + other.columns[i] +
                  "\", the model was trained on \"" + input_.columns[i] +
                  "\": give the same columns in the same order");
}

Tensor squared_errors(const Tensor& inputs, const Tensor& reconstructions) {
  const auto missing = inputs.isnan();
  return (inputs - reconstructions)
      .square()
      .masked_fill(missing, 0)
      .flatten(1)
      .sum(1, /*keepdim=*/false, at::kDouble)
      .to(at::kCPU);
}

std::filesystem::path home_of_model(const std::filesystem::path& folder_or_file) {
  return is_folder(folder_or_file) ? folder_or_file : folder_or_file.parent_path();
}

TrainedModel open_model(const std::filesystem::path& folder_or_file, std::optional<Which> checkpoint) {
  if (!is_folder(folder_or_file)) {
    require_model_file(folder_or_file);
    if (checkpoint)
      throw FieldError("checkpoint", "chooses among the checkpoints of a run folder, and " +
                                         folder_or_file.string() + " is the file of one model: leave it out");
    return {SafetensorsFile::read(folder_or_file), folder_or_file};
  }
  (void)load_run_config(folder_or_file);  // refuses a damaged one
  const auto which = checkpoint.value_or(Which::best);
  return {read_checkpoint(folder_or_file, which), find_checkpoint(folder_or_file, which)};
}

RunConfig config_of_model(const std::filesystem::path& folder_or_file) {
  if (is_folder(folder_or_file)) return load_run_config(folder_or_file);
  require_model_file(folder_or_file);
  return config_in(read_record(folder_or_file), folder_or_file);
}

void require_same_classes(const InputSchema& own, const InputSchema& other) {
  if (own.class_names == other.class_names) return;
  constexpr std::size_t kShown = 20;
  const auto classes = [](const std::vector<std::string>& names) {
    return names.empty() ? "numbers without class names" : join_some(names, kShown);
  };
  throw Error("its classes are " + classes(other.class_names) + ", the run's " + classes(own.class_names) +
              ": the same number would mean another class. " +
              (own.class_names.empty() || other.class_names.empty()
                   ? "Give both the same class names, or leave the labels out"
                   : "Add a sample of each class that is missing"));
}

namespace {

/// Throws an Error unless all rows have labels that mean to a conditional model what its own meant.
void require_conditions(const TrainedModel& model, const Data& other) {
  if (model.network()->conditions() == 0) return;
  if (other.train.has_labels()) require_same_classes(model.input(), schema_of(other));
  model.require_labels(other.train.labels());
  if (other.test) model.require_labels(other.test->labels());
}

/// What the rows are whose features are those that the model reads alone.
InputSchema schema_that_is_read(const TrainedModel& model) {
  auto own = model.input();
  if (!own.blocks.empty()) return schema_of_block(own, 0);
  const auto features = static_cast<std::size_t>(model.first_target());
  own.shape = {model.first_target()};
  if (own.columns.size() > features) own.columns.resize(features);
  return own;
}

/// The rows of a source that has all features of the model's rows or, where that is allowed, those that it
/// reads: tables are searched for the columns of either.
Data open_whole_or_read(const TrainedModel& model, const Choice<Source>& source, bool may_lack_targets) {
  if (!may_lack_targets || model.first_target() == 0) return open_dataset_like(source, model.input());
  std::optional<Data> whole;
  Problems problems;
  if (problems.attempt([&] { whole = open_dataset_like(source, model.input()); })) return *whole;
  std::optional<Data> read;
  if (Problems().attempt([&] { read = open_dataset_like(source, schema_that_is_read(model)); })) return *read;
  problems.raise();
  return {};
}

}  // namespace

Data open_for_model(const TrainedModel& model, const Choice<Source>& source, bool may_lack_targets) {
  auto other = open_whole_or_read(model, source, may_lack_targets);
  if (!may_lack_targets || !model.lacks_targets(other.shape())) model.require_inputs(schema_of(other));
  require_conditions(model, other);
  for (const auto* part : {&other.train, other.test ? &*other.test : nullptr})
    if (part && part->in_memory()) {
      model.require_takes_missing(*part);
      if (const auto place = first_not_finite(*part); !place.empty()) throw Error(not_finite(place));
    }
  for (const auto& note : other.notes) say("data: " + note + "\n");
  return other;
}

Dataset rows_for_model(const TrainedModel& model, const Dataset& rows) {
  return model.prepare(rows, [](const std::string& place) { throw FieldError("data", not_finite(place)); });
}

namespace {
bool is_readable(const nlohmann::ordered_json& source) try {
  Choice<Source> read;
  read_config(source, read, "data");
  return true;
} catch (const Error&) {
  return false;
}

/// The source that reads `path` as `own` reads its files, with all of its fields that the source has.
nlohmann::ordered_json source_like(const nlohmann::ordered_json& own, const std::string& path) {
  const auto kind = own.at("source").get<std::string>();
  nlohmann::ordered_json source = {{"source", source_of_file(path)}, {"files", path}};
  if (kind == Windows::Config::kind) source = {{"source", kind}, {"of", source_like(own.at("of"), path)}};
  Choice<Source> read;
  read_config(source, read, "data");
  const auto standard = write_config(read);
  for (const auto& [key, value] : own.items()) {
    if (key.ends_with("files") || key == "of" || key == "source" ||
        standard.value(key, nlohmann::json()) == nlohmann::json(value))
      continue;
    auto changed = source;
    changed[key] = value;
    if (kind == source.at("source") || is_readable(changed)) source = std::move(changed);
  }
  return source;
}

}  // namespace

nlohmann::ordered_json source_like_run(const RunConfig& config, const std::string& path) {
  return source_like(write_config(config.data.source), path);
}

}  // namespace aelab
