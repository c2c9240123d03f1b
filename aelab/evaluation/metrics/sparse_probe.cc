#include "aelab/evaluation/metrics/sparse_probe.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "aelab/core/random.h"
#include "aelab/evaluation/codes.h"

namespace aelab {
namespace {

/// At most that many of these numbers, [n] int64, drawn at random and in their order.
Tensor some_of(const Tensor& numbers, std::int64_t most, const at::Generator& random) {
  if (numbers.size(0) <= most) return numbers;
  const auto drawn = at::randperm(numbers.size(0), random, at::kLong).slice(0, 0, most);
  return numbers.index_select(0, std::get<0>(drawn.sort()));
}

}  // namespace

void SparseProbe::Config::fields(Fields& f) {
  f("rows", rows, "maximum number of training rows", at_least(2));
  f("seed", seed, "seed of the choice of rows", at_least(0));
  f("C", C, "weight of the classifiers' errors against their regularization", above(0));
}

std::vector<Measure> SparseProbe::measures() const {
  std::vector<Measure> measures;
  for (const auto count : kDimensions) {
    const auto dimensions = count == 1
                                ? "code dimension whose mean over the class differs most from that over"
                                : std::to_string(count) +
                                      " code dimensions whose means over the class differ most from "
                                      "those over";
    measures.push_back({"sparse_probe/top_" + std::to_string(count),
                        "accuracy of a logistic regression on the " + std::string(dimensions) +
                            " other rows: mean of that on rows of the class and that on others, mean over "
                            "classes; fitted to as many rows of the class as others",
                        Direction::higher});
  }
  return measures;
}

void SparseProbe::check(const Split& data) const {
  if (!data.train.has_labels())
    throw Error("evaluation: \"sparse-probe\" needs labels, and the data have none; leave it out");
}

void SparseProbe::begin(const Autoencoder& model, const Split& data) {
  if (!data.train.has_labels()) return;
  const auto places = some_of(at::arange(data.train.size(), at::kLong), config_.rows,
                              random_generator(config_.seed, "sparse probe"));
  const auto rows = data.train.subset(places);
  const auto codes = codes_of_rows(model, rows).flatten(1).cpu().to(at::kDouble);
  const auto labels = rows.labels();
  if (codes.size(0) == 0 || !codes.isfinite().all().item<bool>()) return;
  const auto count = labels.max().item<std::int64_t>() + 1;
  for (std::int64_t number = 0; number < count; ++number) fit(codes, labels, number);
}

void SparseProbe::fit(const Tensor& codes, const Tensor& labels, std::int64_t number) {
  const auto random = random_generator(config_.seed, "sparse probe of class " + std::to_string(number));
  auto of_class = (labels == number).nonzero().flatten(), others = (labels != number).nonzero().flatten();
  const auto each = std::min(of_class.size(0), others.size(0));
  if (each == 0) return;
  of_class = some_of(of_class, each, random);
  others = some_of(others, each, random);
  const auto mean = [&](const Tensor& rows) { return codes.index_select(0, rows).mean(0); };
  const auto order = (mean(of_class) - mean(others)).abs().argsort(/*stable=*/true, 0, /*descending=*/true);
  const auto rows = codes.index_select(0, at::cat({of_class, others}));
  const auto is_of_class = at::cat({at::ones({each}, at::kLong), at::zeros({each}, at::kLong)});
  OfClass fitted{.number = number};
  for (std::size_t i = 0; i < kDimensions.size(); ++i) {
    fitted.dimensions[i] = order.slice(0, 0, kDimensions[i]).contiguous();
    fitted.classifiers[i] = std::make_shared<LogisticRegression>(LogisticRegression::Config{.C = config_.C});
    fitted.classifiers[i]->fit(rows.index_select(1, fitted.dimensions[i]), is_of_class, 2, config_.seed);
  }
  classes_.push_back(std::move(fitted));
}

void SparseProbe::add(const Observation& observation) {
  if (!observation.labels.defined()) return;
  const auto codes = observation.code.flatten(1).cpu(), labels = observation.labels.cpu();
  for (auto& one : classes_) {
    const auto is_of_class = labels == one.number;
    const auto count = is_of_class.sum().item<std::int64_t>();
    one.rows_of_class += count;
    one.rows_of_others += labels.size(0) - count;
    for (std::size_t i = 0; i < kDimensions.size(); ++i) {
      const auto right =
          (one.classifiers[i]->predict(codes.index_select(1, one.dimensions[i])) == 1) == is_of_class;
      const auto right_of_class = (right & is_of_class).sum().item<std::int64_t>();
      one.right_of_class[i] += right_of_class;
      one.right_of_others[i] += right.sum().item<std::int64_t>() - right_of_class;
    }
  }
}

std::vector<std::optional<double>> SparseProbe::values() const {
  std::vector<std::optional<double>> values(kDimensions.size());
  for (std::size_t i = 0; i < kDimensions.size(); ++i) {
    double sum = 0;
    std::int64_t classes = 0;
    for (const auto& one : classes_) {
      if (one.rows_of_class == 0 || one.rows_of_others == 0) continue;
      sum += static_cast<double>(one.right_of_class[i]) / static_cast<double>(one.rows_of_class) / 2 +
             static_cast<double>(one.right_of_others[i]) / static_cast<double>(one.rows_of_others) / 2;
      ++classes;
    }
    if (classes > 0) values[i] = sum / static_cast<double>(classes);
  }
  return values;
}

}  // namespace aelab
