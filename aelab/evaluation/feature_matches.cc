#include "aelab/evaluation/feature_matches.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "aelab/core/signals.h"
#include "aelab/evaluation/assignment.h"

namespace aelab {
namespace {

constexpr std::int64_t kMostPairs = std::int64_t{1} << 29;
constexpr std::int64_t kLatentsAtOnce = 1024;

/// Calls `use(begin, cosines [latents from begin on, others])`, absolute values, block by block.
template <class Use>
void for_cosines(const at::Tensor& rows, const at::Tensor& others, Use use) {
  for (std::int64_t begin = 0; begin < rows.size(0); begin += kLatentsAtOnce) {
    StopSignals::check();
    const auto end = std::min(begin + kLatentsAtOnce, rows.size(0));
    use(begin, at::mm(rows.slice(0, begin, end), others.t()).abs_());
  }
}

std::vector<std::int64_t> numbers_of(const at::Tensor& tensor) {
  const auto contiguous = tensor.contiguous();
  const auto* begin = contiguous.const_data_ptr<std::int64_t>();
  return {begin, begin + contiguous.numel()};
}

/// The mean over the columns that rows are assigned.
double mean_assigned(const at::Tensor& cosines) {
  const auto costs = cosines.size(0) <= cosines.size(1) ? 1 - cosines : 1 - cosines.t();
  const auto columns = best_assignment(costs.contiguous());
  const auto chosen = at::tensor(columns, at::kLong).unsqueeze(1);
  return (1 - costs.gather(1, chosen)).mean(at::kDouble).item<double>();
}

}  // namespace

NearestDirections NearestDirections::empty(std::int64_t count) {
  return {at::empty({count}), at::empty({count}, at::kLong)};
}

void NearestDirections::fill(std::int64_t begin, const at::Tensor& from) {
  const auto [largest, place] = from.max(1);
  const auto end = begin + from.size(0);
  cosines.slice(0, begin, end).copy_(largest);
  places.slice(0, begin, end).copy_(place);
}

at::Tensor normalized_rows(const at::Tensor& rows) {
  const auto norms = rows.norm(2, 1, /*keepdim=*/true);
  return at::where(norms > 0, rows / norms, at::zeros_like(rows));
}

NearestDirections nearest_directions(const at::Tensor& rows, const at::Tensor& others) {
  auto nearest = NearestDirections::empty(rows.size(0));
  for_cosines(normalized_rows(rows), normalized_rows(others),
              [&](std::int64_t begin, const at::Tensor& cosines) { nearest.fill(begin, cosines); });
  return nearest;
}

NearestDirections nearest_other_directions(const at::Tensor& rows, const at::Tensor& places) {
  const auto directions = normalized_rows(rows);
  auto nearest = NearestDirections::empty(places.size(0));
  for_cosines(directions.index_select(0, places), directions, [&](std::int64_t begin, at::Tensor cosines) {
    const auto own = places.slice(0, begin, begin + cosines.size(0)).unsqueeze(1);
    nearest.fill(begin, cosines.scatter_(1, own, -1));
  });
  return nearest;
}

double mean_largest_cosine(const at::Tensor& rows) {
  return nearest_other_directions(rows, at::arange(rows.size(0), at::kLong))
      .cosines.mean(at::kDouble)
      .item<double>();
}

FeatureMatches::FeatureMatches(const at::Tensor& directions, const Truth& truth)
    : parent_of_(numbers_of(truth.parents())) {
  const auto features = normalized_rows(truth.dictionary()), latents = normalized_rows(directions);
  const auto count = latents.size(0);
  const bool pairs = count * features.size(0) <= kMostPairs;
  auto nearest = NearestDirections::empty(count);
  auto all = pairs ? at::empty({count, features.size(0)}) : at::Tensor();
  for_cosines(latents, features, [&](std::int64_t begin, const at::Tensor& cosines) {
    nearest.fill(begin, cosines);
    if (pairs) all.slice(0, begin, begin + cosines.size(0)).copy_(cosines);
  });
  if (pairs) mcc_ = mean_assigned(all);
  feature_of_ = numbers_of(nearest.places);
  latents_.resize(feature_of_.size());
  feature_rows_.resize(parent_of_.size());
  parents_.resize(parent_of_.size());
  latent_of_.assign(parent_of_.size(), -1);
  const auto* cosine = nearest.cosines.const_data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i) {
    auto& latent = latent_of_[static_cast<std::size_t>(feature_of_[static_cast<std::size_t>(i)])];
    if (latent < 0 || cosine[i] > cosine[latent]) latent = i;
  }
}

