#pragma once

#include "aelab/core/registry.h"
#include "aelab/data/split.h"

namespace aelab {

/// Where data come from.
class Source {
 public:
  static Registry<Source>& registry();
  virtual ~Source() = default;
  /// Reads the data. Error that names the file and what to do.
  virtual Data open() const = 0;
};

/// A source together with how it is divided: the "data" of a run file.
struct DataConfig {
  Choice<Source> source = {};
  SplitConfig split = {};

  void fields(Fields& f) {
    f.flatten(source);
    split.fields(f);
  }
};

/// `open_dataset("mnist")`, or a source's config: `open_dataset(Idx::Config{.train_images = "faces.idx"})`.
Data open_dataset(const Choice<Source>& source);
Data open_dataset(std::string_view name);

}  // namespace aelab
