#include "aelab/data/windows.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "aelab/core/error.h"
#include "aelab/data/series.h"

namespace aelab {
namespace {

/// Of a median step: what is no larger is no gap.
constexpr double kGapInSteps = 1.5, kRoundingOfTimes = 1e-9;

std::vector<std::int64_t> longs(const Tensor& values) {
  const auto whole = values.contiguous();
  return {whole.const_data_ptr<std::int64_t>(), whole.const_data_ptr<std::int64_t>() + whole.numel()};
}

std::vector<double> doubles(const Tensor& values) {
  if (!values.defined()) return {};
  const auto whole = values.contiguous();
  return {whole.const_data_ptr<double>(), whole.const_data_ptr<double>() + whole.numel()};
}

/// Points [begin, end) of one series.
struct PointRange {
  std::int64_t begin, end;
  std::int64_t size() const { return end - begin; }
};

/// Ranges of equal neighbors.
std::vector<PointRange> ranges_of(const std::vector<std::int64_t>& groups) {
  std::vector<PointRange> ranges;
  const auto points = std::ssize(groups);
  for (std::int64_t i = 0; i < points; ++i) {
    if (i == 0 || groups[static_cast<std::size_t>(i)] != groups[static_cast<std::size_t>(i - 1)])
      ranges.push_back({i, i});
    ranges.back().end = i + 1;
  }
  return ranges;
}

/// The step of time above which there is a gap in these ascending times; infinite where no step is known.
double largest_step(const std::vector<double>& times, const PointRange& range, const WindowRules& rules) {
  if (rules.gap) return *rules.gap;
  std::vector<double> steps;
  for (auto i = range.begin + 1; i < range.end; ++i) {
    const auto step = times[static_cast<std::size_t>(i)] - times[static_cast<std::size_t>(i - 1)];
    if (step > 0) steps.push_back(step);
  }
  if (steps.empty()) return std::numeric_limits<double>::infinity();
  const auto middle = steps.begin() + std::ssize(steps) / 2;
  std::nth_element(steps.begin(), middle, steps.end());
  return kGapInSteps * *middle;
}

bool is_gap(double step, double largest) { return step > largest * (1 + kRoundingOfTimes); }

/// The order in which the table's points are cut: by group, and by time within.
Tensor order_of_points(const Tensor& groups, const Tensor& times) {
  auto order = at::arange(groups.size(0), at::kLong);
  if (times.defined()) order = std::get<1>(times.sort(/*stable=*/true, 0, false));
  return order.index_select(0, std::get<1>(groups.index_select(0, order).sort(/*stable=*/true, 0, false)));
}

/// The groups of points where those that are files continue one another: each is that of the first file.
Tensor merged_files(const Tensor& groups, const Tensor& given_times, const WindowRules& rules) {
  const auto order = order_of_points(groups, given_times);
  const auto times = doubles(given_times.index_select(0, order));
  const auto sorted = groups.index_select(0, order);
  auto files = ranges_of(longs(sorted));
  const auto begin_of = [&](const PointRange& file) { return times[static_cast<std::size_t>(file.begin)]; };
  std::sort(files.begin(), files.end(),
            [&](const auto& a, const auto& b) { return begin_of(a) < begin_of(b); });
  auto merged = sorted.clone();
  for (std::size_t i = 1; i < files.size(); ++i) {
    const auto& before = files[i - 1];
    const auto step = begin_of(files[i]) - times[static_cast<std::size_t>(before.end - 1)];
    if (step > 0 && !is_gap(step, largest_step(times, before, rules)))
      merged.slice(0, files[i].begin, files[i].end).fill_(merged[before.begin]);
  }
  return at::empty_like(groups).index_copy_(0, order, merged);
}

/// Each point's share of the points of its series.
Tensor shares(const std::vector<PointRange>& ranges, std::int64_t points) {
  auto shares = at::empty({points}, at::kDouble);
  for (const auto& range : ranges)
    shares.slice(0, range.begin, range.end)
        .copy_((at::arange(range.size(), at::kDouble) + 0.5) / static_cast<double>(range.size()));
  return shares;
}

/// Where windows begin, and how many points they have.
struct WindowPlaces {
  std::vector<std::int64_t> starts, counts;

