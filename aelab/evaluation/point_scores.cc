#include "aelab/evaluation/point_scores.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "aelab/core/signals.h"
#include "aelab/nn/mode.h"

namespace aelab {

bool are_windows(const Dataset& rows) {
  const auto series = rows.series();
  return series && !series->channels.empty();
}

PointScores::PointScores(std::shared_ptr<const Series> series, Shape window)
    : series_(std::move(series)),
      channels_(window.front()),
      length_(window.back()),
      windows_(at::zeros({series_->rows.size(0)}, at::kDouble)),
      sums_(at::zeros_like(windows_)) {}

void PointScores::add(const Tensor& spans, const ScoredRows& windows) {
  const auto offsets = at::arange(length_, at::kLong);
  const auto inside = (offsets < spans.select(1, 1).unsqueeze(1)).flatten();
  const auto points = (spans.select(1, 0).unsqueeze(1) + offsets).flatten().masked_select(inside);
  windows_.index_add_(0, points, at::ones({points.size(0)}, at::kDouble));
  const auto& amounts = windows.contributions;
  if (!amounts.defined() || amounts.size(1) != channels_ * length_) {
    const auto scores = windows.scores.unsqueeze(1).expand({-1, length_}).reshape({-1});
    sums_.index_add_(0, points, scores.masked_select(inside));
    return;
  }
  const auto places = inside.nonzero().flatten();
  const auto of_points = amounts.reshape({-1, channels_, length_})
                             .transpose(1, 2)
                             .reshape({-1, channels_})
                             .index_select(0, places);
  if (!contributions_.defined()) contributions_ = at::zeros({windows_.size(0), channels_}, at::kDouble);
  contributions_.index_add_(0, points, of_points);
  sums_.index_add_(0, points, of_points.sum(1));
}

Tensor PointScores::points() const { return windows_.nonzero().flatten(); }

ScoredRows PointScores::scored() const {
  const auto places = points();
  const auto windows = windows_.index_select(0, places);
  ScoredRows scored{sums_.index_select(0, places) / windows};
  if (contributions_.defined())
    scored.contributions = contributions_.index_select(0, places) / windows.unsqueeze(1);
  return scored;
}

void score_points(const AnomalyScore& score, const Autoencoder& model, const Dataset& windows,
                  PointScores& scores) {
  constexpr std::int64_t kWindows = 256;
  const c10::InferenceMode inference;
  const ModeScope evaluation(model, /*training=*/false);
  const auto device = model.parameters().front().device();
  const auto spans = windows.spans();
  for (std::int64_t begin = 0; begin < windows.size(); begin += kWindows) {
    StopSignals::check();
    const auto count = std::min(kWindows, windows.size() - begin);
    // Batches of one size, the last one filled up with its first row: kernels round in the same way then.
    const auto places = at::where(at::arange(kWindows) < count, at::arange(begin, begin + kWindows), begin);
    auto scored = score.score(model, windows.gather(places).to(device), /*explain=*/true);
    scored.scores = scored.scores.slice(0, 0, count);
    if (scored.contributions.defined()) scored.contributions = scored.contributions.slice(0, 0, count);
    scores.add(spans.slice(0, begin, begin + count), scored);
  }
}

std::vector<AnomalyInterval> intervals_of(const Tensor& points, const ScoredRows& scored,
                                          const Tensor& anomalous, const Series& series) {
  std::vector<AnomalyInterval> intervals;
  const auto places = anomalous.nonzero().flatten();
  const auto* pieces = series.pieces.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < places.size(0); ++i) {
    const auto place = places[i].item<std::int64_t>(), point = points[place].item<std::int64_t>();
    const double score = scored.scores[place].item<double>();
    const bool goes_on =
        !intervals.empty() && intervals.back().end == point - 1 && pieces[point] == pieces[point - 1];
    if (!goes_on) intervals.push_back({.begin = point, .peak = score, .peak_at = point});
    auto& interval = intervals.back();
    interval.end = point;
    ++interval.points;
    if (score > interval.peak) std::tie(interval.peak, interval.peak_at) = std::pair(score, point);
    if (!scored.contributions.defined()) continue;
    const auto amounts = scored.contributions[place];
    interval.contributions =
        interval.contributions.defined() ? interval.contributions + amounts : amounts.clone();
  }
  return intervals;
}

}  // namespace aelab
