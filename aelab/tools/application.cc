#include "aelab/tools/application.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/text.h"
#include "aelab/data/batches.h"
#include "aelab/data/inversion.h"
#include "aelab/data/pictures.h"
#include "aelab/evaluation/quantile.h"
#include "aelab/runs/results.h"
#include "aelab/tools/application_tables.h"

namespace aelab {

std::span<const std::string_view> names(Applied) {
  static constexpr std::array<std::string_view, 6> kNames = {"code", "reconstruction", "error",
                                                             "row",  "label",          "imputed"};
  return kNames;
}

std::span<const std::string_view> names(AppliedFormat) {
  static constexpr std::array<std::string_view, 3> kNames = {"npy", "csv", "png"};
  return kNames;
}

void ApplicationConfig::fields(Fields& f) {
  f("data", data, "data source: a name, or a JSON object as in a run file; the run's own data if omitted");
  f("part", part, "split; if omitted, all rows of other data, else the test split of the run's own data");
  f("checkpoint", checkpoint, "checkpoint of the run to load; best if omitted");
  f("write", write,
    "what to write, separated by commas; everything but imputed if omitted. imputed: the table with its "
    "missing "
    "cells filled, as csv");
  f("format", format, "file format; png shows reconstructions below their originals");
  f("output", output, "folder to write to; RUN_FOLDER/applications/<n> if omitted");
  const auto other = [](Applied what) { return what != Applied::reconstruction; };
  f.require(format != AppliedFormat::png || std::none_of(write.begin(), write.end(), other), "format",
            "png shows reconstructions alone; write the others as npy or csv");
  const auto column = [](Applied what) { return what == Applied::row || what == Applied::label; };
  f.require(format != AppliedFormat::csv || std::none_of(write.begin(), write.end(), column), "write",
            "row and label are columns of every csv file; leave them out");
  f.require(!data || data->split.transforms.empty(), "data",
            "the run's own \"transforms\" are applied: remove them here");
}

namespace {

constexpr std::int64_t kTablesRows = 1000;  // of a batch; evaluation's, so that numbers agree to the last bit
constexpr std::int64_t kSheetsRows = 100, kSheetsColumns = 10;

/// What to do, checked.
struct ApplicationJob {
  const TrainedModel& model;
  Inversion inversion;
  AppliedSets sets;
  std::vector<Applied> write;
  AppliedFormat format;
  std::vector<std::string> files;
  FeatureGroups features = {};  ///< of an encoded table
  std::int64_t rows = 0;

