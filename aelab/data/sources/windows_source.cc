#include "aelab/data/sources/windows_source.h"

#include <fmt/format.h>

#include "aelab/core/problems.h"
#include "aelab/core/text.h"
#include "aelab/data/places.h"
#include "aelab/data/series.h"
#include "aelab/data/sources/csv_source.h"

namespace aelab {

void Windows::Config::fields(Fields& f) {
  f("of", of,
    "source whose rows are the points, such as {\"source\": \"csv\", \"files\": \"sensors.csv\", \"time\": "
    "\"timestamp\", \"group\": \"machine\"}")
      .also_known_as({"from", "table", "data"});
  f("length", length, "points of a window", at_least(1))
      .also_known_as({"window", "window_size", "window_length", "seq_len", "sequence_length", "time_steps",
                      "timesteps", "lookback"});
  f("stride", stride, "points from the beginning of a window to that of the next", at_least(1))
      .also_known_as({"step", "hop", "shift", "sampling_rate"});
  f("gap", gap,
    "a larger step of time divides a series, in seconds of dates, or in the units of the times; default: 1.5 "
    "times the median step of each series",
    above(0))
      .also_known_as({"max_gap", "tolerance"});
  f("padding", padding,
    "whether what does not fill a window is padded to one with missing values, which have no loss and no "
    "score; if not, it is in no window")
      .also_known_as({"pad", "partial", "drop_last"});
  f.require(!of.empty(), "of",
            "is missing: name the source of the points, such as {\"source\": \"csv\", ...}");
}

std::vector<Windows::Config> Windows::Config::examples() {
  const auto digits = shipped_data() / "digits" / "digits.csv.gz";
  return {{.of = Csv::Config{.files = digits, .ignore = {"64"}}, .length = 5, .stride = 2},
          {.of = Csv::Config{.files = digits, .ignore = {"64"}}, .length = 7, .stride = 3, .padding = true}};
}

namespace {

/// The columns of a table that its rows are read by again, when windows of them are wanted for a model.
InputSchema schema_of_table(const InputSchema& windows) {
  InputSchema table = {.shape = {std::ssize(windows.channels)},
                       .classes = windows.classes,
                       .class_names = windows.class_names,
                       .columns = feature_names(windows.channels),
                       .types = windows.channels,
                       .label = windows.label,
                       .time = windows.time,
                       .group = windows.group};
  for (auto& type : table.types) type.missing = true;
  return table;
}

/// The table's columns; those of a table of numbers alone by their names.
ColumnTypes channels_of(const Data& table) {
  if (!table.types().empty()) return table.types();
  ColumnTypes channels(static_cast<std::size_t>(table.shape().front()));
  for (std::size_t i = 0; i < channels.size(); ++i)
    channels[i].name = i < table.columns.size() ? table.columns[i] : std::to_string(i);
  return channels;
}

/// FieldError where a column is no channel.
void require_channels(const ColumnTypes& channels) {
  constexpr std::size_t kShown = 10;
  std::vector<std::string> categories, dates;
  for (const auto& type : channels) {
    if (type.kind == ColumnKind::categorical) categories.push_back('"' + type.name + '"');
    if (type.kind == ColumnKind::date) dates.push_back('"' + type.name + '"');
  }
  if (!categories.empty())
    throw FieldError("of", "has texts, which are no channels of windows, in " +
                               join_some(categories, kShown) +
                               ": name the column that tells series apart as \"group\" of the source, and "
                               "leave others out with \"ignore\"");
  if (!dates.empty())
    throw FieldError("of", "has dates, which are no channels of windows, in " + join_some(dates, kShown) +
                               ": name the column of times as \"time\" of the source, and leave others out "
                               "with \"ignore\"");
}

std::string amount(std::int64_t count, const std::string& noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 || noun == "series" ? "" : "s");
}

}  // namespace

Data Windows::open_table(const InputSchema* own) const {
  auto table = in_field("of", [&] {
    return own && !own->channels.empty() ? open_dataset_like(config_.of, schema_of_table(*own))
                                         : open_dataset(config_.of);
  });
  if (table.shape().size() != 1)
    throw FieldError("of",
                     "has rows of shape " + to_string(table.shape()) +
                         ", and a point in time is a row [features]: leave \"shape\" out, or give a table");
  require_channels(table.types());
  return table;
}

Dataset Windows::cut_part(const Dataset& part, const ColumnTypes& channels, std::vector<std::string>& notes,
                          const std::string& which) const {
  const auto series = part.series();
  if (config_.gap && !(series && series->times.defined()))
    throw FieldError("gap", "needs times: name the column of times as \"time\" of the source \"of\"");
  WindowCounts counts;
  auto windows = windows_of(
      part, channels,
      {.length = config_.length, .stride = config_.stride, .gap = config_.gap, .padding = config_.padding},
      counts);
  if (windows.size() == 0)
    throw FieldError(
        "length", fmt::format("is {}, and the longest series without a gap has {}: give longer series, {}set "
                              "\"padding\" to true, or train with a shorter length",
                              config_.length, amount(counts.longest, "point"),
                              counts.gaps > 0 ? "allow longer steps by \"gap\", " : ""));
  auto note = fmt::format("windows: {}{} of {} points, of {} in {}", which, amount(windows.size(), "window"),
                          config_.length, amount(counts.points, "point"), amount(counts.series, "series"));
  if (counts.gaps > 0) note += fmt::format(" with {}", amount(counts.gaps, "gap"));
  if (!(series && series->times.defined())) note += ", in the order of the rows";
  if (counts.left_out > 0)
    note += fmt::format("; {} in no window{}",
                        counts.left_out == 1 ? "1 point is" : amount(counts.left_out, "point") + " are",
                        config_.padding ? "" : ", which \"padding\": true changes");
  notes.push_back(note);
  if (counts.tied > 0)
    notes.push_back(
        fmt::format("windows: {} the time of another one of the same series; if there are several "
                    "series, name the column that tells them apart: \"group\" of the source",
                    counts.tied == 1 ? "1 point has" : amount(counts.tied, "point") + " have"));
  if (config_.stride > config_.length)
    notes.push_back(
        fmt::format("windows: \"stride\" is larger than \"length\": {} between two windows are in none",
                    amount(config_.stride - config_.length, "point")));
  return windows;
}

Data Windows::cut(Data table, const ColumnTypes& known) const {
  const auto channels = known.empty() ? channels_of(table) : known;
  Data data = std::move(table);
  data.name = Config::kind;
  data.train = cut_part(data.train, channels, data.notes, "");
  if (data.test) data.test = cut_part(*data.test, channels, data.notes, "of test rows, ");
  data.columns.clear();
  data.summaries.clear();
  data.truth.clear();
  data.blocks.clear();
  return data;
}

}  // namespace aelab
