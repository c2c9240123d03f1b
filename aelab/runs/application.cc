#include "aelab/runs/application.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/data/batches.h"
#include "aelab/data/formats/npy.h"
#include "aelab/data/pictures.h"
#include "aelab/runs/results.h"
#include "aelab/runs/trained_run.h"

namespace aelab {

std::span<const std::string_view> names(AppliedRows) {
  static constexpr std::array<std::string_view, 4> kNames = {"all", "train", "validation", "test"};
  return kNames;
}

std::span<const std::string_view> names(Applied) {
  static constexpr std::array<std::string_view, 3> kNames = {"code", "reconstruction", "error"};
  return kNames;
}

std::span<const std::string_view> names(AppliedFormat) {
  static constexpr std::array<std::string_view, 3> kNames = {"npy", "csv", "png"};
  return kNames;
}

void ApplicationConfig::fields(Fields& f) {
  f("data", data, "data source: a name, or a JSON object as in a run file; the run's own data if omitted");
  f("part", part, "split; if omitted, all rows of --data, else the test split of the run's own data");
  f("checkpoint", checkpoint, "checkpoint to load");
  f("write", write, "what to write, separated by commas; everything if omitted");
  f("format", format, "file format; png shows reconstructions below their originals");
  f("output", output, "folder to write to; RUN_FOLDER/applications/<n> if omitted");
  const auto other = [](Applied what) { return what != Applied::reconstruction; };
  f.require(format != AppliedFormat::png || std::none_of(write.begin(), write.end(), other), "format",
            "png shows reconstructions alone; write the others as npy or csv");
  f.require(!data || data->split.transforms.empty(), "data",
            "the run's own \"transforms\" are applied: remove them here");
}

namespace {

constexpr std::int64_t kTablesRows = 1000;  // of a batch; evaluation's, so that numbers agree to the last bit
constexpr std::int64_t kSheetsRows = 100, kSheetsColumns = 10;

/// A table that grows row by row.
class Table {
 public:
  virtual ~Table() = default;
  virtual void add(const Tensor& values) = 0;  ///< [batch, ...shape] float32, contiguous, on the CPU
  virtual void finish() = 0;
};

class NpyTable : public Table {
 public:
  NpyTable(const std::filesystem::path& path, Shape shape, std::int64_t rows) : file_(path) {
    shape.insert(shape.begin(), rows);
    file_.append(npy_header("F32", shape));
  }
  void add(const Tensor& values) override {
    file_.append({static_cast<const char*>(values.const_data_ptr()), values.nbytes()});
  }
  void finish() override { file_.finish(); }

 private:
  StreamedFile file_;
};

/// Columns are named "code_0", "code_1", ...; "error" is a single one.
class CsvTable : public Table {
 public:
  CsvTable(const std::filesystem::path& path, std::string_view name, const Shape& shape)
      : file_(path), columns_(elements(shape)) {
    std::string names;
    for (std::int64_t i = 0; i < columns_; ++i)
      fmt::format_to(std::back_inserter(names), "{}{}", i ? "," : "",
                     shape.empty() ? std::string(name) : fmt::format("{}_{}", name, i));
    file_.append(names + "\n");
  }
  void add(const Tensor& values) override {
    fmt::memory_buffer text;
    const auto* value = values.const_data_ptr<float>();
    for (std::int64_t i = 0; i < values.numel(); ++i)
      fmt::format_to(std::back_inserter(text), "{}{}", value[i], (i + 1) % columns_ ? ',' : '\n');
    file_.append({text.data(), text.size()});
  }
  void finish() override { file_.finish(); }

 private:
  StreamedFile file_;
  std::int64_t columns_;
};

/// What to do, checked.
struct ApplicationJob {
  const TrainedRun& run;
  std::vector<Dataset> sets;  ///< one after the other
  std::vector<Applied> write;
  AppliedFormat format;
  std::vector<std::string> files;
  std::int64_t rows = 0;

