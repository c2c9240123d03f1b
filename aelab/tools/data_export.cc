#include "aelab/tools/data_export.h"

#include <ATen/ATen.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/core/error.h"
#include "aelab/data/batches.h"
#include "aelab/data/data_record.h"
#include "aelab/data/formats/npy.h"
#include "aelab/runs/results.h"

namespace aelab {
namespace {

std::vector<std::pair<std::string, Dataset>> parts_of(const Data& data) {
  std::vector<std::pair<std::string, Dataset>> parts = {{"train", data.train}};
  if (data.test) parts.emplace_back("test", *data.test);
  return parts;
}

void append_tensor(StreamedFile& file, const Tensor& tensor) {
  const auto dense = tensor.contiguous();
  file.append({static_cast<const char*>(dense.const_data_ptr()), dense.nbytes()});
}

/// Writes a part's inputs and, where there are some, the values of its factors.
void export_rows(const Dataset& part, const std::filesystem::path& place, const std::string& name) {
  constexpr std::int64_t kRows = 1000;
  auto shape = part.shape();
  shape.insert(shape.begin(), part.size());
  StreamedFile inputs(place / (name + ".npy"));
  inputs.append(npy_header("F32", shape));
  std::optional<StreamedFile> factors;
  if (const auto count = static_cast<std::int64_t>(part.factors().size())) {
    factors.emplace(place / (name + "-factors.npy"));
    factors->append(npy_header("I64", {part.size(), count}));
  }
  const Batches batches(part, kRows);
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    const auto batch = batches[i];
    append_tensor(inputs, batch.inputs);
    if (factors) append_tensor(*factors, batch.factors);
  }
  inputs.finish();
  if (factors) factors->finish();
}

void export_labels(const Dataset& part, const std::filesystem::path& path) {
  StreamedFile file(path);
  file.append(npy_header("I64", {part.size()}));
  append_tensor(file, part.labels());
  file.finish();
}

constexpr std::int64_t kFirst = ColumnSummary::kFirst;  // rows that are shown

/// What a column holds: "constant", "binary" (0 and 1), "integer" or "number".
std::string type_of_column(const Tensor& values, const ColumnSummary& summary) {
  if (summary.least == summary.most && values.size(0) > 1) return "constant";
  if (!at::equal(values, values.floor())) return "number";
  return ((values == 0) | (values == 1)).all().item<bool>() ? "binary" : "integer";
}

/// The first rows' labels: names where the source names classes.
nlohmann::json first_labels(const Data& data) {
  auto first = nlohmann::json::array();
  const auto labels = data.train.labels();
  for (std::int64_t row = 0; row < std::min(kFirst, labels.size(0)); ++row) {
    const auto label = labels[row].item<std::int64_t>();
    if (data.class_names.empty())
      first.push_back(label);
    else
      first.push_back(data.class_names[static_cast<std::size_t>(label)]);
  }
  return first;
}

/// Of a column's 32-bit values, [rows].
ColumnSummary summary_of(const Tensor& values) {
  const auto [least, most] = at::aminmax(values);
  ColumnSummary summary{.least = least.item<double>(),
                        .most = most.item<double>(),
                        .sum = values.sum(at::kDouble).item<double>()};
  for (std::int64_t row = 0; row < std::min(kFirst, values.size(0)); ++row)
    summary.first.push_back(values[row].item<double>());
  return summary;
}

/// Of a column of a table that is more than numbers: [rows, width].
nlohmann::json typed_column_json(const ColumnType& type, const Tensor& cells) {
  const auto rows = cells.size(0);
  const auto first = cells.select(1, 0), known = first.masked_select(~first.isnan());
  nlohmann::json column = {{"name", type.name},
                           {"type", name_of(type.kind)},
                           {"missing", 1 - static_cast<double>(known.size(0)) / static_cast<double>(rows)}};
  auto texts = nlohmann::json::array();
  for (std::int64_t row = 0; row < std::min(kFirst, rows); ++row) {
    const auto cell = cells[row].contiguous();
    const auto* values = cell.const_data_ptr<float>();
    texts.push_back(type.kind == ColumnKind::date ? date_text(type, values) : cell_text(type, *values));
  }
  column["first"] = texts;
  if (type.kind == ColumnKind::categorical) {
    auto counts = nlohmann::json::array();
    const auto numbers = at::bincount(known.to(at::kLong), {}, type.unseen());
    for (std::int64_t i = 0; i < type.unseen(); ++i)
      counts.push_back({{"category", type.categories[static_cast<std::size_t>(i)]},
                        {"rows", numbers[i].item<std::int64_t>()}});
    column["categories"] = counts;
    return column;
  }
  if (known.size(0) == 0) return column;
  if (type.kind == ColumnKind::date) {
    const auto order = cells.select(1, 0) * 400 + cells.select(1, 1) * 32 + cells.select(1, 2);  // of days
    for (const auto& [key, place] : {std::pair("least", order.nan_to_num(INFINITY).argmin()),
                                     {"most", order.nan_to_num(-INFINITY).argmax()}})
      column[key] = date_text(type, cells[place.item<std::int64_t>()].contiguous().const_data_ptr<float>());
    return column;
  }
  const auto summary = summary_of(known);
  column["least"] = summary.least;
  column["most"] = summary.most;
  column["mean"] = summary.sum / static_cast<double>(known.size(0));
  return column;
}

nlohmann::json typed_columns_json(const Data& data) {
  const auto rows = data.train.range(0, data.train.size()).inputs;
  auto columns = nlohmann::json::array();
  std::int64_t begin = 0;
  for (const auto& type : data.types()) {
    columns.push_back(typed_column_json(type, rows.narrow(1, begin, type.width())));
    begin += type.width();
  }
  return columns;
}

nlohmann::json columns_json(const Data& data) {
  if (!data.types().empty()) return typed_columns_json(data);
  const auto rows = data.train.range(0, data.train.size()).inputs;
  auto columns = nlohmann::json::array();
  for (std::size_t i = 0; i < data.columns.size(); ++i) {
    const auto values = rows.select(1, static_cast<std::int64_t>(i));
    const auto summary = data.summaries.empty() ? summary_of(values) : data.summaries[i];
    columns.push_back({{"name", data.columns[i]},
                       {"type", type_of_column(values, summary)},
                       {"least", summary.least},
                       {"most", summary.most},
                       {"mean", summary.sum / static_cast<double>(rows.size(0))},
                       {"first", summary.first}});
  }
  return columns;
}

}  // namespace

nlohmann::json describe_data(const Data& data, std::uint64_t most_whole) {
  auto description = record_of_data(data, most_whole);
  for (const auto& [name, part] : parts_of(data)) {
    const auto [least, most] = value_range(part);
    if (!std::isfinite(least) || !std::isfinite(most))
      throw Error("the " + name + " rows have NaN or infinite values: " + first_not_finite(part));
    description["range"][name] = {least, most};
  }
  description["labels"] = data.train.has_labels();
  if (data.train.has_labels()) description["first_labels"] = first_labels(data);
  description["notes"] = data.notes;
  if (!data.columns.empty()) description["columns"] = columns_json(data);
  return description;
}

std::vector<std::string> export_data(const Data& data, const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& [name, part] : parts_of(data)) {
    files.push_back(name + ".npy");
    if (part.has_labels()) files.push_back(name + "-labels.npy");
    if (!part.factors().empty()) files.push_back(name + "-factors.npy");
  }
  require_free(folder, files);
  const auto place = make_results_folder(folder, {});
  for (const auto& [name, part] : parts_of(data)) {
    export_rows(part, place, name);
    if (part.has_labels()) export_labels(part, place / (name + "-labels.npy"));
  }
  return files;
}

}  // namespace aelab
