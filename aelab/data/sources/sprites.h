#pragma once

#include "aelab/data/scene.h"
#include "aelab/data/source.h"

namespace aelab {

/// Pictures of one white shape on black, [1, size, size], after dSprites (Matthey et al. 2017, "dSprites:
/// disentanglement testing sprites dataset"), drawn anew with smooth edges. Factors, of which the first is
/// also the label:
/// - "shape": square, ellipse (half as wide as long) and heart;
/// - "scale": of `scales` values, from 0.5 to 1 in equal steps. At 1 the shape's farthest point is a quarter
///   of the picture's side away from its centroid;
/// - "angle": of `angles` values, counterclockwise from 0 to a full turn, which itself is left out. In
/// dSprites
///   the first and the last are the same;
/// - "x" and "y": of `positions` values each, of the centroid, in equal steps from 1/4 to 3/4 of the
///   picture's side, from left and from top. Nothing is ever cut off.
/// A factor of one value is constant: at scale 1, angle 0 and position 1/2. A pixel is 1/2 minus the signed
/// distance of its center from the outline, in pixels and cut off at 0 and 1. Different angles of the square
/// and of the ellipse give the same picture where their symmetry says so.
class Sprites : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "sprites";
    static constexpr std::string_view summary =
        "images of one shape, in all combinations of shape, scale, angle and position";
    static constexpr std::string_view also_known_as[] = {"2d-shapes"};
    std::int64_t size = 64, scales = 6, angles = 40, positions = 32;
    CombinationsConfig combinations = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit Sprites(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

}  // namespace aelab
