#pragma once

#include "aelab/data/dataset.h"
#include "aelab/data/formats/array_file.h"

namespace aelab {

/// How arrays become rows.
struct ArrayRowsConfig {
  bool in_memory = true;       ///< as floats; else rows are read from their files when a batch needs them
  bool channels_last = false;  ///< the arrays' pictures are [height, width, channels]
  bool unit = false;           ///< bytes become [0, 1]
};

/// Arrays of rows, one after the other, as one data set; rows [height, width] get their one channel. `labels`
/// are as many arrays of class numbers, [rows] each, or none at all. The same rows and bits in memory or not.
/// Error that names the file: no rows, rows of another shape than the first file's, labels that do not fit.
Dataset rows_of(std::vector<ArrayFile> arrays, const std::vector<ArrayFile>& labels,
                const ArrayRowsConfig& config = {});

}  // namespace aelab
