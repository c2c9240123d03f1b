#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "aelab/classifiers/classifier.h"

namespace aelab {

/// A test of whether two sets of rows come from one distribution.
struct ClassifierTest {
  double accuracy = 0;       ///< of a classifier that tells the sets apart, on rows that it was not fitted to
  double low = 0, high = 1;  ///< its 95 % confidence interval
};

/// The classifier two-sample test (Lopez-Paz & Oquab 2017, "Revisiting classifier two-sample tests"): the
/// classifier is fitted to a random half of each set, [n, d] and [m, d], and tested on the other halves. Its
/// expected accuracy is .5 where n = m and both come from one distribution: then .5 is outside the interval,
/// which is exact (Clopper & Pearson 1934), in at most 5 % of tests. Nothing where a set has fewer than 4
/// rows, or where the classifier refuses them.
std::optional<ClassifierTest> classifier_test(const at::Tensor& a, const at::Tensor& b,
                                              Classifier& classifier, std::int64_t seed);

}  // namespace aelab
