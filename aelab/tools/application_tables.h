#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "aelab/data/inversion.h"

namespace aelab {

/// What is known of some rows: [rows] int64 each, the labels undefined where there are none.
struct RowColumns {
  Tensor rows, labels;
  std::string part;   ///< of the source, where two parts are written one after the other
  Tensor cells = {};  ///< the rows as they were read, where that is asked for; else undefined
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

/// A line for each row: its place, part and label, and its values, which `columns` names. Where there are
/// `types`, they are those of a table's columns: categories and flags are written by their names.
std::unique_ptr<AppliedTable> csv_output(const std::filesystem::path& path, CsvNames names,
                                         const std::vector<std::string>& columns,
                                         const ColumnTypes& types = {});

/// Rows as they were read, [batch, ...source], with their missing cells filled by the reconstruction, [batch,
/// features]: a category by the most likely one that is known.
Tensor imputed(const Tensor& cells, const Tensor& reconstruction, const Inversion& inversion,
               const FeatureGroups& features);

/// The columns of a table of these types, dates as ISO 8601 writes them, with the label behind them: a table
/// that can be read as the one that rows were read from.
std::unique_ptr<AppliedTable> imputed_output(const std::filesystem::path& path, CsvNames names,
                                             const ColumnTypes& types);

/// Pictures in bands of `columns` originals above their reconstructions; `white` fills the last band.
Tensor in_bands(const Tensor& originals, const Tensor& reconstructions, std::int64_t columns, double white);

}  // namespace aelab