void FeatureMatches::add(const at::Tensor& active, const ActiveFeatures& features) {
  const auto rows = active.contiguous();
  const auto *offset = features.offsets.const_data_ptr<std::int64_t>(),
             *column = features.columns.const_data_ptr<std::int64_t>();
  std::vector<char> is_active(parent_of_.size(), 0);
  for (std::int64_t i = 0; i < rows.size(0); ++i)
    add_row(rows.const_data_ptr<bool>() + i * rows.size(1), column + offset[i], offset[i + 1] - offset[i],
            is_active);
}

/// `is_active` [features] is 0 before and after.
void FeatureMatches::add_row(const bool* active, const std::int64_t* features, std::int64_t count,
                             std::vector<char>& is_active) {
  for (std::int64_t i = 0; i < count; ++i) {
    const auto feature = static_cast<std::size_t>(features[i]);
    is_active[feature] = 1;
    ++feature_rows_[feature];
    const auto parent = parent_of_[feature];
    if (parent < 0) continue;
    const auto child_latent = latent_of_[feature],
               parent_latent = latent_of_[static_cast<std::size_t>(parent)];
    if (child_latent < 0 || parent_latent < 0) continue;
    auto& pairs = parents_[static_cast<std::size_t>(parent)];
    ++pairs.seen;
    pairs.absorbed += active[child_latent] && !active[parent_latent];
  }
  for (std::size_t latent = 0; latent < latents_.size(); ++latent) {
    if (!active[latent]) continue;
    ++latents_[latent].active;
    latents_[latent].right += is_active[static_cast<std::size_t>(feature_of_[latent])];
  }
  for (std::int64_t i = 0; i < count; ++i) is_active[static_cast<std::size_t>(features[i])] = 0;
}

double FeatureMatches::uniqueness() const {
  const auto matched = std::count_if(latent_of_.begin(), latent_of_.end(), [](auto l) { return l >= 0; });
  return static_cast<double>(matched) / static_cast<double>(latents_.size());
}

FeatureMatches::Scores FeatureMatches::scores() const {
  Scores sum;
  const auto share = [](std::int64_t part, std::int64_t all) {
    return all > 0 ? static_cast<double>(part) / static_cast<double>(all) : 0;
  };
  for (std::size_t i = 0; i < latents_.size(); ++i) {
    const auto [active, right] = latents_[i];
    const auto rows = feature_rows_[static_cast<std::size_t>(feature_of_[i])];
    sum.precision += share(right, active);
    sum.recall += share(right, rows);
    sum.f1 += share(2 * right, active + rows);  // the harmonic mean of the two
  }
  const auto latents = static_cast<double>(latents_.size());
  return {sum.precision / latents, sum.recall / latents, sum.f1 / latents};
}

std::optional<double> FeatureMatches::absorption() const {
  double sum = 0;
  std::int64_t parents = 0;
  for (const auto& [seen, absorbed] : parents_) {
    if (seen == 0) continue;
    sum += static_cast<double>(absorbed) / static_cast<double>(seen);
    ++parents;
  }
  if (parents == 0) return {};
  return sum / static_cast<double>(parents);
}

}  // namespace aelab
