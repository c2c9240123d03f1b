#include "aelab/data/feature_rows.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>

#include "aelab/core/random.h"
#include "aelab/data/feature_kernels.h"
#include "aelab/data/numbers_of_row.h"
#include "aelab/nn/instruction_sets.h"
#include "aelab/nn/noise_kernels.h"

namespace aelab {

const feature_kernels::Functions& feature_kernels::chosen() { return *fastest<&plain, &avx2, &avx512>(); }

namespace {

constexpr double kRareRate = 0.005;  // features that fire more often than this are all looked at
constexpr double kAbove = 1. / 64;   // the probability that a normal number exceeds the level
constexpr double kLevel = 2.1538746940614564;
constexpr float kCertain = 1e30F;

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

/// Whether u < normal_cdf(x): by bounds where they decide, which is nearly always.
bool is_below_cdf(double u, double x) {
  constexpr double kLimit = 8;
  constexpr int kSteps = 32;  // of 1
  static const auto table = [] {
    std::array<double, static_cast<std::size_t>(2 * kLimit * kSteps) + 1> values{};
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = normal_cdf(static_cast<double>(i) / kSteps - kLimit);
    return values;
  }();
  if (std::abs(x) < kLimit) {
    const auto i = static_cast<std::size_t>((x + kLimit) * kSteps);
    if (u < table[i]) return true;
    if (u >= table[i + 1]) return false;
  }
  return u < normal_cdf(x);
}

/// How many of a row of events, each of probability kAbove, are passed over until one happens.
class Skips {
 public:
  static std::int64_t next(NumbersOfRow& uniform) {
    static const Skips skips;
    for (std::int64_t passed = 0;; passed += kMost) {
      const auto u = uniform.next();
      if (u >= skips.until_[kMost - 1]) continue;
      auto k = skips.guide_[static_cast<std::size_t>(u * kGuide)];
      while (u >= skips.until_[k]) ++k;
      return passed + static_cast<std::int64_t>(k);
    }
  }

 private:
  static constexpr std::size_t kMost = 512, kGuide = 256;
  std::array<float, kMost> until_;         // the probability of at most k, in the steps of a uniform number
  std::array<std::size_t, kGuide> guide_;  // the first k that a number of this 256th can have

  Skips() {
    constexpr double kStep = 0x1p-24;
    for (std::size_t k = 0; k < kMost; ++k)
      until_[k] = static_cast<float>(
          std::round((1 - std::pow(1 - kAbove, static_cast<double>(k + 1))) / kStep) * kStep);
    for (std::size_t i = 0; i < kGuide; ++i)
      guide_[i] = static_cast<std::size_t>(
          std::upper_bound(until_.begin(), until_.end(), static_cast<float>(i) / kGuide) - until_.begin());
  }
};

template <class To>
std::vector<To> values_of(const Tensor& tensor) {
  const auto wide = tensor.to(c10::CppTypeToScalarType<To>::value).contiguous();
  const auto* begin = wide.template const_data_ptr<To>();
  return {begin, begin + wide.numel()};
}

}  // namespace

FeatureSampler::FeatureSampler(FeatureModel model, std::int64_t seed)
    : model_(std::move(model)),
      factor_key_(random_key(seed, "common factors of a row")),
      own_key_(random_key(seed, "own numbers of features")),
      size_key_(random_key(seed, "sizes of features")),
      rare_key_(random_key(seed, "rare features")),
      rank_(model_.factors.size(1)),
      width_((rank_ + feature_kernels::kStride) / feature_kernels::kStride * feature_kernels::kStride),
      means_(values_of<float>(model_.means)),
      deviations_(values_of<float>(model_.deviations)),
      first_child_(values_of<std::int32_t>(model_.first_child)),
      children_(values_of<std::int32_t>(model_.children)) {
  numbers_.resize(means_.size());
  std::iota(numbers_.begin(), numbers_.end(), 0);
  const auto rates = values_of<double>(model_.corrected);
  const auto parents = values_of<std::int64_t>(model_.parents);
  for (const auto i : numbers_) {
    const auto feature = static_cast<std::size_t>(i);
    if (parents[feature] >= 0) continue;
    const bool rare = rates[feature] < kRareRate && children_[feature] == 0;
    (rare ? rare_ : often_).push_back(i);
  }
  fill_table();
  fill_panels();
}

/// Feature i fires where the product of its row with (e, 1) exceeds -n_i.
void FeatureSampler::fill_table() {
  const auto deviation = (1 - model_.factors.square().sum(1)).sqrt();
  const auto threshold = (at::special_ndtri(model_.corrected) / deviation).clamp(-kCertain, kCertain);
  const auto table = at::cat({model_.factors / deviation.unsqueeze(1), threshold.unsqueeze(1),
                              at::zeros({threshold.numel(), width_ - rank_ - 1}, at::kDouble)},
                             1);
  table_ = values_of<float>(table);
}

/// Their products with (e, 1) are at least 0 wherever those of table_ exceed -kLevel, whatever the rounding.
void FeatureSampler::fill_panels() {
  constexpr auto kBlock = feature_kernels::kBlock;
  constexpr float kRounding = 1e-5F, kMostNormal = 7;
  const auto count = static_cast<std::int64_t>(rare_.size()), terms = rank_ + 1;
  blocks_ = (count + kBlock - 1) / kBlock;
  panels_.assign(static_cast<std::size_t>(blocks_ * terms * kBlock), 0);
  for (std::int64_t i = 0; i < blocks_ * kBlock; ++i) {
    auto* panel = panels_.data() + (i / kBlock) * terms * kBlock + i % kBlock;
    if (i >= count) {
      panel[rank_ * kBlock] = -1;
      continue;
    }
    const auto* row = table_.data() + rare_[static_cast<std::size_t>(i)] * width_;
    float size = std::abs(row[rank_]) + static_cast<float>(kLevel);
    for (std::int64_t k = 0; k < rank_; ++k) {
      panel[k * kBlock] = row[k];
      size += kMostNormal * std::abs(row[k]);
    }
    panel[rank_ * kBlock] = row[rank_] + static_cast<float>(kLevel) + kRounding * size;
  }
}

class FeatureSampler::Row {
 public:
  explicit Row(const FeatureSampler& sampler)
      : s_(sampler),
        size_numbers_(noise::chosen().normal, s_.size_key_),
        rare_numbers_(noise::chosen().uniform, s_.rare_key_),
        own_(s_.often_.size()),
        products_(s_.means_.size()) {}

