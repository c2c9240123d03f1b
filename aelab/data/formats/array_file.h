#pragma once

#include <filesystem>
#include <memory>
#include <span>

#include "aelab/data/formats/pooled_file.h"
#include "aelab/data/formats/values.h"

namespace aelab {

/// An array of rows, [rows, ...], that stays in a file or is held in memory. Its rows are read and converted
/// on request, from any thread.
class ArrayFile {
 public:
  /// A file of known layout. Error where the file is shorter than the layout says.
  ArrayFile(std::shared_ptr<const PooledFile> file, ArrayLayout layout);
  /// The array in `content`; `name` is for messages.
  ArrayFile(std::string name, ArrayLayout layout, std::string content);

  const std::string& name() const { return name_; }
  const ArrayLayout& layout() const { return layout_; }
  std::int64_t rows() const { return layout_.shape[0]; }
  bool stays_in_file() const { return file_ != nullptr; }
  Shape row_shape() const { return {layout_.shape.begin() + 1, layout_.shape.end()}; }
  /// The same values as rows of the shape of the last `axes` axes: [a, b, c] with one axis becomes [a b, c].
  /// Error where there are fewer axes, and where rows do not lie beside each other, as in Fortran order.
  ArrayFile with_rows_of(std::size_t axes) const;

  /// The rows with these numbers, one after the other. Failure when the file was changed since this object
  /// was made, or can no longer be read.
  void read(std::span<const std::int64_t> rows, float* to) const;
  /// All values of an array of whole numbers, [rows].
  std::vector<std::int64_t> integers() const;

 private:
  std::string name_;
  ArrayLayout layout_;
  std::shared_ptr<const PooledFile> file_;
  std::shared_ptr<const std::string> content_;
  std::int64_t row_values_ = 1;

  const std::byte* bytes(std::int64_t first_row, std::int64_t count, std::string& buffer) const;
  void read_columns(std::int64_t row, float* to) const;
};

}  // namespace aelab
