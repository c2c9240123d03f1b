#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "aelab/data/dataset.h"

namespace aelab {

/// What is known of some rows: [rows] int64 each, the labels undefined where there are none.
struct RowColumns {
  Tensor rows, labels;
  std::string part;  ///< of the source, where two parts are written one after the other
};

/// A table that grows row by row.
class AppliedTable {
 public:
  virtual ~AppliedTable() = default;
  virtual void add(const RowColumns& rows,
                   const Tensor& values) = 0;  ///< [batch, ...shape], contiguous, on the CPU
  virtual void finish() = 0;
};

/// What the columns before the values are called, and the classes.
struct CsvNames {
  std::string part, label;  ///< empty: there is no such column
  std::vector<std::string> classes = {};
};

/// As a field of a table (RFC 4180).
std::string csv_field(const std::string& text);

/// float32 ("F32") or int64 ("I64"), [rows, ...shape], in NumPy's format.
std::unique_ptr<AppliedTable> npy_output(const std::filesystem::path& path, Shape shape, std::int64_t rows,
                                         std::string_view dtype);

/// A line for each row: its place, part and label, and its values, which `columns` names.
std::unique_ptr<AppliedTable> csv_output(const std::filesystem::path& path, CsvNames names,
                                         const std::vector<std::string>& columns);

}  // namespace aelab
