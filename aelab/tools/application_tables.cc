#include "aelab/tools/application_tables.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "aelab/core/text.h"
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

std::string class_name(const CsvNames& names, std::int64_t label) {
  const auto place = static_cast<std::size_t>(label);
  return place < names.classes.size() ? csv_field(names.classes[place]) : std::to_string(label);
}

class CsvOutput : public AppliedTable {
 public:
  CsvOutput(const std::filesystem::path& path, CsvNames names, const std::vector<std::string>& columns,
            const ColumnTypes& types)
      : file_(path), names_(std::move(names)), columns_(static_cast<std::int64_t>(columns.size())) {
    const ColumnType number;  // a part of a date
    for (const auto& type : types)
      types_.insert(types_.end(), static_cast<std::size_t>(type.width()),
                    type.kind == ColumnKind::date ? number : type);
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
      if (label) fmt::format_to(to, ",{}", class_name(names_, label[i]));
      for (std::int64_t j = 0; j < columns_; ++j, ++value)
        if (types_.empty())
          fmt::format_to(to, ",{}", *value);
        else
          fmt::format_to(to, ",{}", csv_field(cell_text(types_[static_cast<std::size_t>(j)], *value)));
      text.push_back('\n');
    }
    file_.append({text.data(), text.size()});
  }
  void finish() override { file_.finish(); }

 private:
  StreamedFile file_;
  CsvNames names_;
  std::int64_t columns_;
  std::vector<ColumnType> types_;  // of each value; none for numbers
};

class ImputedOutput : public AppliedTable {
 public:
  ImputedOutput(const std::filesystem::path& path, CsvNames names, ColumnTypes types)
      : file_(path), names_(std::move(names)), types_(std::move(types)) {
    std::vector<std::string> header;
    for (const auto& type : types_) header.push_back(csv_field(type.name));
    if (!names_.label.empty()) header.push_back(csv_field(names_.label));
    file_.append(join(header, ",") + "\n");
  }
  void add(const RowColumns& rows, const Tensor& values) override {
    std::string text;
    const auto* value = values.const_data_ptr<float>();
    const auto* label = names_.label.empty() ? nullptr : rows.labels.const_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < values.size(0); ++i) {
      std::vector<std::string> fields;
      for (const auto& type : types_) {
        fields.push_back(
            csv_field(type.kind == ColumnKind::date ? date_text(type, value) : cell_text(type, *value)));
        value += type.width();
      }
      if (label) fields.push_back(class_name(names_, label[i]));
      text += join(fields, ",") + "\n";
    }
    file_.append(text);
  }
  void finish() override { file_.finish(); }

 private:
  StreamedFile file_;
  CsvNames names_;
  ColumnTypes types_;
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
                                         const std::vector<std::string>& columns, const ColumnTypes& types) {
  return std::make_unique<CsvOutput>(path, std::move(names), columns, types);
}

Tensor imputed(const Tensor& cells, const Tensor& reconstruction, const Inversion& inversion,
               const FeatureGroups& features) {
  auto likely = reconstruction.to(at::kCPU).clone();
  std::int64_t end = 0;
  for (const auto& [kind, width] : features) {
    end += width;
    if (kind == FeatureKind::categorical) likely.select(1, end - 1).fill_(-1);  // the place of unseen ones
  }
  return at::where(cells.isnan(), inversion(likely).to(cells.scalar_type()), cells);
}

std::unique_ptr<AppliedTable> imputed_output(const std::filesystem::path& path, CsvNames names,
                                             const ColumnTypes& types) {
  return std::make_unique<ImputedOutput>(path, std::move(names), types);
}

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

}  // namespace aelab
