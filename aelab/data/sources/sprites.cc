#include "aelab/data/sources/sprites.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace aelab {
namespace {

using std::numbers::sqrt2;

/// std::hypot takes most of the time of drawing; these numbers can neither overflow nor vanish.
double length_of(double x, double y) { return std::sqrt(x * x + y * y); }

// Signed distances of a point from outlines, negative inside: x to the right, y up, the centroid at 0, the
// outline's farthest point at distance 1.

/// From the square |x|, |y| < half.
double from_square_of(double half, double x, double y) {
  const double beyond_x = std::abs(x) - half, beyond_y = std::abs(y) - half;
  return length_of(std::max(beyond_x, 0.), std::max(beyond_y, 0.)) +
         std::min(std::max(beyond_x, beyond_y), 0.);
}

double from_square(double x, double y) { return from_square_of(1 / sqrt2, x, y); }

/// To first order: the implicit function over the length of its gradient. Exact on the outline.
double from_ellipse(double x, double y) {
  constexpr double kWidth = 0.5;
  const double value = length_of(x, y / kWidth), slope = length_of(x, y / (kWidth * kWidth));
  return slope > 0 ? value * (value - 1) / slope : -kWidth;
}

/// A square on its corner with half discs on its two upper sides.
double from_heart(double x, double y) {
  using std::numbers::pi;
  // In units of the square's side, above its middle: the moments of square and half discs over their area.
  constexpr double kCentroid = (pi / 8 + 1. / 6) / (1 + pi / 4) / sqrt2;
  constexpr double kReach = 1 / sqrt2 + kCentroid;  // of the lower corner, the farthest point
  const double side = 1 / kReach;
  y += kCentroid * side;
  const double u = (y + x) / sqrt2, v = (y - x) / sqrt2;  // along the upper sides
  const double square = from_square_of(side / 2, u, v);
  const double right = length_of(u - side / 2, v), left = length_of(u, v - side / 2);
  return std::min(square, std::min(right, left) - side / 2);
}

using Outline = double (*)(double x, double y);
constexpr std::array<Outline, 3> kOutlines = {from_square, from_ellipse, from_heart};

class SpriteScene : public Scene {
 public:
  explicit SpriteScene(const Sprites::Config& config) : config_(config) {}

  std::vector<Factor> factors() const override {
    return {{"shape", static_cast<std::int64_t>(kOutlines.size())},
            {"scale", config_.scales},
            {"angle", config_.angles},
            {"x", config_.positions},
            {"y", config_.positions}};
  }
  Shape shape() const override { return {1, config_.size, config_.size}; }
  std::vector<std::string> class_names() const override { return {"square", "ellipse", "heart"}; }

  void draw(std::span<const std::int64_t> values, float* picture) const override {
    const auto outline = kOutlines[static_cast<std::size_t>(values[0])];
    const auto size = static_cast<double>(config_.size);
    const double reach = size / 4 * steps(values[1], config_.scales, 0.5, 1, /*alone=*/1);  // in pixels
    const double angle =
        2 * std::numbers::pi * static_cast<double>(values[2]) / static_cast<double>(config_.angles);
    const double left = size * steps(values[3], config_.positions, 0.25, 0.75, 0.5),
                 top = size * steps(values[4], config_.positions, 0.25, 0.75, 0.5);
    const double c = std::cos(angle), s = std::sin(angle);
    const auto [first_row, end_row] = reached(top, reach);
    const auto [first_column, end_column] = reached(left, reach);
    for (auto row = first_row; row < end_row; ++row)
      for (auto column = first_column; column < end_column; ++column) {
        const double x = (static_cast<double>(column) + 0.5 - left) / reach,
                     y = (top - static_cast<double>(row) - 0.5) / reach;
        const double distance = outline(c * x + s * y, c * y - s * x) * reach;
        picture[row * config_.size + column] = static_cast<float>(std::clamp(0.5 - distance, 0., 1.));
      }
  }

 private:
  Sprites::Config config_;

  static double steps(std::int64_t i, std::int64_t count, double least, double most, double alone) {
    return count > 1 ? least + (most - least) * static_cast<double>(i) / static_cast<double>(count - 1)
                     : alone;
  }

  /// The pixels, from and up to but excluding, that a shape around `middle` can reach.
  std::pair<std::int64_t, std::int64_t> reached(double middle, double reach) const {
    return {std::max<std::int64_t>(0, std::llround(std::floor(middle - reach - 1))),
            std::min(config_.size, static_cast<std::int64_t>(std::llround(std::ceil(middle + reach + 1))))};
  }
};

}  // namespace

void Sprites::Config::fields(Fields& f) {
  f("size", size, "height and width in pixels", between(8, 512));
  f("scales", scales, "number of scales", between(1, 1000));
  f("angles", angles, "number of angles", between(1, 1000));
  f("positions", positions, "number of positions from left to right, and from top to bottom",
    between(1, 1000));
  combinations.fields(f);
}

std::vector<Sprites::Config> Sprites::Config::examples() {
  return {{.size = 12, .scales = 2, .angles = 3, .positions = 3, .combinations = {.test_rows = 40}},
          {.combinations = {.rows = 100, .seed = 1}}};
}

Data Sprites::open() const {
  return open_scene(std::string(Config::kind), std::make_shared<SpriteScene>(config_), config_.combinations);
}

}  // namespace aelab
