#include "aelab/data/formats/sparse_npz.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "aelab/core/error.h"
#include "aelab/core/memory.h"
#include "aelab/data/formats/npy.h"

namespace aelab {
namespace {

constexpr std::int64_t kMostColumns = std::numeric_limits<std::int32_t>::max();

/// The arrays of one file, as they are stored.
class SparseFile {
 public:
  explicit SparseFile(const std::filesystem::path& path) : path_(path), names_(names_in_npz(path)) {
    if (!is_sparse_npz(names_))
      throw Error(fmt::format(
          "{}: is not a sparse matrix of SciPy, which has the arrays shape, format, data, and indices and "
          "indptr, or row and col: write one by scipy.sparse.save_npz(FILE, matrix.tocsr())",
          path.string()));
    const auto format = text_in_npz(path, "format");
    if (format != "csr" && format != "csc" && format != "coo")
      throw Error(
          fmt::format("{}: is in the sparse format \"{}\", which is not read: scipy.sparse.save_npz(FILE, "
                      "matrix.tocsr())",
                      path.string(), format));
    format_ = format;
    const auto shape = integers("shape");
    if (shape.size() != 2)
      throw refused("shape", fmt::format("has {} numbers: a matrix has 2, rows and columns", shape.size()));
    rows_ = shape[0];
    columns_ = shape[1];
    if (rows_ < 1 || columns_ < 1 || columns_ > kMostColumns)
      throw refused("shape", fmt::format("is [{}, {}]: at least one row, and 1 to {} columns are needed",
                                         rows_, columns_, kMostColumns));
  }

  const std::string& format() const { return format_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }

  Error refused(const std::string& array, const std::string& what) const {
    return Error(fmt::format("{}: {}: {}", path_.string(), array, what));
  }

  std::vector<std::int64_t> integers(const std::string& array) const {
    const auto file = vector(array);
    if (is_float(file.layout().type)) throw refused(array, "holds floating-point numbers, not integers");
    return file.integers();
  }

  std::vector<float> values() const {
    const auto file = vector("data");
    std::vector<float> values(static_cast<std::size_t>(file.rows()));
    std::vector<std::int64_t> all(values.size());
    std::iota(all.begin(), all.end(), std::int64_t{0});
    file.read(all, values.data());
    return values;
  }

 private:
  std::filesystem::path path_;
  std::vector<std::string> names_;
  std::string format_;
  std::int64_t rows_ = 0, columns_ = 0;

