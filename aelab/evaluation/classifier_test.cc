#include "aelab/evaluation/classifier_test.h"

#include <ATen/ATen.h>

#include "aelab/core/random.h"
#include "aelab/evaluation/statistics.h"

namespace aelab {

std::optional<ClassifierTest> classifier_test(const at::Tensor& a, const at::Tensor& b,
                                              Classifier& classifier, std::int64_t seed) {
  constexpr std::int64_t kLeastRows = 4;
  if (a.size(0) < kLeastRows || b.size(0) < kLeastRows) return {};
  auto random = random_generator(seed, "classifier test");
  const auto halves = [&](const at::Tensor& rows) {
    const auto order = at::randperm(rows.size(0), random, at::kLong);
    const auto half = rows.size(0) / 2;
    return std::pair(rows.index_select(0, order.slice(0, 0, half)),
                     rows.index_select(0, order.slice(0, half)));
  };
  const auto [fitted_a, tested_a] = halves(a);
  const auto [fitted_b, tested_b] = halves(b);
  const auto sets = [](const at::Tensor& first, const at::Tensor& second) {
    return at::cat({at::zeros({first.size(0)}, at::kLong), at::ones({second.size(0)}, at::kLong)});
  };
  at::Tensor predicted;
  try {
    classifier.fit(at::cat({fitted_a, fitted_b}), sets(fitted_a, fitted_b), 2, seed);
    predicted = classifier.predict(at::cat({tested_a, tested_b}));
  } catch (const Error&) {
    return {};
  }
  const auto right = (predicted == sets(tested_a, tested_b)).sum().item<std::int64_t>();
  const auto [low, high] = binomial_interval(right, predicted.size(0));
  return ClassifierTest{.accuracy = static_cast<double>(right) / static_cast<double>(predicted.size(0)),
                        .low = low,
                        .high = high};
}

}  // namespace aelab
