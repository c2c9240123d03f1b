#include "aelab/evaluation/metrics/frechet.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "aelab/core/random.h"
#include "aelab/core/signals.h"
#include "aelab/evaluation/frechet_distance.h"

namespace aelab {

void Frechet::Config::fields(Fields& f) {
  f("features", features,
    "run folder, or file of a model, whose codes are the features: of a classifier, such as that of "
    "experiments/generative/classifier.json")
      .also_known_as({"classifier", "network", "model", "feature_extractor"});
  samples.fields(f);
  f("rows", rows, "maximum number of rows, the first ones, and of samples", between(2, 1'000'000));
  f("seed", seed, "of the samples and of the choice of training rows", at_least(0))
      .also_known_as({"random_state"});
  f.require(!features.empty(), "features",
            "is missing: name the run folder, or the model file, of a classifier, such as one that was "
            "trained by experiments/generative/classifier.json");
}

std::vector<Measure> Frechet::measures() const {
  const auto of = "; by the means and unbiased covariances of " +
                  (features_ ? features_->what : std::string("the codes of the model \"features\"")) +
                  "; of the first " + std::to_string(config_.rows) +
                  " rows, or all where there are fewer, or as many as there are training rows; not the FID, "
                  "which is of features of an Inception network";
  return {
      {"frechet/distance",
       "squared Frechet distance between rows and as many samples: " + config_.samples.in_words() + of,
       Direction::lower},
      {"frechet/floor",
       "squared Frechet distance between rows and as many training rows, drawn at random, which samples of "
       "the rows' own distribution have in expectation" +
           of,
       Direction::neither},
      {"frechet/reconstruction", "squared Frechet distance between rows and their reconstructions" + of,
       Direction::lower},
  };
}

void Frechet::begin(const Autoencoder& model, const Split& data) {
  train_ = data.train;
  applies_ = model.reconstructs_input();
  samples_.fit(model, train_, config_.samples, config_.seed);
}

void Frechet::add(const Observation& observation) {
  const auto most = std::min(config_.rows, train_.size()) - rows_;
  const auto x = observation.target.slice(0, 0, most);
  if (x.size(0) == 0 || !applies_) return;
  rows_ += x.size(0);
  targets_.push_back(x.cpu());
  if (observation.labels.defined()) labels_.push_back(observation.labels.slice(0, 0, x.size(0)));
  reconstructions_.push_back(observation.reconstruction.slice(0, 0, most).cpu());
}

Tensor Frechet::training_rows(std::int64_t count) const {
  auto random = random_generator(config_.seed, "frechet");
  return train_.gather(at::randperm(train_.size(), random, at::kLong).slice(0, 0, count)).inputs;
}

std::vector<std::optional<double>> Frechet::values() const {
  std::vector<std::optional<double>> values(3);
  if (!features_ || rows_ < 2) return values;
  const auto of_rows = features_->of(at::cat(targets_));
  const auto distance = [&](const Tensor& others) -> std::optional<double> {
    StopSignals::check();
    const auto of_others = features_->of(others);
    if (!of_rows.isfinite().all().item<bool>() || !of_others.isfinite().all().item<bool>()) return {};
    return squared_frechet_distance(of_rows, of_others);
  };
  if (samples_.can_draw())
    values[0] = distance(samples_.draw(rows_, labels_.empty() ? Tensor() : at::cat(labels_)));
  values[1] = distance(training_rows(rows_));
  values[2] = distance(at::cat(reconstructions_));
  remark_ = rows_ > of_rows.size(1)
                ? ""
                : "frechet: of " + std::to_string(rows_) + " rows and " + std::to_string(of_rows.size(1)) +
                      " features: covariances are singular, and distances depend on the number of rows";
  return values;
}

std::vector<std::string> Frechet::cautions() const {
  auto cautions = cautions_of_refusal("frechet/distance", samples_.refusal());
  if (!remark_.empty()) cautions.push_back(remark_);
  return cautions;
}

}  // namespace aelab
