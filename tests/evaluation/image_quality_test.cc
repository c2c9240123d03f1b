#include "aelab/evaluation/metrics/image_quality.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace aelab {
namespace {

using QualityValues = std::vector<std::optional<double>>;

QualityValues quality(const Tensor& x, const Tensor& y) {
  ImageQuality metric({});
  metric.add({.target = x, .code = {}, .reconstruction = y});
  return metric.values();
}

Tensor gray(double value) { return at::full({1, 1, 28, 28}, value, at::kDouble); }

/// reference_ssim.py's original and reconstruction, [1, ...shape].
std::pair<Tensor, Tensor> formula_pictures(const Shape& shape) {
  const auto c = at::arange(shape[0]).view({-1, 1, 1}), i = at::arange(shape[1]).view({-1, 1}),
             j = at::arange(shape[2]);
  const auto original = 7 * i + 13 * j + i * j + 5 * c;
  const auto picture = [](const Tensor& x) { return (x.remainder(32) / 31.).to(at::kFloat).unsqueeze(0); };
  return {picture(original), picture(original + (i + 2 * j + c).remainder(5))};
}

TEST(ImageQuality, SsimIsThatOfScikitImage) {
  // Printed by reference_ssim.py: scikit-image's numbers, and where the image is smaller than its window the
  // formula's, written out there.
  const std::pair<Shape, double> kPrinted[] = {{{1, 28, 28}, 0.711284786706}, {{3, 32, 20}, 0.645098558890},
                                               {{1, 11, 11}, 0.921025916810}, {{1, 8, 8}, 0.584567917328},
                                               {{3, 10, 3}, 0.456624275898},  {{1, 2, 5}, 0.912915859769}};
  for (const auto& [shape, expected] : kPrinted) {
    const auto [x, y] = formula_pictures(shape);
    EXPECT_NEAR(*quality(x, y)[1], expected, 1e-11) << to_string(shape);
    EXPECT_DOUBLE_EQ(*quality(x, x)[1], 1) << to_string(shape);
  }
}

TEST(ImageQuality, SsimOfConstantImagesComparesTheirMeans) {
  // No variance: (2ab + C1) / (a^2 + b^2 + C1) remains, C1 = 0.01^2.
  EXPECT_NEAR(*quality(gray(0.2), gray(0.5))[1], (2 * 0.1 + 1e-4) / (0.04 + 0.25 + 1e-4), 1e-9);
}

TEST(ImageQuality, PsnrIsTheMeanOfSamples) {
  EXPECT_NEAR(*quality(gray(0.4), gray(0.5))[0], 20, 1e-9);                // 10 log10(1 / 0.1^2)
  EXPECT_NEAR(*quality(gray(0), gray(0.5))[0], 20 * std::log10(2), 1e-9);  // 10 log10(4)
  EXPECT_NEAR(*quality(gray(1), gray(1))[0], 100, 0);                      // perfect
  EXPECT_NEAR(*quality(gray(0.5), gray(0.5 + 1e-6))[0], 100, 0);           // would be 120
  const auto x = at::cat({gray(0.4), gray(0)}), y = at::cat({gray(0.5), gray(0)});
  EXPECT_NEAR(*quality(x, y)[0], (20 + 100) / 2., 1e-9);
}

TEST(ImageQuality, DoesNotDependOnTheBatches) {
  at::manual_seed(1);
  // More pixels than are taken at once.
  const auto x = at::rand({7, 3, 256, 256}), y = (x + 0.1 * at::randn_like(x)).clamp(0, 1);
  ImageQuality metric({});
  for (std::int64_t i = 0; i < 7; ++i) {
    const auto row = [i](const Tensor& all) { return all.slice(0, i, i + 1); };
    metric.add({.target = row(x), .code = {}, .reconstruction = row(y)});
  }
  const auto together = quality(x, y), apart = metric.values();
  EXPECT_NEAR(*together[0], *apart[0], 1e-9);
  EXPECT_NEAR(*together[1], *apart[1], 1e-9);
}

TEST(ImageQuality, IsOnlyForPicturesWithin01) {
  const QualityValues nothing(2);
  EXPECT_EQ(quality(at::zeros({2, 5}), at::zeros({2, 5})), nothing);
  EXPECT_EQ(quality(at::zeros({2, 4, 8, 8}), at::zeros({2, 4, 8, 8})), nothing);
  EXPECT_EQ(quality(gray(0.5), gray(1.5)), nothing);
  EXPECT_EQ(quality(gray(-0.5), gray(0.5)), nothing);
  EXPECT_EQ(quality(gray(0.5), gray(std::nan(""))), nothing);
}

}  // namespace
}  // namespace aelab