  bool writes(Applied what) const { return std::find(write.begin(), write.end(), what) != write.end(); }
};

std::vector<Dataset> all_rows_of(const Data& data) {
  std::vector<Dataset> sets = {data.train};
  if (data.test) sets.push_back(*data.test);
  return sets;
}

const Dataset& part_named(const Split& split, AppliedRows part) {
  if (part == AppliedRows::train) return split.train;
  return part == AppliedRows::validation ? split.validation : split.test;
}

std::vector<Dataset> choose_rows(const TrainedRun& run, const ApplicationConfig& config) {
  const auto part = config.part.value_or(config.data ? AppliedRows::all : AppliedRows::test);
  if (!config.data && part != AppliedRows::all) return {part_named(run.data, part)};
  std::vector<Dataset> sets;
  Problems problems;
  problems.attempt([&] {
    const auto data = config.data ? open_dataset(config.data->source) : run.source;
    require_inputs(run, data);
    sets = part == AppliedRows::all
               ? all_rows_of(data)
               : std::vector{part_named(data.split(config.data->split, run.config.seed), part)};
  });
  problems.raise("--data");
  for (auto& set : sets) set = transformed(set, run.data.transforms);
  return sets;
}

/// What was asked for, each once; all that there is when nothing was.
std::vector<Applied> choose_what(const TrainedRun& run, const ApplicationConfig& config) {
  std::vector<Applied> write;
  for (const auto what : {Applied::code, Applied::reconstruction, Applied::error}) {
    const bool asked = std::find(config.write.begin(), config.write.end(), what) != config.write.end();
    const bool possible = (config.format != AppliedFormat::png || what == Applied::reconstruction) &&
                          (run.model->reconstructs() || what == Applied::code);
    if (asked || (config.write.empty() && possible)) write.push_back(what);
  }
  const auto needs_decoder = [](Applied what) { return what != Applied::code; };
  if (!run.model->reconstructs() && (write.empty() || std::any_of(write.begin(), write.end(), needs_decoder)))
    throw Error(
        "--write: this model reconstructs no longer: training its classifier left the decoder behind; "
        "write its code alone");
  return write;
}

std::vector<std::string> files_of(const ApplicationJob& job) {
  std::vector<std::string> files;
  if (job.format != AppliedFormat::png) {
    for (const auto what : job.write)
      files.push_back(fmt::format("{}.{}", name_of(what), job.format == AppliedFormat::npy ? "npy" : "csv"));
    return files;
  }
  std::int64_t sheets = 0;
  for (const auto& set : job.sets) sheets += (set.size() + kSheetsRows - 1) / kSheetsRows;
  const auto digits = std::to_string(sheets).size();
  for (std::int64_t i = 1; i <= sheets; ++i)
    files.push_back(fmt::format("reconstruction-{:0{}}.png", i, digits));
  return files;
}

ApplicationJob plan_application(const TrainedRun& run, const ApplicationConfig& config) {
  ApplicationJob job{
      .run = run, .sets = {}, .write = choose_what(run, config), .format = config.format, .files = {}};
  if (const auto& shape = run.model->input_shape(); config.format == AppliedFormat::png && !is_picture(shape))
    throw Error("--format: png needs pictures of 1 or 3 channels, and these data are " + to_string(shape) +
                "; choose npy or csv");
  job.sets = choose_rows(run, config);
  for (const auto& set : job.sets) job.rows += set.size();
  if (job.rows == 0) throw Error("--part: these data have no rows in this part; choose another");
  job.files = files_of(job);
  return job;
}

/// Codes, and reconstructions where they are asked for, of all rows in order.
template <class Visit>
void apply_in_batches(const ApplicationJob& job, std::int64_t batch_rows, Visit visit) {
  const c10::InferenceMode inference;
  const bool decodes = job.writes(Applied::reconstruction) || job.writes(Applied::error);
  for (const auto& set : job.sets) {
    const Batches batches(set, batch_rows);
    for (std::int64_t i = 0; i < batches.count(); ++i) {
      const auto inputs = batches[i].to(job.run.device()).inputs;
      const auto code = job.run.model->encode(inputs);
      visit(inputs, code, decodes ? job.run.model->decode(code) : Tensor());
    }
  }
}

Shape shape_of(const ApplicationJob& job, Applied what) {
  if (what == Applied::error) return {};
  return what == Applied::code ? job.run.model->code_shape() : job.run.model->input_shape();
}

std::unique_ptr<Table> make_table(const ApplicationJob& job, Applied what,
                                  const std::filesystem::path& path) {
  if (job.format == AppliedFormat::csv)
    return std::make_unique<CsvTable>(path, name_of(what), shape_of(job, what));
  return std::make_unique<NpyTable>(path, shape_of(job, what), job.rows);
}

/// The errors of all rows, [rows], where they are asked for.
Tensor write_tables(const ApplicationJob& job, const std::filesystem::path& folder) {
  std::map<Applied, std::unique_ptr<Table>> tables;
  for (std::size_t i = 0; i < job.write.size(); ++i)
    tables[job.write[i]] = make_table(job, job.write[i], folder / job.files[i]);
  std::vector<Tensor> errors;
  apply_in_batches(
      job, kTablesRows, [&](const Tensor& inputs, const Tensor& code, const Tensor& reconstruction) {
        const auto put = [&](Applied what, const Tensor& values) {
          tables[what]->add(values.to(at::kCPU).to(at::kFloat).contiguous());
        };
        if (job.writes(Applied::code)) put(Applied::code, code);
        if (job.writes(Applied::reconstruction)) put(Applied::reconstruction, reconstruction);
        if (!job.writes(Applied::error)) return;
        errors.push_back(
            (inputs - reconstruction).square().flatten(1).sum(1, false, at::kDouble).to(at::kCPU));
        put(Applied::error, errors.back());
      });
  for (const auto& table : tables) table.second->finish();
  return errors.empty() ? Tensor() : at::cat(errors);
}

/// Bands of ten originals above their ten reconstructions.
Tensor in_bands(const Tensor& originals, const Tensor& reconstructions, std::int64_t columns, double white) {
  const auto missing = (columns - originals.size(0) % columns) % columns;
  auto shape = originals.sizes().vec();
  shape[0] = missing;
  const auto nothing = at::full(shape, white, originals.options());
  const auto bands = [&](const Tensor& pictures) {
    return at::cat({pictures, nothing}).unflatten(0, {-1, columns});
  };
  return at::stack({bands(originals), bands(reconstructions)}, /*dim=*/1).flatten(0, 2);
}

/// The values that black and white stand for, in all files alike.
std::pair<double, double> shown_range(const std::vector<Dataset>& sets) {
  double low = 0, high = 1;
  for (const auto& set : sets) {
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
  apply_in_batches(job, kSheetsRows, [&](const Tensor& inputs, const Tensor&, const Tensor& reconstruction) {
    const auto columns = std::min(kSheetsColumns, inputs.size(0));
    const auto sheet = draw_sheet(in_bands(inputs, reconstruction, columns, high), columns, low, high);
    write_file(folder / *file++, encode_png(sheet));
  });
}

ErrorSummary summarize_errors(const Tensor& errors) {
  constexpr std::int64_t kLargest = 5;
  constexpr double kMedian = 0.5, kMost = 0.95;
  ErrorSummary summary{.mean = errors.mean().item<double>(),
                       .median = quantile_of(errors, kMedian),
                       .quantile_95 = quantile_of(errors, kMost),
                       .largest = {}};
  const auto [values, rows] = errors.topk(std::min(kLargest, errors.size(0)));
  for (std::int64_t i = 0; i < values.size(0); ++i)
    summary.largest.emplace_back(rows[i].item<std::int64_t>(), values[i].item<double>());
  return summary;
}

}  // namespace

ApplicationOutcome apply_run(const std::filesystem::path& folder, const ApplicationConfig& config) {
  check_config(config, "application");
  const auto run = load_trained_run(folder, config.checkpoint);
  const auto job = plan_application(run, config);
  require_free(config.output, job.files);
  ApplicationOutcome outcome{.folder = make_results_folder(config.output, folder / "applications"),
                             .files = job.files,
                             .rows = job.rows,
                             .error = {}};
  if (job.format == AppliedFormat::png) {
    write_sheets(job, outcome.folder);
  } else if (const auto errors = write_tables(job, outcome.folder); errors.defined()) {
    outcome.error = summarize_errors(errors);
  }
  return outcome;
}

}  // namespace aelab