  void cut(const PointRange& range, const WindowRules& rules) {
    auto start = range.begin;
    for (; start + rules.length <= range.end; start += rules.stride) add(start, rules.length);
    const bool reached =
        !starts.empty() && starts.back() >= range.begin && starts.back() + counts.back() >= range.end;
    if (rules.padding && !reached && start < range.end) add(start, range.end - start);
  }
  void add(std::int64_t start, std::int64_t count) {
    starts.push_back(start);
    counts.push_back(count);
  }
};

class WindowRows : public Storage {
 public:
  WindowRows(Tensor values, std::shared_ptr<const Series> series, const WindowPlaces& places,
             std::int64_t length, Dataset table)
      : values_(std::move(values)),
        series_(std::move(series)),
        table_(std::move(table)),
        starts_(at::tensor(places.starts, at::kLong)),
        counts_(at::tensor(places.counts, at::kLong)),
        length_(length),
        is_padded_((counts_ < length).any().item<bool>()),
        has_missing_(is_padded_ || values_.isnan().any().item<bool>()) {
    if (!series_->labels.defined()) return;
    const auto labels = longs(series_->labels);
    std::vector<std::int64_t> largest;
    for (std::size_t i = 0; i < places.starts.size(); ++i) {
      const auto first = labels.begin() + places.starts[i];
      largest.push_back(*std::max_element(first, first + places.counts[i]));
    }
    labels_ = at::tensor(largest, at::kLong);
  }
  std::int64_t size() const override { return starts_.size(0); }
  Shape shape() const override { return {values_.size(1), length_}; }
  bool has_labels() const override { return labels_.defined(); }
  bool has_missing() const override { return has_missing_; }
  std::shared_ptr<const Series> series() const override { return series_; }
  Tensor spans(const Tensor& rows) const override {
    return at::stack({starts_.index_select(0, rows), counts_.index_select(0, rows)}, 1);
  }
  Tensor labels(const Tensor& rows) const override {
    return labels_.defined() ? labels_.index_select(0, rows) : Tensor();
  }
  Batch gather(const Tensor& rows, const Randomness&) const override {
    const auto offsets = at::arange(length_, at::kLong);
    const auto points = (starts_.index_select(0, rows).unsqueeze(1) + offsets).clamp_max(values_.size(0) - 1);
    auto inputs = values_.index_select(0, points.flatten())
                      .view({rows.size(0), length_, values_.size(1)})
                      .transpose(1, 2)
                      .contiguous();
    if (is_padded_) {
      const auto beyond = offsets >= counts_.index_select(0, rows).unsqueeze(1);
      inputs.masked_fill_(beyond.unsqueeze(1), std::numeric_limits<double>::quiet_NaN());
    }
    return {inputs, labels(rows), rows};
  }
  std::string where(std::int64_t row) const override {
    const auto first = starts_[row].item<std::int64_t>();
    return "window " + std::to_string(row) + ", which begins at " +
           table_.where(series_->rows[first].item<std::int64_t>());
  }

 protected:
  Range find_range() const override {
    const auto known = values_.masked_select(values_.isnan().logical_not());
    return known.numel() == 0 ? Storage::find_range() : range_of(known);
  }

 private:
  Tensor values_;  // [points, channels]
  std::shared_ptr<const Series> series_;
  Dataset table_;
  Tensor starts_, counts_;  // [windows]
  std::int64_t length_;
  bool is_padded_, has_missing_;
  Tensor labels_;  // [windows]
};

/// The table's series with its points in the order in which they are cut.
std::shared_ptr<Series> sorted_series(const Dataset& table, const WindowRules& rules) {
  const auto given = table.series();
  auto series = std::make_shared<Series>(given ? *given : Series());
  const auto rows = at::arange(table.size(), at::kLong);
  if (!series->groups.defined()) series->groups = at::zeros_like(rows);
  if (series->group_names.empty()) series->group_names = {""};
  series->rows = given ? given->rows : rows;
  series->labels = table.labels();
  if (series->groups_are_files && series->times.defined())
    series->groups = merged_files(series->groups, series->times, rules);
  const auto order = order_of_points(series->groups, series->times);
  for (auto* of_points : {&series->times, &series->groups, &series->rows, &series->labels})
    if (of_points->defined()) *of_points = of_points->index_select(0, order);
  return series;
}

/// The pieces of a series that no gap divides.
std::vector<PointRange> without_gaps(const PointRange& range, const std::vector<double>& times,
                                     const WindowRules& rules, WindowCounts& counts) {
  std::vector<PointRange> pieces = {range};
  if (times.empty()) return pieces;
  const auto largest = largest_step(times, range, rules);
  for (auto i = range.begin + 1; i < range.end; ++i) {
    const auto step = times[static_cast<std::size_t>(i)] - times[static_cast<std::size_t>(i - 1)];
    counts.tied += step == 0 ? 1 : 0;
    if (!is_gap(step, largest)) continue;
    ++counts.gaps;
    pieces.back().end = i;
    pieces.push_back({i, range.end});
  }
  return pieces;
}

/// Points of a piece that none of these windows, in ascending order, has.
std::int64_t uncovered(const PointRange& piece, const WindowPlaces& places, std::size_t first) {
  auto covered = piece.begin;
  std::int64_t left = 0;
  for (auto i = first; i < places.starts.size(); ++i) {
    left += std::max<std::int64_t>(0, places.starts[i] - covered);
    covered = std::max(covered, places.starts[i] + places.counts[i]);
  }
  return left + std::max<std::int64_t>(0, piece.end - covered);
}

}  // namespace

Dataset windows_of(const Dataset& table, const ColumnTypes& channels, const WindowRules& rules,
                   WindowCounts& counts) {
  if (table.size() == 0) throw Error("has no rows to cut windows out of");
  const auto series = sorted_series(table, rules);
  series->channels = channels;
  const auto times = doubles(series->times);
  const auto ranges = ranges_of(longs(series->groups));
  series->order = series->times.defined() ? series->times : shares(ranges, table.size());
  WindowPlaces places;
  counts = {.series = std::ssize(ranges), .points = table.size()};
  series->pieces = at::empty({table.size()}, at::kLong);
  std::int64_t pieces = 0;
  for (const auto& range : ranges)
    for (const auto& piece : without_gaps(range, times, rules, counts)) {
      series->pieces.slice(0, piece.begin, piece.end).fill_(pieces++);
      const auto first = places.starts.size();
      places.cut(piece, rules);
      counts.left_out += uncovered(piece, places, first);
      counts.longest = std::max(counts.longest, piece.size());
    }
  if (places.starts.empty()) return {};
  auto values = table.gather(series->rows).inputs;
  return Dataset(std::make_shared<WindowRows>(std::move(values), series, places, rules.length, table));
}

}  // namespace aelab
