#include "aelab/data/sources/xy_scenes.h"

#include <algorithm>
#include <array>

namespace aelab {
namespace {

constexpr std::int64_t kSceneSide = 64;

/// Fills a square in one channel of [3, 64, 64].
void fill_square(float* picture, std::int64_t channel, std::int64_t left, std::int64_t top, std::int64_t side,
                 float value) {
  for (auto row = top; row < top + side; ++row)
    std::fill_n(picture + (channel * kSceneSide + row) * kSceneSide + left, side, value);
}

class ThreeSquares : public Scene {
 public:
  explicit ThreeSquares(std::int64_t spacing)
      : spacing_(spacing),
        positions_((kSceneSide - kSide) / spacing + 1),
        margin_((kSceneSide - kSide - (positions_ - 1) * spacing) / 2) {}

  std::vector<Factor> factors() const override {
    std::vector<Factor> factors;
    for (const auto* name : {"x_R", "y_R", "x_G", "y_G", "x_B", "y_B"}) factors.push_back({name, positions_});
    return factors;
  }
  Shape shape() const override { return {3, kSceneSide, kSceneSide}; }
  void draw(std::span<const std::int64_t> values, float* picture) const override {
    for (std::size_t channel = 0; channel < 3; ++channel)
      fill_square(picture, static_cast<std::int64_t>(channel), margin_ + spacing_ * values[2 * channel],
                  margin_ + spacing_ * values[2 * channel + 1], kSide, 1);
  }

 private:
  static constexpr std::int64_t kSide = 8;
  std::int64_t spacing_, positions_, margin_;
};

class OneSquare : public Scene {
 public:
  std::vector<Factor> factors() const override {
    return {{"x", kPositions}, {"y", kPositions}, {"scale", kScales}, {"color", kBrightnesses * kHues}};
  }
  Shape shape() const override { return {3, kSceneSide, kSceneSide}; }
  void draw(std::span<const std::int64_t> values, float* picture) const override {
    const auto side = kLeast + kStep * values[2], margin = (kMost - side) / 2;
    const auto& hue = kChannels[static_cast<std::size_t>(values[3] % kHues)];
    const auto level = 255 * (values[3] / kHues + 1) / kBrightnesses;
    for (std::int64_t channel = 0; channel < 3; ++channel)
      if (hue[static_cast<std::size_t>(channel)])
        fill_square(picture, channel, kStep * values[0] + margin, kStep * values[1] + margin, side,
                    static_cast<float>(level) / 255);
  }

 private:
  static constexpr std::int64_t kLeast = 7, kMost = 15, kStep = 2;  // pixels, also of positions
  static constexpr std::int64_t kPositions = (kSceneSide - kMost) / kStep + 1;
  static constexpr std::int64_t kScales = (kMost - kLeast) / kStep + 1;
  static constexpr std::int64_t kBrightnesses = 4, kHues = 6;
  static constexpr std::array<std::array<bool, 3>, kHues> kChannels = {
      {{true, false, false},
       {true, true, false},
       {false, true, false},  // red, yellow, green
       {false, true, true},
       {false, false, true},
       {true, false, true}}};  // cyan, blue, magenta
};

}  // namespace

void XySquares::Config::fields(Fields& f) {
  f("spacing", spacing, "pixels between neighboring positions of a square; below 8 they overlap",
    between(1, 56));
  combinations.fields(f);
}

std::vector<XySquares::Config> XySquares::Config::examples() {
  return {{.combinations = {.rows = 100, .test_rows = 20}}, {.spacing = 3, .combinations = {.rows = 50}}};
}

Data XySquares::open() const {
  return open_scene(std::string(Config::kind), std::make_shared<ThreeSquares>(config_.spacing),
                    config_.combinations);
}

std::vector<XyObject::Config> XyObject::Config::examples() {
  return {{.combinations = {.rows = 100, .test_rows = 20}}};
}

Data XyObject::open() const {
  return open_scene(std::string(Config::kind), std::make_shared<OneSquare>(), config_.combinations);
}

}  // namespace aelab