  /// `factors` is (e, 1), `masks` what feature_kernels' `possible` found for it.
  std::span<const Active> draw(std::int64_t index, const float* factors, const std::uint32_t* masks) {
    factors_ = factors;
    active_.clear();
    size_numbers_.begin(static_cast<std::uint64_t>(index));
    rare_numbers_.begin(static_cast<std::uint64_t>(index));
    draw_often(static_cast<std::uint64_t>(index));
    for (std::size_t i = 0; i < active_.size(); ++i)  // which grows
      draw_children(active_[i]);
    draw_rare(masks);
    std::sort(active_.begin(), active_.end(),
              [](const Active& a, const Active& b) { return a.feature < b.feature; });
    return active_;
  }

 private:
  const FeatureSampler& s_;
  NumbersOfRow size_numbers_, rare_numbers_;
  std::vector<float> own_, products_;
  std::vector<std::int32_t> places_, candidates_;  // of rare features: in rare_, and their numbers
  std::vector<float> drawn_;
  const float* factors_ = nullptr;
  std::vector<Active> active_;

  void find_products(const std::int32_t* features, std::size_t count) {
    feature_kernels::chosen().products(products_.data(), factors_, s_.table_.data(), features,
                                       static_cast<std::int64_t>(count), s_.width_);
  }

  void fire(std::int32_t feature, float scale) {
    const auto i = static_cast<std::size_t>(feature);
    const float size = s_.means_[i] + s_.deviations_[i] * size_numbers_.next();
    if (size > 0) active_.push_back({feature, size * scale});
  }

  void draw_often(std::uint64_t index) {
    noise::chosen().normal(own_.data(), static_cast<std::int64_t>(own_.size()), s_.own_key_, 0, index);
    find_products(s_.often_.data(), s_.often_.size());
    for (std::size_t i = 0; i < own_.size(); ++i)
      if (own_[i] > -products_[i]) fire(s_.often_[i], 1);
  }

  void draw_children(const Active parent) {
    const auto i = static_cast<std::size_t>(parent.feature);
    const auto count = static_cast<std::size_t>(s_.children_[i]);
    if (count == 0) return;
    const auto* children = s_.numbers_.data() + s_.first_child_[i];
    const float scale = s_.model_.scaled ? parent.size / s_.means_[i] : 1;
    const auto begin = active_.size();
    find_products(children, count);
    for (std::size_t c = 0; c < count; ++c)
      if (products_[c] >= kCertain / 2 || size_numbers_.next() > -products_[c]) fire(children[c], scale);
    const auto fired = active_.size() - begin;
    if (!s_.model_.exclusive || fired < 2) return;
    const auto winner = static_cast<std::size_t>(rare_numbers_.next() * static_cast<float>(fired));
    active_[begin] = active_[begin + std::min(winner, fired - 1)];
    active_.resize(begin + 1);
  }

