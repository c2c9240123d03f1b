#include "aelab/evaluation/decoded_samples.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "aelab/evaluation/codes.h"
#include "aelab/evaluation/samplers/gaussian_samplers.h"
#include "aelab/evaluation/samplers/prior_sampler.h"

namespace aelab {
namespace {

constexpr std::int64_t kDecodedAtOnce = 1000, kMostFitted = 20'000;

/// Codes of the first training rows, [rows, dimensions] in float64 on the CPU.
Tensor first_codes(const Autoencoder& model, const Dataset& train) {
  const auto first = at::arange(std::min(kMostFitted, train.size()), at::kLong);
  return codes_of_rows(model, train.subset(first)).flatten(1).to(at::kCPU, at::kDouble);
}

}  // namespace

std::span<const std::string_view> names(Decoding) {
  static constexpr std::array<std::string_view, 2> kNames = {"mean", "draw"};
  return kNames;
}

void SamplesConfig::fields(Fields& f) {
  f("sampler", sampler,
    "distribution that codes are drawn from; default: the model's prior, or a Gaussian for models without "
    "one");
  f("decoding", decoding,
    "what a code becomes: mean, the mean of the likelihood, or draw, a row drawn from it, as rows of zeros "
    "and ones are");
}

std::string SamplesConfig::in_words() const {
  const bool draws = decoding == Decoding::draw;
  return (draws ? "rows drawn from the likelihood of" : "the decoder's means for") +
         std::string(" codes drawn from ") +
         (sampler ? "the sampler \"" + sampler->kind() + "\""
                  : std::string("the prior, or a Gaussian of the training codes where there is none"));
}

std::optional<Choice<Sampler>> default_sampler(const Autoencoder& model) {
  if (model.parts().bottleneck.codebook_size() > 0) return {};
  if (model.prior()) return PriorSampler::Config{};
  return GaussianSampler::Config{};
}

void DecodedSamples::fit(const Autoencoder& model, const Dataset& train, const SamplesConfig& config,
                         std::int64_t seed) {
  model_ = &model;
  seed_ = seed;
  decoding_ = config.decoding;
  if (!model.reconstructs()) return;
  if (!model.decodes_codes_alone()) {
    refusal_ = "the decoder has a skip connection, and codes that are drawn have no rows for it";
    return;
  }
  const auto chosen = config.sampler ? config.sampler : default_sampler(model);
  if (!chosen) {
    refusal_ =
        "neither a prior nor a Gaussian draws codes from a codebook; name the sampler \"autoregressive\", "
        "which takes minutes to fit";
    return;
  }
  const auto codes = first_codes(model, train);
  if (!codes.isfinite().all().item<bool>()) return;
  auto made = chosen->make();
  try {
    made->fit(model, codes, seed);
    sampler_ = std::move(made);
  } catch (const Error& error) {
    refusal_ = error.what();
  }
}

Tensor DecodedSamples::draw(std::int64_t count, const Tensor& labels) const {
  auto shape = model_->code_shape();
  shape.insert(shape.begin(), count);
  const auto codes = sampler_->draw(count, seed_)
                         .to(model_->parameters().front().options().requires_grad(false))
                         .view(shape);
  std::int64_t place = 0;  // of a piece's first row: the noise is each row's own
  return in_pieces(codes, model_->condition(labels), kDecodedAtOnce,
                   [&](const Tensor& piece, const Tensor& condition) {
                     if (decoding_ == Decoding::mean) return model_->decode(piece, condition).cpu();
                     const auto rows = at::arange(place, place + piece.size(0), at::kLong);
                     place += piece.size(0);
                     return model_->draw(piece, {.seed = seed_, .condition = condition, .rows = rows}).cpu();
                   });
}

std::vector<std::string> cautions_of_refusal(std::string_view metric, const std::string& refusal) {
  if (refusal.empty()) return {};
  return {std::string(metric) + ": not measured, as no codes can be drawn: " + refusal};
}

}  // namespace aelab
