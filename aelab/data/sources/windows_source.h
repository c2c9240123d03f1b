#pragma once

#include "aelab/data/source.h"
#include "aelab/data/windows.h"

namespace aelab {

/// Windows [channels, length] of the rows of another source, which are points in time: one after the other in
/// the order of the source's times or, without times, of its rows; series that its "group" column or its
/// files tell apart are cut each for itself, and so is what lies before and behind a gap (data/windows.h).
/// Numbers, flags and counts are channels, and their missing cells are missing values of windows; other
/// columns are refused.
///
/// Opened for a model, the source has the channels that the model was trained on, by their names.
class Windows : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "windows";
    static constexpr std::string_view summary =
        "windows of series: rows of a table that follow each other in time";
    static constexpr std::string_view also_known_as[] = {"series",         "time-series", "timeseries",
                                                         "sliding-window", "sequences",   "rolling"};
    Choice<Source> of = {};
    std::int64_t length = 64, stride = 1;
    std::optional<double> gap = {};
    bool padding = false;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit Windows(const Config& config) : config_(config) {}
  Data open() const override { return cut(open_table(nullptr), {}); }
  Data open_like(const InputSchema& own) const override { return cut(open_table(&own), own.channels); }

 private:
  Config config_;

  Data open_table(const InputSchema* own) const;
  /// `known`: the channels of the model that the data are opened for; else none.
  Data cut(Data table, const ColumnTypes& known) const;
  Dataset cut_part(const Dataset& part, const ColumnTypes& channels, std::vector<std::string>& notes,
                   const std::string& which) const;
};

}  // namespace aelab
