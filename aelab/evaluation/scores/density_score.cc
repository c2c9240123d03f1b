#include "aelab/evaluation/scores/density_score.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "aelab/core/problems.h"
#include "aelab/evaluation/codes.h"
#include "aelab/evaluation/samplers/autoregressive_sampler.h"
#include "aelab/evaluation/samplers/kernel_sampler.h"
#include "aelab/evaluation/samplers/prior_sampler.h"

namespace aelab {

std::vector<DensityScore::Config> DensityScore::Config::examples() {
  return {{.sampler = GaussianSampler::Config{}},
          {.sampler = MixtureSampler::Config{.components = 2}},
          {.sampler = KernelSampler::Config{.bandwidth = 0.5}},
          {.sampler = PriorSampler::Config{}},
          {.sampler = AutoregressiveSampler::Config{.training = {.epochs = 1}}}};
}

void DensityScore::Config::fields(Fields& f) {
  f("sampler", sampler,
    "distribution of the codes: one that is fitted to codes of training rows, or the prior");
}

std::string DensityScore::definition() const {
  return "minus the log density of the code in nats, by the sampler " + config_.sampler.kind();
}

std::string DensityScore::unsuited(const Autoencoder& model) const { return sampler_->unsuited(model); }

void DensityScore::fit_rows(const Autoencoder& model, const Dataset& rows, std::int64_t seed) {
  const auto codes = codes_of_rows(model, rows).flatten(1).to(at::kCPU, at::kDouble);
  const c10::AutoGradMode gradients(true);  // some samplers are trained
  in_field("sampler", [&] { sampler_->fit(model, codes, seed); });
}

ScoredRows DensityScore::score(const Autoencoder& model, const Batch& rows, bool) const {
  const auto codes = model.encode(rows.inputs, model.condition(rows)).flatten(1).to(at::kCPU, at::kDouble);
  return {-sampler_->log_density(codes).to(at::kCPU, at::kDouble)};
}

}  // namespace aelab
