#include "aelab/evaluation/metrics/dictionary.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "aelab/evaluation/decoder_directions.h"

namespace aelab {
namespace {

constexpr double kLeastNorm = 1e-6;

std::string unfit_dictionary(const Autoencoder& model) {
  if (model.parts().bottleneck.codebook_size() > 0) return "codes are from a finite set";
  if (!has_affine_decoder(model))
    return "the decoder is not affine, so that code dimensions have no direction in the input";
  return {};
}

/// Of vectors of several blocks; nothing of other dictionaries.
std::optional<double> mean_relative_norm(const Autoencoder& model) {
  const auto& backbone = model.parts().backbone;
  const auto blocks = backbone.blocks();
  if (blocks.empty()) return {};
  const at::NoGradGuard no_grad;
  std::vector<Tensor> norms;
  for (const auto& block : backbone.dictionary().vectors.to(at::kDouble).split_with_sizes(blocks, 1))
    norms.push_back(block.norm(2, 1));
  const auto each = at::stack(norms), sum = each.sum(0);
  const auto shares = (std::get<0>(each.max(0)) / sum).masked_select(sum > 0);
  if (shares.numel() == 0) return {};
  return shares.mean().item<double>();
}

}  // namespace

std::vector<Measure> DictionaryQuality::measures() const {
  const auto measure = [](const std::string& name, const std::string& definition, Direction better) {
    return Measure{"dictionary/" + name, definition, better};
  };
  using enum Direction;
  return {
      measure("l0", "number of latents whose value is not 0, mean over rows", neither),
      measure("explained_variance",
              "pooled: 1 - sum |x - reconstruction|^2 / sum |x - mean|^2, sums over rows and features, not a "
              "mean of ratios; not applicable to constant data",
              higher),
      measure("cosine",
              "cosine of a row and its reconstruction, mean over the rows where both norms exceed 1e-6",
              higher),
      measure("norm_ratio",
              "norm of the reconstruction over that of the row, mean over the rows whose norm exceeds 1e-6; "
              "below 1: shrinkage",
              neither),
      measure("alive", "share of the latents that are active in at least one row", higher),
      measure("dead", "number of latents that are active in no row", lower),
      measure("rare", "share of the latents that are active in some, but fewer than 1 in 1000 rows", neither),
      measure("dense", "share of the latents that are active in more than 1 in 10 rows", neither),
      measure("largest_cosine",
              "largest absolute cosine of a latent's direction with another one's, mean over latents", lower),
      measure("block_explained_variance",
              "explained_variance of each block of features of a crosscoder alone, the smallest of them; not "
              "applicable to rows of one block",
              higher),
      measure(
          "relative_norm",
          "the largest norm of a latent's vectors for the blocks of features over the sum of their norms, "
          "mean over latents whose norm is not 0: 1 where each latent is of one block, 1 / blocks where "
          "each is equally of all",
          neither),
      measure("batch_l0",
              "l0 of the codes that training would choose among the rows that are evaluated together; not "
              "applicable to codes whose rows are chosen alone",
              neither),
      measure("batch_explained_variance", "explained_variance of the codes of batch_l0", higher),
      measure("mcc",
              "mean correlation coefficient: absolute cosine of latents' and true features' directions, mean "
              "over the best one-to-one pairs (Hungarian method); not applicable beyond 2^29 pairs",
              higher),
      measure("uniqueness",
              "number of features that are the nearest, by absolute cosine, of some latent, over the number "
              "of latents",
              higher),
      measure("precision",
              "share of the rows with an active latent in which its nearest feature is active, mean over all "
              "latents, 0 where undefined",
              higher),
      measure("recall",
              "share of the rows with an active feature in which the latent that is nearest to it is active, "
              "mean over all latents, 0 where undefined",
              higher),
      measure("f1",
              "harmonic mean of a latent's precision and recall, mean over all latents, 0 where undefined",
              higher),
      measure("absorption",
              "share of the pairs (row, active child of a feature) in which the feature's latent is silent "
              "and the child's is active, mean over features; a feature's latent is the one of the largest "
              "cosine among those it is nearest to",
              lower),
  };
}

void DictionaryQuality::begin(const Autoencoder& model, const Split&) {
  unfit_ = unfit_dictionary(model);
  if (!unfit_.empty()) return;
  directions_ = decoder_directions(model).to(at::kFloat);
  if (!directions_.isfinite().all().item<bool>()) {
    unfit_ = "the decoder has NaN or infinite weights";
    return;
  }
  if (model.bottleneck()->couples_rows()) by_batch_ = &model;
  target_l0_ = model.bottleneck()->target_l0();
  blocks_ = model.parts().backbone.blocks();
  relative_norm_ = mean_relative_norm(model);
  if (directions_.size(0) > 1) largest_cosine_ = mean_largest_cosine(directions_);
}

void DictionaryQuality::add(const Observation& observation) {
  if (!unfit_.empty()) return;
  const auto active = observation.code.flatten(1) != 0;
  if (!active_.defined()) {
    active_ = at::zeros({active.size(1)}, active.options().dtype(at::kLong));
    const auto& truth = observation.truth;
    if (truth && truth->dictionary().size(1) == directions_.size(1)) matches_.emplace(directions_, *truth);
  }
  rows_ += active.size(0);
  active_ = active_ + active.sum(0);
  if (matches_) matches_->add(active.cpu(), observation.truth->active(observation.rows));
  add_reconstructions(observation.target.flatten(1).to(at::kDouble),
                      observation.reconstruction.flatten(1).to(at::kDouble));
  if (by_batch_) add_choice_of_batch(observation);
}

void DictionaryQuality::add_choice_of_batch(const Observation& observation) {
  const auto condition = by_batch_->condition(observation.inputs(), observation.labels);
  const auto pre_code = by_batch_->backbone()->encode(observation.inputs(), {.condition = condition});
  const auto code = by_batch_->bottleneck()->read(pre_code, {.training = true, .condition = condition});
  batch_active_ += code.count_nonzero().item<std::int64_t>();
  const auto x = observation.target.flatten(1).to(at::kDouble);
  const auto y = by_batch_->decode(code, condition).flatten(1).to(at::kDouble);
  const auto errors = (x - y).square().sum(0);
  batch_errors_ = batch_errors_.defined() ? batch_errors_ + errors : errors;
}

void DictionaryQuality::add_reconstructions(const Tensor& x, const Tensor& y) {
  if (!origin_.defined()) {
    origin_ = x[0].clone();
    sum_ = squares_ = at::zeros_like(origin_);
  }
  const auto shifted = x - origin_;
  const auto errors = (x - y).square().sum(0);
  errors_ = errors_.defined() ? errors_ + errors : errors;
  sum_ = sum_ + shifted.sum(0);
  squares_ = squares_ + shifted.square().sum(0);
  const auto norms = x.norm(2, 1), reconstructed = y.norm(2, 1);
  const auto has_norm = norms > kLeastNorm, has_cosine = has_norm & (reconstructed > kLeastNorm);
  const auto add = [](const Tensor& values, const Tensor& where, double& sum, std::int64_t& count) {
    sum += values.masked_select(where).sum().item<double>();
    count += where.sum().item<std::int64_t>();
  };
  add(reconstructed / norms, has_norm, norm_ratios_, with_norm_);
  add((x * y).sum(1) / (norms * reconstructed), has_cosine, cosines_, with_cosine_);
}

std::optional<double> DictionaryQuality::explained(const Tensor& errors, std::int64_t begin,
                                                   std::int64_t width) const {
  if (!errors.defined()) return {};
  const auto spread = (squares_ - sum_.square() / static_cast<double>(rows_)).narrow(0, begin, width).sum();
  if (!(spread > 0).item<bool>()) return {};
  return 1 - (errors.narrow(0, begin, width).sum() / spread).item<double>();
}

std::optional<double> DictionaryQuality::least_explained_block() const {
  std::optional<double> least;
  std::int64_t begin = 0;
  for (const auto width : blocks_) {
    const auto value = explained(errors_, begin, width);
    if (!value) return {};
    least = least ? std::min(*least, *value) : *value;
    begin += width;
  }
  return least;
}

std::vector<std::optional<double>> DictionaryQuality::values_of_rows() const {
  const auto rows = static_cast<double>(rows_), latents = static_cast<double>(active_.numel());
  const auto share_of = [&](const Tensor& which) { return which.sum().item<double>() / latents; };
  const auto mean = [](double sum, std::int64_t count) {
    return count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
  };
  const auto rates = active_.to(at::kDouble) / rows;
  return {active_.sum().item<double>() / rows,
          explained(errors_, 0, errors_.numel()),
          mean(cosines_, with_cosine_),
          mean(norm_ratios_, with_norm_),
          share_of(active_ > 0),
          (active_ == 0).sum().item<double>(),
          share_of((rates > 0) & (rates < kRare)),
          share_of(rates > kDense),
          largest_cosine_,
          least_explained_block(),
          relative_norm_,
          by_batch_ ? std::optional(static_cast<double>(batch_active_) / rows) : std::nullopt,
          explained(batch_errors_, 0, errors_.numel())};
}

std::vector<std::optional<double>> DictionaryQuality::values() const {
  constexpr std::size_t kOfTruth = 6;
  if (!unfit_.empty() || rows_ == 0) return std::vector<std::optional<double>>(measures().size());
  auto values = values_of_rows();
  if (!matches_) {
    values.resize(values.size() + kOfTruth);
    return values;
  }
  const auto scores = matches_->scores();
  for (const auto& value :
       {matches_->mcc(), std::optional(matches_->uniqueness()), std::optional(scores.precision),
        std::optional(scores.recall), std::optional(scores.f1), matches_->absorption()})
    values.push_back(value);
  return values;
}

std::vector<std::string> DictionaryQuality::cautions() const {
  if (!unfit_.empty()) return {"\"dictionary\" does not apply: " + unfit_};
  constexpr double kNear = 0.1;
  if (!target_l0_ || rows_ == 0) return {};
  const double l0 = active_.sum().item<double>() / static_cast<double>(rows_);
  if (std::abs(l0 / *target_l0_ - 1) <= kNear) return {};
  return {fmt::format(
      "codes have {:.4g} active elements, and \"target_l0\" is {:g}: train longer, raise the "
      "bottleneck's \"weight\" or its \"bandwidth\", which is in the units of pre-codes, or leave "
      "out \"target_l0\" and reach it with the callback \"sparsity-controller\"",
      l0, *target_l0_)};
}

}  // namespace aelab
