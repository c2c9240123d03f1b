#pragma once

#include "aelab/core/registry.h"
#include "aelab/data/input_schema.h"

namespace aelab {

/// Where data come from. Every source that reads the user's files calls them `files` and `test_files` and,
/// where labels lie in separate ones, `label_files` and `test_label_files`.
class Source {
 public:
  static Registry<Source>& registry();
  virtual ~Source() = default;
  /// Reads the data. Throws FieldErrors of the source's own fields ("test_files"), or an Error that names the
  /// file, and says what to do.
  virtual Data open() const = 0;
  /// Reads data for a model whose `own` inputs are these: where a source has columns, those of `own` in their
  /// order, and labels where there are some. Data::notes says what differs.
  virtual Data open_like(const InputSchema& /*own*/) const { return open(); }
};

/// A source and how its rows are split: the "data" of a run file.
struct DataConfig {
  Choice<Source> source = {};
  SplitConfig split = {};

  void fields(Fields& f) {
    f.flatten(source);
    split.fields(f);
  }
};

/// `open_dataset("mnist")`, or a source's config: `open_dataset(Idx::Config{.files = "faces.idx"})`. Throws
/// the errors of Source::open(), whose paths begin in the source: where a run file has it, they are in
/// "data".
Data open_dataset(const Choice<Source>& source);
Data open_dataset(std::string_view name);
/// Opens data for a model whose `own` inputs are these (Source::open_like).
Data open_dataset_like(const Choice<Source>& source, const InputSchema& own);

/// The kind of the source that reads an existing file or folder, as its `files`: by the file's first bytes,
/// or else by its suffix; "csv" for all that is not recognized.
std::string source_of_file(const std::string& path);

}  // namespace aelab
