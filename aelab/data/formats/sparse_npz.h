#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace aelab {

/// Rows of which most values are zero, as compressed sparse rows: of row i, the columns and the values are
/// those from offsets[i] up to offsets[i + 1]. Columns ascend within a row, each is there once, and no value
/// is zero.
struct SparseMatrix {
  std::int64_t columns = 0;
  std::vector<std::int64_t> offsets = {0};  ///< one more than there are rows
  std::vector<std::int32_t> places = {};    ///< columns
  std::vector<float> values = {};

  std::int64_t rows() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
  std::int64_t stored() const { return offsets.back(); }
  std::span<const std::int32_t> places_of(std::int64_t row) const { return of_row(places, row); }
  std::span<const float> values_of(std::int64_t row) const { return of_row(values, row); }
  /// Appends the rows of `other`, of as many columns.
  void append(const SparseMatrix& other);

 private:
  template <class T>
  std::span<const T> of_row(const std::vector<T>& all, std::int64_t row) const {
    const auto at = static_cast<std::size_t>(row);
    return std::span(all).subspan(static_cast<std::size_t>(offsets[at]),
                                  static_cast<std::size_t>(offsets[at + 1] - offsets[at]));
  }
};

/// Whether a .npz file with arrays of these names is a matrix of scipy.sparse.save_npz.
bool is_sparse_npz(std::span<const std::string> arrays);

/// Reads a matrix that scipy.sparse.save_npz wrote, in the format csr, csc or coo, of any numbers. Values of
/// the same row and column are added up, as SciPy does; the order of columns in a row is of no account.
/// Error that names the file, and the array and the row where it is known: an array that is missing, damaged
/// or of another type, row pointers that do not ascend, a place outside the matrix, a value that is NaN or
/// infinite, a format that is not read.
/// Format: https://docs.scipy.org/doc/scipy/reference/generated/scipy.sparse.save_npz.html
SparseMatrix read_sparse_npz(const std::filesystem::path& path);

}  // namespace aelab
