#include "aelab/evaluation/metrics/generation.h"

#include <ATen/ATen.h>

#include <cmath>

#include "aelab/core/signals.h"
#include "aelab/data/batches.h"
#include "aelab/evaluation/latent_interpolation.h"
#include "aelab/evaluation/sample_comparison.h"
#include "aelab/evaluation/samplers/gaussian_samplers.h"
#include "aelab/evaluation/samplers/prior_sampler.h"

namespace aelab {
namespace {

constexpr std::int64_t kRowsAtOnce = 1000;
constexpr std::int64_t kMostFitted = 20'000, kMostTested = 1000;

/// Codes of the first training rows, [rows, dimensions] in float64 on the CPU.
Tensor training_codes(const Autoencoder& model, const Dataset& train) {
  const auto device = model.parameters().front().device();
  const auto rows = train.subset(at::arange(std::min(kMostFitted, train.size()), at::kLong));
  const Batches batches(rows, kRowsAtOnce);
  std::vector<Tensor> codes;
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    StopSignals::check();
    codes.push_back(model.encode(batches[i].to(device)).flatten(1).cpu().to(at::kDouble));
  }
  return codes.empty() ? at::empty({0, elements(model.code_shape())}, at::kDouble) : at::cat(codes);
}

}  // namespace

void Generation::Config::fields(Fields& f) {
  f("sampler", sampler,
    "distribution that codes are drawn from; default: the model's prior, or a Gaussian for models without "
    "one");
  f("rows", rows, "maximum number of rows, the first ones, and of samples; time grows with its square",
    between(2, 20'000));
  f("neighbors", neighbors, "nearest neighbors that balls reach to", between(1, 1000)).also_known_as({"k"});
  f("permutations", permutations, "of the two-sample test", between(1, 100'000));
  f("seed", seed, "of the samples and permutations", at_least(0)).also_known_as({"random_state"});
  f.require(neighbors < rows, "neighbors", "must be below \"rows\"");
}

std::vector<Measure> Generation::measures() const {
  const auto k = std::to_string(config_.neighbors);
  const auto ball = "k-th nearest other one (k = " + k + ")";
  const auto compared =
      "; of the first " + std::to_string(config_.rows) +
      " rows, or all where there are fewer, and as many samples: the decoder's means for codes drawn from " +
      (config_.sampler ? "the sampler \"" + config_.sampler->kind() + "\""
                       : std::string("the prior, or a Gaussian of the training codes where there is none")) +
      "; by Euclidean distances between inputs";
  return {
      {"generation/precision",
       "share of samples that lie nearer to some row than its " + ball + " (Kynkaanniemi et al. 2019)" +
           compared,
       Direction::higher},
      {"generation/recall",
       "share of rows that lie nearer to some sample than its " + ball + " (Kynkaanniemi et al. 2019)" +
           compared,
       Direction::higher},
      {"generation/density",
       "number of rows to which a sample lies nearer than their " + ball +
           ", over k, mean over samples (Naeem et al. 2020): 1 in expectation where samples are distributed "
           "as the rows" +
           compared,
       Direction::higher},
      {"generation/coverage",
       "share of rows to which some sample lies nearer than their " + ball + " (Naeem et al. 2020)" +
           compared,
       Direction::higher},
      {"generation/mmd",
       "squared maximum mean discrepancy between rows and samples by the unbiased estimate, with the kernel "
       "exp(-d^2 / median of d^2), of at most 1000 of each" +
           compared,
       Direction::lower},
      {"generation/mmd_p",
       "p-value of generation/mmd by " + std::to_string(config_.permutations) +
           " permutations of rows and samples: small where samples can be told from rows",
       Direction::neither},
      {"generation/novelty",
       "median distance of samples from their nearest training rows, over that of the rows: well below 1 "
       "where samples repeat training rows" +
           compared,
       Direction::neither},
  };
}

void Generation::begin(const Autoencoder& model, const Split& data) {
  model_ = &model;
  train_ = data.train;
  if (!model.reconstructs() || model.parts().bottleneck.codebook_size() > 0) return;
  auto chosen = config_.sampler;
  if (!chosen && model.prior()) chosen = PriorSampler::Config{};
  if (!chosen) chosen = GaussianSampler::Config{};
  const auto codes = training_codes(model, train_);
  if (!codes.isfinite().all().item<bool>()) return;
  auto sampler = chosen->make();
  try {
    sampler->fit(model, codes, config_.seed);
    sampler_ = std::move(sampler);
  } catch (const Error& error) {
    refusal_ = error.what();
  }
}

void Generation::add(const Observation& observation) {
  if (!sampler_) return;
  const auto x = observation.target.slice(0, 0, config_.rows - rows_);
  if (x.size(0) == 0) return;
  rows_ += x.size(0);
  targets_.push_back(x.cpu());
}

Tensor Generation::samples(std::int64_t count) const {
  auto shape = model_->code_shape();
  shape.insert(shape.begin(), count);
  const auto codes = sampler_->draw(count, config_.seed)
                         .to(model_->parameters().front().options().requires_grad(false))
                         .view(shape);
  std::vector<Tensor> decoded;
  for (const auto& some : codes.split(kRowsAtOnce)) decoded.push_back(model_->decode(some).cpu());
  return at::cat(decoded);
}

std::vector<std::optional<double>> Generation::values() const {
  std::vector<std::optional<double>> values(7);
  if (!sampler_ || rows_ <= config_.neighbors || rows_ < 2) return values;
  const auto rows = at::cat(targets_), made = samples(rows_);
  if (!made.isfinite().all().item<bool>()) return values;
  const auto x = rows.flatten(1), y = made.flatten(1);
  const auto among_rows = row_distances(x, x), across = row_distances(x, y),
             among_samples = row_distances(y, y);
  const auto found = coverage_of(among_rows, across, among_samples, config_.neighbors);
  values = {found.precision, found.recall, found.density, found.coverage, {}, {}, {}};
  const auto first = [](const Tensor& distances) {
    return distances.slice(0, 0, kMostTested).slice(1, 0, kMostTested);
  };
  if (const auto test = discrepancy_test(first(among_rows), first(across), first(among_samples),
                                         config_.permutations, config_.seed)) {
    values[4] = test->statistic;
    values[5] = test->p;
  }
  const auto median = [&](const Tensor& points) {
    return nearest_rows(points, train_).distance.median().item<double>();
  };
  if (train_.size() > 0)
    if (const double of_rows = median(rows); of_rows > 0) values[6] = median(made) / of_rows;
  return values;
}

std::vector<std::string> Generation::cautions() const {
  if (refusal_.empty()) return {};
  return {"generation: not measured, as no codes can be drawn: " + refusal_};
}

}  // namespace aelab
