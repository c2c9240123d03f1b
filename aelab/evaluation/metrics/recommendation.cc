#include "aelab/evaluation/metrics/recommendation.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "aelab/core/signals.h"
#include "aelab/data/batches.h"
#include "aelab/data/formats/sparse_npz.h"
#include "aelab/nn/noise.h"

namespace aelab {
namespace {

constexpr std::int64_t kTrainingRows = 1000;  // read at once
constexpr double kQuantile = 1.959964;        // of the normal distribution, for 95 %

/// The numbers of the `count` items with the largest scores, in that order: of equal ones, the smaller number
/// is first. NaN is less than all numbers.
std::vector<std::int64_t> first_items(const float* scores, const bool* left_out, std::int64_t items,
                                      std::int64_t count) {
  std::vector<std::int64_t> order;
  order.reserve(static_cast<std::size_t>(items));
  for (std::int64_t item = 0; item < items; ++item)
    if (!left_out[item]) order.push_back(item);
  const auto score = [&](std::int64_t item) {
    return std::isnan(scores[item]) ? -std::numeric_limits<float>::infinity() : scores[item];
  };
  const auto kept = std::min(count, static_cast<std::int64_t>(order.size()));
  std::partial_sort(order.begin(), order.begin() + kept, order.end(),
                    [&](auto a, auto b) { return score(a) > score(b) || (score(a) == score(b) && a < b); });
  order.resize(static_cast<std::size_t>(kept));
  return order;
}

/// The items [batch, items], bool, that were held out of stored rows.
Tensor items_of(const SparseMatrix& held_out, const Tensor& rows, const Tensor& like) {
  auto items = at::zeros(like.sizes(), at::kBool);
  auto* to = items.mutable_data_ptr<bool>();
  const auto stored = rows.contiguous();
  for (std::int64_t i = 0; i < stored.size(0); ++i)
    for (const auto place : held_out.places_of(stored.const_data_ptr<std::int64_t>()[i]))
      to[i * held_out.columns + place] = true;
  return items.to(like.device());
}

}  // namespace

RankedItems quality_of_ranking(const std::vector<bool>& found, std::int64_t wanted,
                               const std::vector<std::int64_t>& k) {
  RankedItems quality;
  const auto gain = [](std::int64_t rank) { return 1 / std::log2(static_cast<double>(rank) + 1); };
  for (const auto last : k) {
    double hits = 0, gains = 0, ideal = 0;
    for (std::int64_t rank = 1; rank <= last; ++rank) {
      if (rank <= wanted) ideal += gain(rank);
      if (rank > static_cast<std::int64_t>(found.size()) || !found[static_cast<std::size_t>(rank) - 1])
        continue;
      hits += 1;
      gains += gain(rank);
    }
    quality.recall.push_back(hits / static_cast<double>(wanted));
    quality.ndcg.push_back(gains / ideal);
  }
  return quality;
}

void Recommendation::Config::fields(Fields& f) {
  f("k", k, "numbers of recommended items that are measured", between(1, 1'000'000))
      .also_known_as({"topk", "top_k", "K"});
  f("held_out", held_out,
    "share of a row's items that the encoder does not read and the ranking must find, where the data do not "
    "say which",
    Bounds{.least = 0, .most = 1, .open = true})
      .also_known_as({"test_prop", "holdout"});
  f("seed", seed, "of what is held out", at_least(0)).also_known_as({"random_state"});
  f.require(!k.empty(), "k", "must list at least one number");
  auto sorted = k;
  std::sort(sorted.begin(), sorted.end());
  f.require(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end(), "k", "lists a number twice");
}

Recommendation::Recommendation(const Config& config) : config_(config) {
  for (auto* sums : {&of_model_, &of_popularity_})
    for (auto* each : {&sums->recall, &sums->ndcg, &sums->recall_squares, &sums->ndcg_squares})
      each->assign(config_.k.size(), 0);
}

std::vector<Measure> Recommendation::measures() const {
  std::vector<Measure> measures;
  const auto add = [&](const std::string& name, const std::string& definition, Direction better) {
    measures.push_back({"recommendation/" + name, definition, better});
  };
  const std::string end =
      " end of its 95 % interval: mean -/+ 1.96 standard errors over rows, for this model";
  for (const auto k : config_.k) {
    const auto recall = fmt::format(
        "held-out items among the first {} of all items that the encoder did not read, ranked by their "
        "reconstruction, over the number of held-out items; mean over rows with held-out items (RecBole)",
        k);
    const auto ndcg = fmt::format(
        "normalized discounted cumulative gain of the first {} items: sum of 1 / log2(rank + 1) over "
        "held-out "
        "items, over that of an ideal ranking; mean over rows with held-out items (RecBole)",
        k);
    for (const auto& [name, definition] : {std::pair("recall", recall), std::pair("ndcg", ndcg)}) {
      const auto full = fmt::format("{}@{}", name, k);
      add(full, definition, Direction::higher);
      add(full + "_low", "lower" + end, Direction::neither);
      add(full + "_high", "upper" + end, Direction::neither);
      add(fmt::format("popularity_{}", full),
          "the same of ranking by popularity, the number of training rows that have an item",
          Direction::neither);
    }
  }
  add("rows", "number of rows with held-out items, which these are means over", Direction::neither);
  add("rows_left_out", "number of rows without held-out items", Direction::neither);
  return measures;
}

void Recommendation::begin(const Autoencoder& model, const Split& data) {
  model_ = &model;
  applies_ = model.target_shape() == model.input_shape();
  popularity_ = at::zeros({elements(model.input_shape())});
  if (data.train.size() == 0) return;
  const Batches batches(data.train.in_storage_order(), kTrainingRows);
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    StopSignals::check();
    popularity_ += (batches[i].inputs.flatten(1) > 0).sum(0);
  }
}