  bool writes(Applied what) const { return std::find(write.begin(), write.end(), what) != write.end(); }
};

/// What was asked for, each once; all that there is when nothing was.
std::vector<Applied> choose_what(const TrainedModel& model, const ApplicationConfig& config,
                                 const AppliedSets& sets) {
  const bool has_labels = sets.has_labels();
  const bool reconstructs = model.network()->reconstructs();
  std::vector<Applied> write;
  const auto needs_decoder = [](Applied what) {
    return what == Applied::reconstruction || what == Applied::error || what == Applied::imputed;
  };
  for (const auto what : {Applied::code, Applied::reconstruction, Applied::error, Applied::row,
                          Applied::label, Applied::imputed}) {
    const bool asked = std::find(config.write.begin(), config.write.end(), what) != config.write.end();
    const bool is_column = what == Applied::row || what == Applied::label;
    const bool possible = config.format == AppliedFormat::npy ||
                          (config.format == AppliedFormat::csv && !is_column) ||
                          what == Applied::reconstruction;
    const bool known = what != Applied::imputed && (reconstructs || !needs_decoder(what)) &&
                       (has_labels || what != Applied::label) && (sets.has_targets || what != Applied::error);
    if (asked || (config.write.empty() && possible && known)) write.push_back(what);
  }
  if (!reconstructs && (write.empty() || std::any_of(write.begin(), write.end(), needs_decoder)))
    throw FieldError("write",
                     "this model no longer reconstructs: its decoder was not trained together with the "
                     "classifier; write its code");
  if (!sets.has_targets && std::find(write.begin(), write.end(), Applied::error) != write.end())
    throw FieldError("write",
                     "these rows lack the features that the model reconstructs, so that errors are not "
                     "known; leave \"error\" out, or join rows with them by the source \"side-by-side\"");
  if (model.input().types.empty() && std::find(write.begin(), write.end(), Applied::imputed) != write.end())
    throw FieldError(
        "write",
        "is for tables with categories, dates or missing cells, and the model was trained on other "
        "rows: leave \"imputed\" out");
  if (!has_labels && std::find(write.begin(), write.end(), Applied::label) != write.end())
    throw FieldError("write", "these data have no labels; leave \"label\" out");
  return write;
}

std::vector<std::string> files_of(const ApplicationJob& job) {
  std::vector<std::string> files;
  if (job.format != AppliedFormat::png) {
    for (const auto what : job.write)
      files.push_back(
          fmt::format("{}.{}", name_of(what),
                      job.format == AppliedFormat::npy && what != Applied::imputed ? "npy" : "csv"));
    return files;
  }
  std::int64_t sheets = 0;
  for (const auto& item : job.sets.parts) sheets += (item.second.size() + kSheetsRows - 1) / kSheetsRows;
  const auto digits = std::to_string(sheets).size();
  for (std::int64_t i = 1; i <= sheets; ++i)
    files.push_back(fmt::format("reconstruction-{:0{}}.png", i, digits));
  return files;
}

ApplicationJob plan_application(const TrainedModel& model, AppliedSets sets,
                                const ApplicationConfig& config) {
  ApplicationJob job{.model = model,
                     .inversion = model.inversion(),
                     .sets = std::move(sets),
                     .write = {},
                     .format = config.format,
                     .files = {},
                     .features = model.config().data.split.features(model.input().types)};
  job.write = choose_what(model, config, job.sets);
  if (const auto& shape = model.network()->input_shape();
      config.format == AppliedFormat::png && !is_picture(shape))
    throw FieldError("format", "png needs images of 1 or 3 channels, and these data have shape [" +
                                   in_list(shape) + "]; choose npy or csv");
  for (const auto& item : job.sets.parts) job.rows += item.second.size();
  if (job.rows == 0) throw FieldError("part", "these data have no rows in this split; choose another");
  job.files = files_of(job);
  return job;
}

/// Codes, and reconstructions where they are asked for, of all rows in order.
template <class Visit>
void apply_in_batches(const ApplicationJob& job, std::int64_t batch_rows, Visit visit) {
  const c10::InferenceMode inference;
  const bool imputes = job.writes(Applied::imputed);
  const bool decodes = job.writes(Applied::reconstruction) || job.writes(Applied::error) || imputes;
  const auto& network = *job.model.network();
  const auto device = network.parameters().front().device();
  for (std::size_t place = 0; place < job.sets.parts.size(); ++place) {
    const auto& [part, set] = job.sets.parts[place];
    const auto& read = job.sets.read[place];
    const Batches batches(set, batch_rows);
    for (std::int64_t i = 0; i < batches.count(); ++i) {
      const auto end = std::min((i + 1) * batch_rows, set.size());
      const auto batch = batches[i];
      const auto moved = batch.to(device);
      const auto& inputs = moved.inputs;
      const auto condition = network.condition(moved);
      const auto code = network.encode(inputs, condition);
      const auto cells = imputes ? read.range(i * batch_rows, end).inputs : Tensor();
      visit(RowColumns{batch.rows, batch.labels, part, cells}, inputs, code,
            decodes ? network.decode(code, condition) : Tensor());
    }
  }
}

Shape shape_of(const ApplicationJob& job, Applied what) {
  if (what == Applied::code) return job.model.network()->code_shape();
  return what == Applied::reconstruction ? job.inversion.shape() : Shape{};
}

/// Names of a reconstruction's features; none where the source has none, or they are other features.
std::vector<std::string> reconstructed_columns(const ApplicationJob& job) {
  if (!job.inversion.keeps_features()) return {};
  auto columns = job.model.input().columns;
  if (!columns.empty()) columns.erase(columns.begin(), columns.begin() + job.model.first_target());
  return columns;
}

/// The source's names, or "code_0", "code_1", ...; "error" is a single column.
std::vector<std::string> column_names(const ApplicationJob& job, Applied what) {
  const auto shape = shape_of(job, what);
  const auto name = std::string(name_of(what));
  if (shape.empty()) return {name};
  if (what == Applied::reconstruction)
    if (auto columns = reconstructed_columns(job); !columns.empty()) return columns;
  std::vector<std::string> columns;
  for (std::int64_t i = 0; i < elements(shape); ++i) columns.push_back(name + "_" + std::to_string(i));
  return columns;
}

std::unique_ptr<AppliedTable> make_table(const ApplicationJob& job, Applied what,
                                         const std::filesystem::path& path) {
  if (what == Applied::imputed) return imputed_output(path, job.sets.names, job.sets.read.front().types());
  if (job.format == AppliedFormat::csv)
    return csv_output(path, job.sets.names, column_names(job, what),
                      what == Applied::reconstruction && job.inversion.kept() == 0 ? job.model.input().types
                                                                                   : ColumnTypes());
  const bool whole = what == Applied::row || what == Applied::label;
  return npy_output(path, shape_of(job, what), job.rows, whole ? "I64" : "F32");
}

/// The errors of all rows, [rows], where they are asked for, and the rows' places in the source.
struct RowErrors {
  Tensor errors = {}, rows = {};
};

RowErrors write_tables(const ApplicationJob& job, const std::filesystem::path& folder) {
  std::map<Applied, std::unique_ptr<AppliedTable>> tables;
  for (std::size_t i = 0; i < job.write.size(); ++i)
    tables[job.write[i]] = make_table(job, job.write[i], folder / job.files[i]);
  std::vector<Tensor> errors, places;
  apply_in_batches(
      job, kTablesRows,
      [&](const RowColumns& rows, const Tensor& inputs, const Tensor& code, const Tensor& reconstruction) {
        const auto put = [&](Applied what, const Tensor& values) {
          tables[what]->add(rows, values.contiguous());
        };
        const auto floats = [](const Tensor& x) { return x.to(at::kCPU).to(at::kFloat); };
        if (job.writes(Applied::code)) put(Applied::code, floats(code));
        if (job.writes(Applied::reconstruction))
          put(Applied::reconstruction, floats(job.inversion(reconstruction)));
        if (job.writes(Applied::imputed))
          put(Applied::imputed, floats(imputed(rows.cells, reconstruction, job.inversion, job.features)));
        if (job.writes(Applied::row)) put(Applied::row, rows.rows);
        if (job.writes(Applied::label)) put(Applied::label, rows.labels);
        if (!job.writes(Applied::error)) return;
        errors.push_back(squared_errors(job.model.network()->target(inputs), reconstruction));
        places.push_back(rows.rows);
        put(Applied::error, floats(errors.back()));
      });
  for (const auto& table : tables) table.second->finish();
  return errors.empty() ? RowErrors() : RowErrors{at::cat(errors), at::cat(places)};
}

/// The values that black and white stand for, in all files alike.
std::pair<double, double> shown_range(const AppliedSets& sets) {
  double low = 0, high = 1;
  for (const auto& [part, set] : sets.parts) {
    if (set.size() == 0) continue;
    const auto [least, most] = value_range(set);
    low = std::min(low, least);
    high = std::max(high, most);
  }
  return {low, high};
}

void write_sheets(const ApplicationJob& job, const std::filesystem::path& folder) {
  const auto range = shown_range(job.sets);
  const double low = range.first, high = range.second;
  auto file = job.files.begin();
  apply_in_batches(job, kSheetsRows,
                   [&](const RowColumns&, const Tensor& inputs, const Tensor&, const Tensor& reconstruction) {
                     const auto columns = std::min(kSheetsColumns, inputs.size(0));
                     const auto bands = in_bands(inputs, reconstruction, columns, high);
                     write_file(folder / *file++, encode_png(draw_sheet(bands, columns, low, high)));
                   });
}

constexpr std::string_view kSourceUnits = "in the units of the source";

/// The kinds of the run's first `count` transforms.
std::string transforms_in_words(const ApplicationJob& job, std::size_t count) {
  std::vector<std::string> kinds;
  for (std::size_t i = 0; i < count; ++i) kinds.push_back(job.model.config().data.split.transforms[i].kind());
  return join(kinds, ", ");
}

std::string reconstruction_units(const ApplicationJob& job) {
  const auto kept = job.inversion.kept();
  if (kept == 0) return std::string(kSourceUnits);
  return fmt::format("as transformed by {}: \"{}\" has no inverse", transforms_in_words(job, kept),
                     job.model.config().data.split.transforms[kept - 1].kind());
}

std::string error_units(const ApplicationJob& job) {
  const auto count = job.model.config().data.split.transforms.size();
  return count == 0 ? std::string(kSourceUnits)
                    : "of values transformed by " + transforms_in_words(job, count);
}

ErrorSummary summarize_errors(const RowErrors& written) {
  const auto& errors = written.errors;
  constexpr std::int64_t kLargest = 5;
  constexpr double kMedian = 0.5, kMost = 0.95;
  ErrorSummary summary{.mean = errors.mean().item<double>(),
                       .median = quantile_of(errors, kMedian),
                       .quantile_95 = quantile_of(errors, kMost),
                       .largest = {}};
  const auto [values, rows] = errors.topk(std::min(kLargest, errors.size(0)));
  for (std::int64_t i = 0; i < values.size(0); ++i)
    summary.largest.emplace_back(written.rows[rows[i].item<std::int64_t>()].item<std::int64_t>(),
                                 values[i].item<double>());
  return summary;
}

}  // namespace

ApplicationOutcome apply_model(const std::filesystem::path& model_path, const ApplicationConfig& config) {
  check_config(config, "application");
  const auto opened = open_for_use(model_path, config.checkpoint, !config.data);
  const auto compute = opened.model.compute();
  const auto job = plan_application(opened.model, choose_rows(opened, config.data, config.part), config);
  require_free(config.output, job.files);
  const bool is_new = config.output.empty() || !std::filesystem::exists(config.output);
  ApplicationOutcome outcome{
      .folder = make_results_folder(config.output, home_of_model(model_path) / "applications"),
      .files = job.files,
      .rows = job.rows,
      .reconstruction_units = reconstruction_units(job),
      .error_units = error_units(job),
      .columns = reconstructed_columns(job),
      .error = {}};
  try {
    if (job.format == AppliedFormat::png)
      write_sheets(job, outcome.folder);
    else if (const auto written = write_tables(job, outcome.folder); written.errors.defined())
      outcome.error = summarize_errors(written);
  } catch (...) {  // a row that cannot be read, or has NaN or infinite values
    std::error_code ignored;
    if (is_new) std::filesystem::remove(outcome.folder, ignored);
    throw;
  }
  return outcome;
}

}  // namespace aelab
