#include "aelab/evaluation/metrics/probe.h"

#include <ATen/ATen.h>

#include "aelab/core/random.h"
#include "aelab/data/batches.h"

namespace aelab {
namespace {

bool has_strength(const Choice<Classifier>& classifier) {
  return !classifier.empty() && classifier.make()->set_strength(1);
}

/// That many rows, the same ones whenever the set is as large.
Dataset drawn(const Dataset& dataset, std::int64_t rows) {
  if (rows >= dataset.size()) return dataset;
  const auto order = at::randperm(dataset.size(), random_generator(0, "probe"), at::kLong);
  return dataset.subset(std::get<0>(order.slice(0, 0, rows).sort()));
}

Tensor features_of(const Dataset& dataset, const std::function<Tensor(const Batch&)>& features) {
  constexpr std::int64_t kRows = 1000;
  const Batches batches(dataset, kRows);
  std::vector<Tensor> results;
  for (std::int64_t i = 0; i < batches.count(); ++i) results.push_back(features(batches[i]));
  return at::cat(results);
}

std::int64_t count_right(const Classifier& classifier, const Tensor& features, const Tensor& labels) {
  return (classifier.predict(features) == labels.cpu()).sum().item<std::int64_t>();
}

}  // namespace

void Probe::Config::fields(Fields& f) {
  f("classifier", classifier, "the classifier that is fitted to the codes");
  f("rows", rows, "maximum number of training rows", at_least(1));
  f("strengths", strengths,
    "values of the classifier's C, chosen by the validation split; 0.01, 0.1, 1 and 10 if omitted, the "
    "classifier's own C when empty",
    above(0));
  f("pixels", pixels,
    "add probe/pixels_accuracy, of the inputs instead of the codes: a baseline that is the same for every "
    "model, and takes minutes on MNIST");
  f.require(!strengths || strengths->empty() || has_strength(classifier), "strengths",
            "are values of a classifier's C, and this classifier has none");
}

std::vector<double> Probe::strengths() const {
  if (!has_strength(config_.classifier)) return {};
  return config_.strengths.value_or(std::vector<double>{0.01, 0.1, 1, 10});
}

std::vector<Measure> Probe::measures() const {
  std::vector<Measure> measures = {
      {"probe/accuracy", "accuracy of the classifier that is fitted to the codes of the training split",
       Direction::higher},
      {"probe/validation_accuracy",
       "the same on the validation split, by which the classifier's C was chosen", Direction::higher},
  };
  if (config_.pixels)
    measures.push_back({"probe/pixels_accuracy",
                        "baseline: probe/accuracy with the inputs instead of the codes", Direction::neither});
  return measures;
}

void Probe::check(const Split& data) const {
  if (!data.train.has_labels())
    throw Error("evaluation: \"probe\" needs labels, and the data have none; leave it out");
  if (data.validation.size() == 0 && strengths().size() > 1)
    throw Error(
        "evaluation: \"probe\" chooses among its strengths by the validation split, which has no rows; set "
        "data.validation, or give one: {\"kind\": \"probe\", \"strengths\": [1]}");
  const auto limit = config_.classifier.make()->rows_limit();
  const auto rows = std::min(config_.rows, data.train.size());
  if (limit && rows > *limit)
    throw Error("evaluation: \"probe\" would fit " + std::to_string(rows) + " rows, and " +
                config_.classifier.kind() + " takes " + std::to_string(*limit) +
                " at most; set the probe's rows");
}

Probe::Contender Probe::fitted(const Split& data, const Features& features) const {
  const auto train = drawn(data.train, config_.rows);
  const auto x = features_of(train, features), labels = train.labels();
  if (!x.isfinite().all().item<bool>()) return {};
  const auto classes = labels.max().item<std::int64_t>() + 1;
  if (std::get<0>(at::_unique2(labels)).size(0) < 2) return {};  // every classifier is right
  const bool validated = data.validation.size() > 0;
  const auto held_out = validated ? features_of(data.validation, features) : Tensor();
  const auto candidate = [&](std::optional<double> strength) {
    Contender contender{.classifier = config_.classifier.make()};
    if (strength) contender.classifier->set_strength(*strength);
    contender.classifier->fit(x, labels, classes, /*seed=*/0);
    if (validated)
      contender.validation_accuracy =
          static_cast<double>(count_right(*contender.classifier, held_out, data.validation.labels())) /
          static_cast<double>(data.validation.size());
    return contender;
  };
  auto values = strengths();
  if (values.empty()) return candidate(std::nullopt);
  std::sort(values.begin(), values.end());
  Contender best;
  for (const double strength : values) {
    auto next = candidate(strength);
    if (!best.classifier || next.validation_accuracy > best.validation_accuracy) best = std::move(next);
  }
  return best;
}

void Probe::begin(const Autoencoder& model, const Split& data) {
  if (!data.train.has_labels()) return;
  check(data);
  if (data.validation.size() > 0) validation_classes_.add(data.validation.labels());
  const auto device = model.parameters().front().device();
  by_code_ = fitted(data, [&](const Batch& batch) { return model.encode(batch.to(device)).flatten(1); });
  if (config_.pixels) by_pixels_ = fitted(data, [](const Batch& batch) { return batch.inputs.flatten(1); });
}

void Probe::add(const Observation& observation) {
  if (!observation.labels.defined()) return;
  rows_ += observation.labels.size(0);
  classes_.add(observation.labels);
  for (auto [contender, features] :
       {std::pair(&by_code_, observation.code), {&by_pixels_, observation.inputs()}})
    if (contender->classifier)
      contender->right += count_right(*contender->classifier, features.flatten(1), observation.labels);
}

std::vector<std::optional<double>> Probe::values() const {
  const auto accuracy = [&](const Contender& contender) -> std::optional<double> {
    if (!contender.classifier || !classes_.differ()) return std::nullopt;
    return static_cast<double>(contender.right) / static_cast<double>(rows_);
  };
  std::vector<std::optional<double>> values = {
      accuracy(by_code_), validation_classes_.differ() ? by_code_.validation_accuracy : std::nullopt};
  if (config_.pixels) values.push_back(accuracy(by_pixels_));
  return values;
}

}  // namespace aelab