Recommendation::Task Recommendation::hidden(const Observation& observation) const {
  const auto x = observation.inputs().flatten(1).cpu().contiguous();
  const auto rows =
      observation.rows.defined() ? observation.rows : at::arange(rows_, rows_ + x.size(0), at::kLong);
  const auto noise = Noise(config_.seed, 0, rows).uniform_like("recommendation", x);
  auto target = at::zeros(x.sizes(), at::kBool);
  const auto items = x.size(1);
  for (std::int64_t row = 0; row < x.size(0); ++row) {
    const auto *value = x.const_data_ptr<float>() + row * items,
               *drawn = noise.const_data_ptr<float>() + row * items;
    std::vector<std::int64_t> own;
    for (std::int64_t item = 0; item < items; ++item)
      if (value[item] > 0) own.push_back(item);
    const auto count = static_cast<std::int64_t>(own.size());
    if (count < 2) continue;
    const auto away =
        std::clamp<std::int64_t>(std::llround(config_.held_out * static_cast<double>(count)), 1, count - 1);
    std::partial_sort(own.begin(), own.begin() + away, own.end(),
                      [&](auto a, auto b) { return drawn[a] < drawn[b] || (drawn[a] == drawn[b] && a < b); });
    for (std::int64_t i = 0; i < away; ++i)
      target.mutable_data_ptr<bool>()[row * items + own[static_cast<std::size_t>(i)]] = true;
  }
  target = target.to(observation.inputs().device());
  return {observation.inputs().flatten(1).masked_fill(target, 0), target};
}

Recommendation::Task Recommendation::task_of(const Observation& observation) const {
  if (!observation.held_out) return hidden(observation);
  const auto x = observation.inputs().flatten(1);
  return {x, items_of(*observation.held_out, observation.rows, x).logical_and(x <= 0)};
}

void Recommendation::add_up(const Tensor& scores, const Tensor& visible, const Tensor& target,
                            Sums& sums) const {
  const auto ranked = scores.to(at::kFloat).cpu().contiguous();
  const auto read = (visible > 0).cpu().contiguous(), wanted = target.cpu().contiguous();
  const auto rows = ranked.size(0), items = ranked.size(1);
  const auto most = *std::max_element(config_.k.begin(), config_.k.end());
  std::vector<RankedItems> all(static_cast<std::size_t>(rows));
  at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto row = begin; row < end; ++row) {
      const auto* is_wanted = wanted.const_data_ptr<bool>() + row * items;
      const auto count = std::count(is_wanted, is_wanted + items, true);
      if (count == 0) continue;
      std::vector<bool> found;
      for (const auto item : first_items(ranked.const_data_ptr<float>() + row * items,
                                         read.const_data_ptr<bool>() + row * items, items, most))
        found.push_back(is_wanted[item]);
      all[static_cast<std::size_t>(row)] = quality_of_ranking(found, count, config_.k);
    }
  });
  for (const auto& row : all)
    for (std::size_t i = 0; i < row.recall.size(); ++i) {
      sums.recall[i] += row.recall[i];
      sums.ndcg[i] += row.ndcg[i];
      sums.recall_squares[i] += row.recall[i] * row.recall[i];
      sums.ndcg_squares[i] += row.ndcg[i] * row.ndcg[i];
    }
}

void Recommendation::add(const Observation& observation) {
  applies_ = applies_ && (observation.inputs() >= 0).all().item<bool>();
  if (!applies_) return;
  chose_items_ = !observation.held_out;
  const auto task = task_of(observation);
  auto scores = observation.reconstruction;
  if (chose_items_) {
    const auto x = task.visible.view_as(observation.inputs());
    const auto condition = model_->condition(x, observation.labels);
    scores = model_->decode(model_->encode(x, condition), condition);
  }
  add_up(scores.flatten(1), task.visible, task.target, of_model_);
  add_up(popularity_.expand_as(task.visible), task.visible, task.target, of_popularity_);
  ranked_ += task.target.any(1).sum().item<std::int64_t>();
  rows_ += task.target.size(0);
}

std::vector<std::optional<double>> Recommendation::values() const {
  std::vector<std::optional<double>> values(measures().size());
  if (!applies_) return values;
  const auto n = static_cast<double>(ranked_);
  std::size_t at = 0;
  const auto put = [&](double sum, double squares, double of_popularity) {
    if (ranked_ > 0) {
      const double mean = sum / n;
      values[at] = mean;
      values[at + 3] = of_popularity / n;
      if (ranked_ > 1) {
        const double error = std::sqrt(std::max(0., squares / n - mean * mean) / (n - 1));
        values[at + 1] = std::max(0., mean - kQuantile * error);
        values[at + 2] = std::min(1., mean + kQuantile * error);
      }
    }
    at += 4;
  };
  for (std::size_t i = 0; i < config_.k.size(); ++i) {
    put(of_model_.recall[i], of_model_.recall_squares[i], of_popularity_.recall[i]);
    put(of_model_.ndcg[i], of_model_.ndcg_squares[i], of_popularity_.ndcg[i]);
  }
  values[at] = n;
  values[at + 1] = static_cast<double>(rows_ - ranked_);
  return values;
}

std::vector<std::string> Recommendation::cautions() const {
  if (!applies_)
    return {
        "recommendation: not measured, as rows have values below 0 or other targets than themselves: items "
        "are in a row where its value is greater than 0. Leave out transforms that shift values, such as "
        "\"standardize\""};
  if (!chose_items_) return {};
  return {fmt::format(
      "recommendation: the data do not say which items are held out, so that the metric hid {:.3g} of each "
      "row's items from the encoder; rows with fewer than two items do not count",
      config_.held_out)};
}

}  // namespace aelab
