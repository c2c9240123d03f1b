#include "aelab/evaluation/decoded_samples.h"

#include <ATen/ATen.h>

#include <algorithm>

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

void sampler_field(Fields& f, std::optional<Choice<Sampler>>& sampler) {
  f("sampler", sampler,
    "distribution that codes are drawn from; default: the model's prior, or a Gaussian for models without "
    "one");
}

std::string samples_in_words(const std::optional<Choice<Sampler>>& sampler) {
  return "the decoder's means for codes drawn from " +
         (sampler ? "the sampler \"" + sampler->kind() + "\""
                  : std::string("the prior, or a Gaussian of the training codes where there is none"));
}

std::optional<Choice<Sampler>> default_sampler(const Autoencoder& model) {
  if (model.parts().bottleneck.codebook_size() > 0) return {};
  if (model.prior()) return PriorSampler::Config{};
  return GaussianSampler::Config{};
}

void DecodedSamples::fit(const Autoencoder& model, const Dataset& train,
                         const std::optional<Choice<Sampler>>& sampler, std::int64_t seed) {
  model_ = &model;
  seed_ = seed;
  if (!model.reconstructs()) return;
  const auto chosen = sampler ? sampler : default_sampler(model);
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
  const auto condition = model_->condition(labels);
  std::vector<Tensor> decoded;
  for (std::int64_t i = 0; i < count; i += kDecodedAtOnce)
    decoded.push_back(model_
                          ->decode(codes.slice(0, i, i + kDecodedAtOnce),
                                   condition.defined() ? condition.slice(0, i, i + kDecodedAtOnce) : Tensor())
                          .cpu());
  return at::cat(decoded);
}

std::vector<std::string> cautions_of_refusal(std::string_view metric, const std::string& refusal) {
  if (refusal.empty()) return {};
  return {std::string(metric) + ": not measured, as no codes can be drawn: " + refusal};
}

}  // namespace aelab
