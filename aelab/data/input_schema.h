#pragma once

#include "aelab/data/split.h"

namespace aelab {

/// What the rows of a source are, before splits and transforms: all that it takes to read other rows for a
/// model that was trained on them.
struct InputSchema {
  Shape shape = {};
  std::int64_t classes = 0;  ///< one more than the largest label; 0 without labels
  std::vector<std::string> class_names = {};
  /// Numbers of features of the blocks that rows consist of, where sources were joined side by side.
  std::vector<std::int64_t> blocks = {};
  std::vector<std::string> columns = {};  ///< names of a row's features, where the source has them
  ColumnTypes types = {};                 ///< of a table that is more than numbers; else none
  std::string label = {};                 ///< the name of the labels' column, where the source has one
  std::string time = {};                  ///< the name of the column of times, where the source has one
  std::string group = {};                 ///< the name of the column that tells series apart
  /// Of windows [channels, length]: the columns that their channels are; else none. Values of windows may be
  /// missing.
  ColumnTypes channels = {};

  void fields(Fields& f);
};

InputSchema schema_of(const Data& data);
/// Those of the i-th of the sources that were joined side by side, with its own names of columns.
InputSchema schema_of_block(const InputSchema& joined, std::size_t i);
/// What a column of the i-th source is called where the names alone do not tell sources apart: "1/width".
std::string name_in_block(const std::string& column, std::size_t i);

/// The number of the class that a user means by its name or, where no class is called so, by its number;
/// nothing if there is none.
std::optional<std::int64_t> class_called(const std::string& name_or_number, std::int64_t classes,
                                         const std::vector<std::string>& names);
/// What a class is called: by its name, where the data name theirs, or else its number.
std::string name_of_class(std::int64_t number, const std::vector<std::string>& names);

}  // namespace aelab