  /// Those whose own number exceeds the level fire where it also exceeds the threshold.
  void draw_rare(const std::uint32_t* masks) {
    if (s_.rare_.empty()) return;
    places_.clear();
    const auto count = static_cast<std::int64_t>(s_.rare_.size());
    for (std::int64_t place = Skips::next(rare_numbers_); place < count;
         place += 1 + Skips::next(rare_numbers_))
      places_.push_back(static_cast<std::int32_t>(place));
    const auto above = places_.size();
    add_possible(masks);
    candidates_.resize(places_.size());
    for (std::size_t i = 0; i < places_.size(); ++i)
      candidates_[i] = s_.rare_[static_cast<std::size_t>(places_[i])];
    find_products(candidates_.data(), candidates_.size());
    for (std::size_t i = 0; i < above; ++i)
      if (is_below_cdf(rare_numbers_.next() * kAbove, products_[i])) fire(candidates_[i], 1);
    for (auto i = above; i < candidates_.size(); ++i)
      if (products_[i] > -kLevel &&
          !is_below_cdf(rare_numbers_.next() * (1 - kAbove), -static_cast<double>(products_[i])))
        fire(candidates_[i], 1);
  }

  /// Adds the places that the masks name, without those that are listed, in ascending order, already.
  void add_possible(const std::uint32_t* masks) {
    const auto above = places_.size();
    std::size_t next = 0;
    for (std::int64_t block = 0; block < s_.blocks_; ++block)
      for (auto bits = masks[block]; bits; bits &= bits - 1) {
        const auto place =
            static_cast<std::int32_t>(block * feature_kernels::kBlock + std::countr_zero(bits));
        while (next < above && places_[next] < place) ++next;
        if (next == above || places_[next] != place) places_.push_back(place);
      }
  }
};

void FeatureSampler::draw(std::span<const std::int64_t> indices, const Visit& visit) const {
  constexpr std::int64_t kTile = 24;
  const auto count = static_cast<std::int64_t>(indices.size());
  at::parallel_for(0, (count + kTile - 1) / kTile, 1, [&](std::int64_t first, std::int64_t last) {
    Row row(*this);
    std::vector<float> factors(static_cast<std::size_t>(kTile * width_));
    std::vector<std::uint32_t> masks(static_cast<std::size_t>(kTile * blocks_));
    for (auto tile = first; tile < last; ++tile) {
      const auto begin = tile * kTile, rows = std::min(kTile, count - begin);
      for (std::int64_t r = 0; r < rows; ++r) {
        auto* e = factors.data() + r * width_;
        noise::chosen().normal(e, rank_, factor_key_, 0,
                               static_cast<std::uint64_t>(indices[static_cast<std::size_t>(begin + r)]));
        e[rank_] = 1;
      }
      if (blocks_ > 0)
        feature_kernels::chosen().possible(masks.data(), panels_.data(), blocks_, rank_ + 1, factors.data(),
                                           rows, width_);
      for (std::int64_t r = 0; r < rows; ++r)
        visit(begin + r, row.draw(indices[static_cast<std::size_t>(begin + r)], factors.data() + r * width_,
                                  masks.data() + r * blocks_));
    }
  });
}

Tensor FeatureSampler::rows(std::span<const std::int64_t> indices) const {
  const auto width = model_.dictionary.size(1);
  auto rows = at::empty({static_cast<std::int64_t>(indices.size()), width});
  auto* to = rows.mutable_data_ptr<float>();
  const auto *start = model_.bias.const_data_ptr<float>(), *table = model_.dictionary.const_data_ptr<float>();
  draw(indices, [&](std::int64_t place, std::span<const Active> active) {
    thread_local std::vector<std::int32_t> features;
    thread_local std::vector<float> sizes;
    features.clear();
    sizes.clear();
    for (const auto& [feature, size] : active) {
      features.push_back(feature);
      sizes.push_back(size);
    }
    feature_kernels::chosen().add(to + place * width, start, table, features.data(), sizes.data(),
                                  static_cast<std::int64_t>(features.size()), width);
  });
  return rows;
}

}  // namespace aelab
