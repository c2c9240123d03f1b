#pragma once

#include "aelab/data/dataset.h"
#include "aelab/data/formats/array_file.h"

namespace aelab {

/// How arrays are read as rows.
struct ArrayRowsConfig {
  bool in_memory = true;  ///< as 32-bit floats; else rows are read from their files when a batch needs them
  bool channels_last = false;  ///< the arrays' pictures are [height, width, channels]
  bool unit = false;           ///< bytes are divided by 255
  /// The arrays are [..., features], and their labels, if any, [...]: all vectors along the last axis are
  /// rows.
  bool tokens_as_rows = false;
  /// The shape of a row, whose values are in C order. If unset, that in the arrays, where rows [height,
  /// width] become [1, height, width].
  std::optional<Shape> shape = {};
};

/// A file of rows, for messages about it.
struct RowsOfFile {
  std::string name;
  std::int64_t rows;
};

/// The class numbers of the rows of these files, concatenated, [rows] int64, from as many arrays [rows];
/// undefined without arrays. Error that names the file where they do not fit or are no class numbers.
Tensor labels_of(const std::vector<RowsOfFile>& files, const std::vector<ArrayFile>& labels);

/// Arrays of rows, concatenated, as one data set. Of rows whose channels are last, of the given shape or that
/// in the arrays, these become the first axis: [length, channels] becomes [channels, length]. `labels` holds
/// as many arrays of class numbers, [rows] each, or is empty. The rows have the same bits in memory or not.
/// Error that names the file: no rows, a row shape that differs from that of the first file, labels that do
/// not fit; and one if the shape does not fit the rows.
Dataset rows_of(std::vector<ArrayFile> arrays, std::vector<ArrayFile> labels,
                const ArrayRowsConfig& config = {});

}  // namespace aelab
