#pragma once

#include "aelab/data/source.h"

namespace aelab {

/// Several sources whose rows belong together by their places: row i is the list of the features of row i of
/// each source, one source after the other, such as activations of several layers or models for the same
/// tokens. Data::blocks says how many features are whose. Labels, class names and factors are those of the
/// first source that has labels. Columns have names where those of all sources have; if one name is there
/// twice, all begin with the place of their source in the list: "1/width".
///
/// Open throws a FieldError of "sources" where numbers of rows differ, or only some sources have test rows.
class SideBySide : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "side-by-side";
    static constexpr std::string_view summary =
        "several sources, the features of their rows one after the other, for transcoders and crosscoders";
    static constexpr std::string_view also_known_as[] = {"concatenated", "zipped", "paired"};
    std::vector<Choice<Source>> sources = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit SideBySide(const Config& config) : config_(config) {}
  Data open() const override { return read({}); }
  Data open_like(const InputSchema& own) const override { return read(own); }

 private:
  Config config_;

  /// The sources, each opened for its part of these inputs where they are of as many sources.
  Data read(const InputSchema& own) const;
};

/// The features of the rows of several sets, one after the other: [rows, features]. Error when their numbers
/// of rows differ. Labels and factors are those of the first set that has labels.
Dataset side_by_side(const std::vector<Dataset>& sets);

}  // namespace aelab
