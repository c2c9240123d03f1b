#include "aelab/data/transforms.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "aelab/core/error.h"
#include "aelab/data/principal_components.h"

namespace aelab {

std::span<const std::string_view> names(Over) {
  static constexpr std::array<std::string_view, 4> kNames = {"feature", "all", "row", "channel"};
  return kNames;
}

std::span<const std::string_view> names(Binarization) {
  static constexpr std::array<std::string_view, 3> kNames = {"threshold", "static", "dynamic"};
  return kNames;
}

std::span<const std::string_view> names(FlipAxis) {
  static constexpr std::array<std::string_view, 2> kNames = {"horizontal", "vertical"};
  return kNames;
}

std::span<const std::string_view> names(Whitening) {
  static constexpr std::array<std::string_view, 2> kNames = {"pca", "zca"};
  return kNames;
}

namespace {

bool is_range(const std::vector<double>& range) { return range.size() == 2 && range[0] < range[1]; }

void require_pictures(const Shape& shape) {
  if (shape.size() != 3)
    throw Error("needs images, [channels, height, width], and the rows have shape [" + in_list(shape) +
                "]: leave it out");
}

/// The least and the largest value of each feature.
std::pair<Tensor, Tensor> feature_range(const Dataset& given) {
  constexpr std::int64_t kRows = 4096;
  const auto dataset = given.in_storage_order();
  auto [least, most] = at::aminmax(dataset.range(0, std::min(kRows, dataset.size())).inputs, 0);
  for (auto begin = kRows; begin < dataset.size(); begin += kRows) {
    const auto inputs = dataset.range(begin, std::min(begin + kRows, dataset.size())).inputs;
    const auto range = at::aminmax(inputs, 0);
    least = at::minimum(least, std::get<0>(range));
    most = at::maximum(most, std::get<1>(range));
  }
  return {least, most};
}

}  // namespace

Tensor Transform::invert(const Tensor&, const Shape&) const {
  throw std::logic_error("a transform without an inverse");
}

// ---- scale

void ScaleTransform::Config::fields(Fields& f) {
  f("from", from, "the range of the values, [min, max]; default: that of the training split");
  f("to", to, "the range that it is mapped to, [min, max]");
  f("by_feature", by_feature,
    "map each feature by its own range, or all by their common one; default: true for the columns of a "
    "table, false for images");
  f("clip", clip,
    "clip to the range \"to\": without it, values outside the training split's range are mapped outside it");
  f.require(!from || is_range(*from), "from", "must be two numbers, the smaller one first");
  f.require(is_range(to), "to", "must be two numbers, the smaller one first");
  f.require(!from || !by_feature.value_or(false), "by_feature",
            "takes the ranges from the data: leave \"from\" out");
}

std::vector<ScaleTransform::Config> ScaleTransform::Config::examples() {
  return {{}, {.from = {{0, 255}}, .to = {-1, 1}}, {.by_feature = true, .clip = true}};
}

Bounds ScaleTransform::values(const Bounds& input) const {
  const double low = config_.to[0], high = config_.to[1];
  if (config_.clip) return between(low, high);
  if (!config_.from) return {};  // rows that are not trained on may lie outside the training split's range
  const auto& from = *config_.from;
  const auto mapped = [&](double x) { return (x - from[0]) / (from[1] - from[0]) * (high - low) + low; };
  return between(mapped(input.least), mapped(input.most));
}

void ScaleTransform::fit(const Dataset& train) {
  if (config_.from) {
    least_ = at::scalar_tensor((*config_.from)[0]);
    most_ = at::scalar_tensor((*config_.from)[1]);
    return;
  }
  std::tie(least_, most_) = feature_range(train);
  if (!config_.by_feature.value_or(train.shape().size() == 1)) {
    least_ = least_.min();
    most_ = most_.max();
  }
  most_ = at::where(most_ > least_, most_, least_ + 1);  // a constant becomes the lower limit
}

Tensor ScaleTransform::apply(Tensor x, const Draws&) const {
  const double low = config_.to[0], high = config_.to[1];
  x = x.sub_(least_).div_(most_ - least_).mul_(high - low).add_(low);
  return config_.clip ? x.clamp_(low, high) : x;
}

Tensor ScaleTransform::invert(const Tensor& y, const Shape&) const {
  const double low = config_.to[0], high = config_.to[1];
  return (y - low) / (high - low) * (most_ - least_) + least_;
}

std::vector<std::pair<std::string, Tensor*>> ScaleTransform::fitted() {
  return {{"least", &least_}, {"most", &most_}};
}

// ---- standardize

void StandardizeTransform::Config::fields(Fields& f) {
  f("over", over,
    "feature: by each feature's mean and standard deviation over the training split; channel: by those of "
    "each channel; all: by those of all features together; row: each row by its own. Default: channel for "
    "rows [channels, length], such as windows, and feature for others");
}

namespace {

/// Mean and variance of every feature's values that are known, and their number, [...shape] each, float64.
std::array<Tensor, 3> known_moments(const Dataset& given) {
  constexpr std::int64_t kRows = 4096;
  const auto dataset = given.in_storage_order();
  auto mean = at::zeros(dataset.shape(), at::kDouble), squares = at::zeros_like(mean),
       seen = at::zeros_like(mean);
  for (std::int64_t begin = 0; begin < dataset.size(); begin += kRows) {
    const auto x = dataset.range(begin, std::min(begin + kRows, dataset.size())).inputs;
    const auto missing = x.isnan();
    const auto count = missing.logical_not().sum(0, /*keepdim=*/false, at::kDouble);
    const auto own = x.nan_to_num(0).sum(0, /*keepdim=*/false, at::kDouble) / count.clamp_min(1);
    const auto change = own - mean, all = (seen + count).clamp_min(1);
    squares += (x - own).square().masked_fill(missing, 0).sum(0) + change.square() * (seen * count / all);
    seen += count;
    mean += change * (count / all);
  }
  return {mean, squares / seen.clamp_min(1), seen};
}

/// Those of all values of the trailing dimensions together, from `first` on, which stay as 1.
std::pair<Tensor, Tensor> merged_moments(const std::array<Tensor, 3>& moments, std::int64_t first) {
  const auto& [mean, variance, count] = moments;
  std::vector<std::int64_t> dimensions;
  for (auto i = first; i < mean.dim(); ++i) dimensions.push_back(i);
  if (dimensions.empty()) return {mean, variance};
  const auto all = count.sum(dimensions, /*keepdim=*/true).clamp_min(1);
  const auto center = (count * mean).sum(dimensions, /*keepdim=*/true) / all;
  const auto spread = (count * (variance + (mean - center).square())).sum(dimensions, /*keepdim=*/true) / all;
  return {center, spread};
}

}  // namespace

void StandardizeTransform::fit(const Dataset& train) {
  constexpr std::size_t kSeries = 2;  // dimensions of rows [channels, length]
  if (over_ == Over::row) return;
  const auto over = over_.value_or(train.shape().size() == kSeries ? Over::channel : Over::feature);
  Tensor mean, variance;
  if (over == Over::channel || train.has_missing()) {
    const auto moments = known_moments(train);
    std::tie(mean, variance) = merged_moments(moments, over == Over::channel ? 1
                                                       : over == Over::all   ? 0
                                                                             : moments.front().dim());
  } else {
    std::tie(mean, variance) = feature_moments(train);
    if (over == Over::all) {
      variance = variance.mean() + mean.var(/*unbiased=*/false);
      mean = mean.mean();
    }
  }
  mean_ = mean.to(at::kFloat);
  deviation_ = divisor(variance.sqrt(), mean).to(at::kFloat);
}

Tensor StandardizeTransform::apply(Tensor x, const Draws&) const {
  if (over_ != Over::row) return x.sub_(mean_).div_(deviation_);
  const auto flat = x.flatten(1).to(at::kDouble);
  const auto mean = flat.nanmean(1, /*keepdim=*/true),
             deviation = (flat - mean).square().nanmean(1, /*keepdim=*/true).sqrt();
  return ((flat - mean) / divisor(deviation, mean)).to(at::kFloat).view_as(x);
}

Tensor StandardizeTransform::invert(const Tensor& y, const Shape&) const { return y * deviation_ + mean_; }

std::vector<std::pair<std::string, Tensor*>> StandardizeTransform::fitted() {
  if (over_ == Over::row) return {};
  return {{"mean", &mean_}, {"deviation", &deviation_}};
}

// ---- binarize, flatten

void BinarizeTransform::Config::fields(Fields& f) {
  f("how", how,
    "threshold: 1 above a threshold; static: 1 with the value as its probability, drawn once for each row; "
    "dynamic: the same, in training drawn anew in each epoch")
      .also_known_as({"binarization", "stochastic", "mode"});
  f("threshold", threshold, "values above it become 1; default: 0.5");
  f("seed", seed, "of the draws that are made once: the same data whatever the seed of the run", at_least(0))
      .also_known_as({"random_state"});
  f.require(how == Binarization::threshold || !threshold, "threshold",
            "has no effect on draws: leave it out, or set \"how\" to \"threshold\"");
}

std::vector<BinarizeTransform::Config> BinarizeTransform::Config::examples() {
  return {{}, {.threshold = 0.2}, {.how = Binarization::fixed, .seed = 3}, {.how = Binarization::dynamic}};
}

void BinarizeTransform::fit(const Dataset& train) {
  if (config_.how == Binarization::threshold) return;
  const auto [least, most] = expected_range(train);
  if (least < 0 || most > 1)
    throw Error(
        fmt::format("takes values for probabilities, which lie in [0, 1], and the training split has values "
                    "from {} to {}: list \"scale\" before it, or set \"how\" to \"threshold\"",
                    static_cast<float>(least), static_cast<float>(most)));
}

Tensor BinarizeTransform::apply(Tensor x, const Draws& draws) const {
  if (config_.how == Binarization::threshold) return (x > config_.threshold.value_or(0.5)).to(at::kFloat);
  const bool anew = config_.how == Binarization::dynamic && draws.training;
  const auto noise = anew ? *draws.training : Noise(config_.seed, /*pass=*/0, draws.rows);
  const auto drawn = (noise.uniform_like("binarize", x) < x).to(at::kFloat);
  return at::where(x.isnan(), x, drawn);
}

Tensor FlattenTransform::apply(Tensor x, const Draws&) const { return x.flatten(1); }

Tensor FlattenTransform::invert(const Tensor& y, const Shape& input) const { return y.unflatten(1, input); }

// ---- crop

void CropTransform::Config::fields(Fields& f) {
  f("height", height, "of the part, in pixels", at_least(0));
  f("width", width, "of the part, in pixels", at_least(0));
  f("padding", padding, "pixels of value 0 that are first added on each side", between(0, 10'000));
  f("random", random, "in training, crop at a random place");
  f.require(height > 0, "height", "is missing, or 0");
  f.require(width > 0, "width", "is missing, or 0");
}

Bounds CropTransform::values(const Bounds& input) const {
  if (!config_.padding) return input;
  return between(std::min(input.least, 0.0), std::max(input.most, 0.0));
}

Shape CropTransform::shape(const Shape& input) const {
  require_pictures(input);
  if (config_.height > input[1] + 2 * config_.padding || config_.width > input[2] + 2 * config_.padding)
    throw Error("a crop of " + std::to_string(config_.height) + "x" + std::to_string(config_.width) +
                " is larger than the images, " + to_string(input));
  return {input[0], config_.height, config_.width};
}

Tensor CropTransform::apply(Tensor x, const Draws& draws) const {
  const auto& [height, width, padding, anywhere] = config_;
  if (padding) x = at::constant_pad_nd(x, {padding, padding, padding, padding});
  const auto free_y = x.size(2) - height, free_x = x.size(3) - width;
  if (!anywhere || !draws.training)
    return x.slice(2, free_y / 2, free_y / 2 + height).slice(3, free_x / 2, free_x / 2 + width);
  const auto drawn = draws.training->uniform_like("crop", at::empty({x.size(0), 2}));
  const auto tops = (drawn.select(1, 0) * (free_y + 1)).to(at::kLong);
  const auto lefts = (drawn.select(1, 1) * (free_x + 1)).to(at::kLong);
  auto parts = at::empty({x.size(0), x.size(1), height, width});
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    const auto top = tops[i].item<std::int64_t>(), left = lefts[i].item<std::int64_t>();
    parts[i].copy_(x[i].slice(1, top, top + height).slice(2, left, left + width));
  }
  return parts;
}

// ---- flip

void FlipTransform::Config::fields(Fields& f) {
  f("axis", axis, "horizontal: swap left and right; vertical: swap top and bottom");
  f("chance", chance, "probability that an image is flipped", between(0, 1));
}

Shape FlipTransform::shape(const Shape& input) const {
  require_pictures(input);
  return input;
}

Tensor FlipTransform::apply(Tensor x, const Draws& draws) const {
  if (!draws.training) return x;
  const auto mirrored = draws.training->uniform_like("flip", at::empty({x.size(0)})) < config_.chance;
  return at::where(mirrored.view({-1, 1, 1, 1}), x.flip(config_.axis == FlipAxis::horizontal ? 3 : 2), x);
}

// ---- whiten

void WhitenTransform::Config::fields(Fields& f) {
  f("method", method, "pca: coordinates along the principal components; zca: rotated back to features");
  f("components", components, "number of principal components kept; default: all", at_least(1));
  f("epsilon", epsilon, "added to each component's variance", at_least(0));
}

Shape WhitenTransform::shape(const Shape& input) const {
  const auto features = elements(input);
  if (config_.components.value_or(1) > features)
    throw FieldError("components", std::to_string(*config_.components) + " are more than the " +
                                       std::to_string(features) + " features of a row");
  return config_.method == Whitening::zca ? input : Shape{config_.components.value_or(features)};
}

void WhitenTransform::fit(const Dataset& train) {
  const auto features = elements(train.shape());
  const auto found = principal_components(train, config_.components.value_or(features));
  if (config_.epsilon == 0 && found.rank() < found.variances.size(0))
    throw Error("only " + std::to_string(found.rank()) + " directions of " + std::to_string(features) +
                " have a variance beyond rounding: set \"epsilon\" above 0, or \"components\" to at most " +
                std::to_string(found.rank()));
  const auto scales = (found.variances + config_.epsilon).rsqrt().unsqueeze(1);
  mean_ = found.mean;
  const auto whitening = found.components * scales;  // [components, features]
  matrix_ = config_.method == Whitening::pca ? whitening.t().contiguous()
                                             : at::mm(found.components.t(), whitening).contiguous();
  if (config_.method == Whitening::pca || config_.components || config_.epsilon == 0) return;
  // ZCA keeps the directions without variance, too.
  const auto without = at::eye(features) - at::mm(found.components.t(), found.components);
  matrix_ += without * (1 / std::sqrt(config_.epsilon));
}

Tensor WhitenTransform::apply(Tensor x, const Draws&) const {
  const auto white = at::mm(x.flatten(1) - mean_, matrix_);
  return config_.method == Whitening::zca ? white.view_as(x) : white;
}

Tensor WhitenTransform::invert(const Tensor& y, const Shape& input) const {
  std::call_once(inverted_, [this] {
    const auto matrix = matrix_.to(at::kDouble);
    inverse_ = at::linalg_pinv(matrix, /*rcond=*/1e-7, /*hermitian=*/config_.method == Whitening::zca)
                   .to(at::kFloat);
  });
  return (at::mm(y.flatten(1), inverse_) + mean_).unflatten(1, input);
}

std::vector<std::pair<std::string, Tensor*>> WhitenTransform::fitted() {
  return {{"mean", &mean_}, {"matrix", &matrix_}};
}

}  // namespace aelab