  ArrayFile vector(const std::string& array) const {
    auto file = read_npz(path_, array);
    if (file.layout().shape.size() != 1)
      throw refused(array, fmt::format("has the shape {}, not [values]: is the matrix of blocks? Use tocsr()",
                                       to_string(file.layout().shape)));
    return file;
  }
};

/// `pointers` [lines + 1] of compressed lines as the line of each of `count` values.
std::vector<std::int64_t> lines_of(const SparseFile& file, const std::vector<std::int64_t>& pointers,
                                   std::int64_t lines, std::size_t count, const std::string& line) {
  if (static_cast<std::int64_t>(pointers.size()) != lines + 1)
    throw file.refused(
        "indptr", fmt::format("has {} numbers, and {} {}s need {}", pointers.size(), lines, line, lines + 1));
  if (pointers.front() != 0) throw file.refused("indptr", "does not begin with 0");
  std::vector<std::int64_t> all(count);
  for (std::size_t i = 0; i + 1 < pointers.size(); ++i) {
    if (pointers[i + 1] < pointers[i] || pointers[i + 1] > static_cast<std::int64_t>(count))
      throw file.refused("indptr", fmt::format("{} {}: does not ascend to the number of values, {}: {} "
                                               "follows {}",
                                               line, i, count, pointers[i + 1], pointers[i]));
    std::fill(all.begin() + pointers[i], all.begin() + pointers[i + 1], static_cast<std::int64_t>(i));
  }
  if (pointers.back() != static_cast<std::int64_t>(count))
    throw file.refused("indptr",
                       fmt::format("ends with {}, and there are {} values", pointers.back(), count));
  return all;
}

/// Where each value lies.
struct SparsePlaces {
  std::vector<std::int64_t> rows, columns;
};

SparsePlaces places_in(const SparseFile& file, std::size_t count) {
  const bool coo = file.format() == "coo", by_columns = file.format() == "csc";
  const std::string minor = coo ? "col" : "indices";
  auto places = file.integers(minor);
  if (places.size() != count)
    throw file.refused(minor, fmt::format("has {} numbers for {} values", places.size(), count));
  if (coo) {
    auto rows = file.integers("row");
    if (rows.size() != count)
      throw file.refused("row", fmt::format("has {} numbers for {} values", rows.size(), count));
    return {std::move(rows), std::move(places)};
  }
  auto lines = lines_of(file, file.integers("indptr"), by_columns ? file.columns() : file.rows(), count,
                        by_columns ? "column" : "row");
  if (by_columns) return {std::move(places), std::move(lines)};
  return {std::move(lines), std::move(places)};
}

void check_places(const SparseFile& file, const SparsePlaces& places, const std::vector<float>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto row = places.rows[i], column = places.columns[i];
    if (row < 0 || row >= file.rows())
      throw file.refused(
          "data", fmt::format("value {} is in row {}, and there are rows 0 to {}", i, row, file.rows() - 1));
    if (column < 0 || column >= file.columns())
      throw file.refused("data", fmt::format("row {}: a value is in column {}, and there are columns 0 to {}",
                                             row, column, file.columns() - 1));
    if (!std::isfinite(values[i]))
      throw file.refused("data",
                         fmt::format("row {}: the value in column {} is NaN or infinite", row, column));
  }
}

/// Sorted by rows and columns, with values of one place added up and without zeros.
SparseMatrix compressed(const SparseFile& file, const SparsePlaces& places,
                        const std::vector<float>& values) {
  SparseMatrix matrix{.columns = file.columns(),
                      .offsets = std::vector<std::int64_t>(static_cast<std::size_t>(file.rows()) + 1)};
  std::vector<std::int64_t> begins(matrix.offsets.size());
  for (const auto row : places.rows) ++begins[static_cast<std::size_t>(row) + 1];
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  std::vector<std::size_t> order(values.size());
  auto next = begins;
  for (std::size_t i = 0; i < values.size(); ++i)
    order[static_cast<std::size_t>(next[static_cast<std::size_t>(places.rows[i])]++)] = i;
  for (std::size_t row = 0; row + 1 < begins.size(); ++row) {
    const auto begin = order.begin() + begins[row], end = order.begin() + begins[row + 1];
    std::stable_sort(begin, end, [&](auto a, auto b) { return places.columns[a] < places.columns[b]; });
    for (auto i = begin; i != end;) {
      const auto column = places.columns[*i];
      double sum = 0;
      for (; i != end && places.columns[*i] == column; ++i) sum += static_cast<double>(values[*i]);
      if (sum == 0) continue;
      matrix.places.push_back(static_cast<std::int32_t>(column));
      matrix.values.push_back(static_cast<float>(sum));
    }
    matrix.offsets[row + 1] = static_cast<std::int64_t>(matrix.places.size());
  }
  return matrix;
}

}  // namespace

void SparseMatrix::append(const SparseMatrix& other) {
  for (std::int64_t row = 0; row < other.rows(); ++row)
    offsets.push_back(offsets.back() + other.offsets[static_cast<std::size_t>(row) + 1] -
                      other.offsets[static_cast<std::size_t>(row)]);
  places.insert(places.end(), other.places.begin(), other.places.end());
  values.insert(values.end(), other.values.begin(), other.values.end());
}

bool is_sparse_npz(std::span<const std::string> arrays) {
  const auto has = [&](std::string_view name) {
    return std::find(arrays.begin(), arrays.end(), name) != arrays.end();
  };
  return has("format") && has("shape") && has("data") &&
         ((has("indices") && has("indptr")) || (has("row") && has("col")));
}

SparseMatrix read_sparse_npz(const std::filesystem::path& path) {
  const SparseFile file(path);
  const auto values = file.values();
  // What follows is in memory together: places by rows and columns, their order, and the matrix.
  constexpr double kBytesOfValue = 5 * sizeof(std::int64_t);
  require_memory(kBytesOfValue * static_cast<double>(values.size()) +
                     2. * sizeof(std::int64_t) * static_cast<double>(file.rows()),
                 path.string(), "use fewer rows");
  const auto places = places_in(file, values.size());
  check_places(file, places, values);
  return compressed(file, places, values);
}

}  // namespace aelab
