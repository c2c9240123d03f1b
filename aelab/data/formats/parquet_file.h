#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace aelab {

/// The version of Arrow that this program was built with; "" where it was built without.
std::string arrow_version();

/// What to do to read Parquet files with a program that was built without Arrow.
std::string arrow_advice();

/// What a column of a Parquet file holds.
enum class StoredKind {
  number,    ///< whole numbers, floating-point numbers, decimal numbers
  flag,      ///< true and false
  text,      ///< strings, in a dictionary or not
  category,  ///< numbers or flags that are stored as a dictionary, as pandas' categories are
  date,      ///< dates, with or without a time of day
  other,     ///< lists, structs, maps, bytes, times of day, durations
};

struct StoredColumn {
  std::string name;
  StoredKind kind = StoredKind::other;
  std::string type;       ///< in Arrow's words: "list<element: int64>"
  std::string zone = {};  ///< the time zone of times that are stored in UTC; "" where they have none
};

/// Some cells of a column, in the order of the rows. They live as long as the call that is given them.
struct StoredCells {
  std::vector<bool> missing;         ///< null, and of numbers NaN; the other lists have any value there
  std::vector<double> numbers = {};  ///< of numbers and flags, also those of categories
  std::vector<std::string_view> texts = {};  ///< of texts and dates (ISO 8601, in UTC)
  /// A cell of any column as text: numbers with all their digits, "true" and "false".
  std::function<std::string(std::size_t)> text = {};
  /// Whether the numbers are 32-bit floats, so that none is rounded.
  bool exact = false;

  std::size_t size() const { return missing.size(); }
};

/// A Parquet file, open for reading. Columns are those of its schema's top level.
class ParquetFile {
 public:
  /// Reads the schema. Error that names the file: it is of another kind, cut off, damaged or encrypted; or
  /// this program was built without Arrow (arrow_advice()).
  explicit ParquetFile(const std::filesystem::path& path);
  ~ParquetFile();
  ParquetFile(const ParquetFile&) = delete;
  ParquetFile& operator=(const ParquetFile&) = delete;

  const std::vector<StoredColumn>& columns() const;
  std::int64_t rows() const;

  /// Reads these columns, none of them StoredKind::other, in blocks of rows: for each block, calls `take`
  /// with the first row, the column's place in `columns` and its cells. Memory is that of a block and of a
  /// page of each column. Error that names the file and the column where something cannot be read.
  using Take = std::function<void(std::int64_t row, std::size_t column, const StoredCells& cells)>;
  void read(const std::vector<std::size_t>& columns, const Take& take) const;

 private:
  struct Opened;
  std::unique_ptr<Opened> opened_;
};

}  // namespace aelab
