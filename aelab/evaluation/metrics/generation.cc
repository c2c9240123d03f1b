#include "aelab/evaluation/metrics/generation.h"

#include <ATen/ATen.h>

#include "aelab/evaluation/classifier_test.h"
#include "aelab/evaluation/latent_interpolation.h"
#include "aelab/evaluation/sample_comparison.h"
#include "aelab/models/targets.h"

namespace aelab {
namespace {

constexpr std::int64_t kMostTested = 1000;

}  // namespace

void Generation::Config::fields(Fields& f) {
  samples.fields(f);
  f("rows", rows, "maximum number of rows, the first ones, and of samples; time grows with its square",
    between(2, 20'000));
  f("neighbors", neighbors, "nearest neighbors that balls reach to", between(1, 1000)).also_known_as({"k"});
  f("permutations", permutations, "of the two-sample test by the mean discrepancy", between(1, 100'000));
  f("classifier", classifier, "the classifier that is to tell samples from rows");
  f("seed", seed, "of the samples and permutations", at_least(0)).also_known_as({"random_state"});
  f.require(neighbors < rows, "neighbors", "must be below \"rows\"");
}

std::vector<Measure> Generation::measures() const {
  const auto k = std::to_string(config_.neighbors);
  const auto ball = "k-th nearest other one (k = " + k + ")";
  const auto compared =
      "; of the first " + std::to_string(config_.rows) +
      " rows, or all where there are fewer, and as many samples: " + config_.samples.in_words();
  const auto by_distances = compared + "; by Euclidean distances between inputs";
  return {
      {"generation/precision",
       "share of samples that lie nearer to some row than its " + ball + " (Kynkaanniemi et al. 2019)" +
           by_distances,
       Direction::higher},
      {"generation/recall",
       "share of rows that lie nearer to some sample than its " + ball + " (Kynkaanniemi et al. 2019)" +
           by_distances,
       Direction::higher},
      {"generation/density",
       "number of rows to which a sample lies nearer than their " + ball +
           ", over k, mean over samples (Naeem et al. 2020): 1 in expectation where samples are distributed "
           "as the rows" +
           by_distances,
       Direction::higher},
      {"generation/coverage",
       "share of rows to which some sample lies nearer than their " + ball + " (Naeem et al. 2020)" +
           by_distances,
       Direction::higher},
      {"generation/mmd",
       "squared maximum mean discrepancy between rows and samples by the unbiased estimate, with the kernel "
       "exp(-d^2 / median of d^2), of at most 1000 of each" +
           by_distances,
       Direction::lower},
      {"generation/mmd_p",
       "p-value of generation/mmd by " + std::to_string(config_.permutations) +
           " permutations of rows and samples: small where samples can be told from rows",
       Direction::neither},
      {"generation/novelty",
       "median distance of samples from their nearest training rows, over that of the rows: well below 1 "
       "where samples repeat training rows" +
           by_distances,
       Direction::neither},
      {"generation/classifier",
       "accuracy with which the classifier \"" + config_.classifier.kind() +
           "\", fitted to a half of the rows and samples, tells those of the other half (Lopez-Paz & Oquab "
           "2017): .5 where samples cannot be told from rows; of at most 1000 of each" +
           compared,
       Direction::lower},
      {"generation/classifier_low",
       "lower end of the 95 % confidence interval of generation/classifier (Clopper & Pearson 1934)",
       Direction::neither},
      {"generation/classifier_high", "upper end of the same interval", Direction::neither},
  };
}

void Generation::begin(const Autoencoder& model, const Split& data) {
  train_ = targets_of(model, data.train);
  samples_.fit(model, data.train, config_.samples, config_.seed);
}

void Generation::add(const Observation& observation) {
  if (!samples_.can_draw()) return;
  const auto x = observation.target.slice(0, 0, config_.rows - rows_);
  if (x.size(0) == 0) return;
  rows_ += x.size(0);
  targets_.push_back(x.cpu());
  if (observation.labels.defined()) labels_.push_back(observation.labels.slice(0, 0, x.size(0)));
}

std::vector<std::optional<double>> Generation::values() const {
  std::vector<std::optional<double>> values(10);
  if (!samples_.can_draw() || rows_ <= config_.neighbors || rows_ < 2) return values;
  const auto rows = at::cat(targets_),
             made = samples_.draw(rows_, labels_.empty() ? Tensor() : at::cat(labels_));
  if (!made.isfinite().all().item<bool>()) return values;
  const auto x = rows.flatten(1), y = made.flatten(1);
  const auto among_rows = row_distances(x, x), across = row_distances(x, y),
             among_samples = row_distances(y, y);
  const auto found = coverage_of(among_rows, across, among_samples, config_.neighbors);
  values = {found.precision, found.recall, found.density, found.coverage, {}, {}, {}, {}, {}, {}};
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
  const auto classifier = config_.classifier.make();
  if (const auto test = classifier_test(x.slice(0, 0, kMostTested), y.slice(0, 0, kMostTested), *classifier,
                                        config_.seed)) {
    values[7] = test->accuracy;
    values[8] = test->low;
    values[9] = test->high;
  }
  return values;
}

std::vector<std::string> Generation::cautions() const {
  return cautions_of_refusal(Config::kind, samples_.refusal());
}

}  // namespace aelab
