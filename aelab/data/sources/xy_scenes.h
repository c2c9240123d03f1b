#pragma once

#include "aelab/data/scene.h"
#include "aelab/data/source.h"

namespace aelab {

/// A red, a green and a blue square of 8x8 pixels in pictures [3, 64, 64], as XYSquares of disent (Michlo
/// 2021). Factors "x_R", "y_R", "x_G", "y_G", "x_B" and "y_B": the squares' positions, `spacing` pixels
/// apart, from left and from top; margins that are left over are equal, or one pixel wider at right and
/// bottom. With spacing 8 or more the positions of a square do not overlap, so that a loss that compares
/// pixels is the same between any two of them: such a loss does not tell an autoencoder which positions are
/// neighbors.
class XySquares : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "xy-squares";
    static constexpr std::string_view summary =
        "images of three squares, whose positions are equally far apart for losses that compare pixels";
    std::int64_t spacing = 8;
    CombinationsConfig combinations = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit XySquares(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

/// A square in pictures [3, 64, 64], as XYObject of disent (Michlo 2021, version 0.3 and later). Factors: "x"
/// and "y", of 25 values each, 2 pixels apart; "scale", sides of 7, 9, 11, 13 and 15 pixels around the same
/// middle; "color": red, yellow, green, cyan, blue and magenta at a quarter, a half, three quarters and all
/// of the brightness, so that one factor holds two.
class XyObject : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "xy-object";
    static constexpr std::string_view summary = "images of a square of known position, scale and color";
    CombinationsConfig combinations = {};

    void fields(Fields& f) { combinations.fields(f); }
    static std::vector<Config> examples();
  };

  explicit XyObject(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

}  // namespace aelab
