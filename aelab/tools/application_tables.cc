#include "aelab/tools/application_tables.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "aelab/data/formats/npy.h"
#include "aelab/runs/results.h"

namespace aelab {
namespace {

class NpyOutput : public AppliedTable {
 public:
  NpyOutput(const std::filesystem::path& path, Shape shape, std::int64_t rows, std::string_view dtype)
      : file_(path) {
    shape.insert(shape.begin(), rows);
    file_.append(npy_header(dtype, shape));
  }
  void add(const RowColumns&, const Tensor& values) override {
    file_.append({static_cast<const char*>(values.const_data_ptr()), values.nbytes()});
  }
  void finish() override { file_.finish(); }

 private:
  StreamedFile file_;
};

class CsvOutput : public AppliedTable {
 public:
  CsvOutput(const std::filesystem::path& path, CsvNames names, const std::vector<std::string>& columns)
      : file_(path), names_(std::move(names)), columns_(static_cast<std::int64_t>(columns.size())) {
    std::string header = "row";
    for (const auto* name : {&names_.part, &names_.label})
      if (!name->empty()) header += "," + csv_field(*name);
    for (const auto& column : columns) header += "," + csv_field(column);
    file_.append(header + "\n");
  }
  void add(const RowColumns& rows, const Tensor& values) override {
    fmt::memory_buffer text;
    const auto to = std::back_inserter(text);
    const auto* row = rows.rows.const_data_ptr<std::int64_t>();
    const auto* label = names_.label.empty() ? nullptr : rows.labels.const_data_ptr<std::int64_t>();
    const auto* value = values.const_data_ptr<float>();
    for (std::int64_t i = 0; i < rows.rows.size(0); ++i) {
      fmt::format_to(to, "{}", row[i]);
      if (!names_.part.empty()) fmt::format_to(to, ",{}", rows.part);
      if (label) fmt::format_to(to, ",{}", class_name(label[i]));
      for (std::int64_t j = 0; j < columns_; ++j) fmt::format_to(to, ",{}", *value++);
      text.push_back('\n');
    }
    file_.append({text.data(), text.size()});
  }
  void finish() override { file_.finish(); }

 private:
  StreamedFile file_;
  CsvNames names_;
  std::int64_t columns_;

  std::string class_name(std::int64_t label) const {
    const auto place = static_cast<std::size_t>(label);
    return place < names_.classes.size() ? csv_field(names_.classes[place]) : std::to_string(label);
  }
};

}  // namespace

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::unique_ptr<AppliedTable> npy_output(const std::filesystem::path& path, Shape shape, std::int64_t rows,
                                         std::string_view dtype) {
  return std::make_unique<NpyOutput>(path, std::move(shape), rows, dtype);
}

std::unique_ptr<AppliedTable> csv_output(const std::filesystem::path& path, CsvNames names,
                                         const std::vector<std::string>& columns) {
  return std::make_unique<CsvOutput>(path, std::move(names), columns);
}

}  // namespace aelab
