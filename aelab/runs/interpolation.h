#pragma once

#include "aelab/runs/run.h"

namespace aelab {

/// linear: (1 - t) a + t b. spherical: the direction moves along the great circle between the two at constant
/// speed (slerp: Shoemake 1985, "Animating rotation with quaternion curves"), the length linearly.
enum class InterpolationMethod { linear, spherical };
std::span<const std::string_view> names(InterpolationMethod);

/// Where the way lies. code: between the codes, and then decoded. input: between the inputs, and then encoded
/// and decoded.
enum class InterpolationSpace { code, input };
std::span<const std::string_view> names(InterpolationSpace);

/// Points from `from` to `to`, both [...shape], at t [n] (0: from, 1: to): [n, ...shape]. Error when the
/// spherical way is not defined: one of the two is zero, or they point in opposite directions.
Tensor between(const Tensor& from, const Tensor& to, const Tensor& t,
               InterpolationMethod method = InterpolationMethod::linear);

/// What a model makes of the points on its way.
struct Interpolation {
  Tensor t;        ///< [points, 1]; of a grid [points, 2], to the right and down; undefined for a plane
  Tensor codes;    ///< [points, ...code]
  Tensor decoded;  ///< [points, ...input]
  Tensor pixels;   ///< the inputs themselves mixed, [points, ...input]; undefined for a plane
};

struct Way {
  std::int64_t steps = 10;  ///< points along each side, both ends included
  InterpolationMethod method = InterpolationMethod::linear;
  InterpolationSpace space = InterpolationSpace::code;
};

/// From one input, [...input], to another. With space code `pixels` is mixed linearly, for comparison.
Interpolation interpolate(const Autoencoder& model, const Tensor& from, const Tensor& to,
                          const Way& way = {});

/// Between four inputs, [4, ...input]: top left, top right, bottom left, bottom right; steps x steps points,
/// row by row. The upper and the lower side first, then between these: bilinear where the method is linear.
Interpolation interpolate_grid(const Autoencoder& model, const Tensor& corners, const Way& way = {});

/// The plane of codes of two numbers: steps x steps points that cover the 5 % to 95 % quantiles of `codes`
/// ([rows, ...code]), row by row; the first number grows to the right, the second upwards. Error when codes
/// have other than two numbers.
Interpolation decode_plane(const Autoencoder& model, const Tensor& codes, std::int64_t steps);

/// Rows of a data set that are nearest to points, by Euclidean distance between inputs.
struct Nearest {
  Tensor distance;  ///< [points]
  Tensor row;       ///< [points] int64
};
Nearest nearest_rows(const Tensor& points, const Dataset& dataset);

enum class InterpolationKind { strip, grid, manifold };
std::span<const std::string_view> names(InterpolationKind);

/// A sample: a row of the part, or one of a class, which is named or numbered.
struct Endpoint {
  std::optional<std::int64_t> row = {};
  std::string of_class = {};
};

/// An interpolation of a finished run's model.
struct InterpolationConfig {
  InterpolationKind kind = InterpolationKind::strip;
  Endpoint from = {}, to = {};            ///< strip and grid
  Endpoint down = {}, diagonal = {};      ///< grid: the corners below `from` and below `to`
  std::optional<std::int64_t> seed = {};  ///< draws a class's sample; its first one when left out
  Way way = {};
  Part part = Part::test;
  Which checkpoint = Which::best;
  std::string output = "";  ///< folder; <run folder>/interpolations/<n> when empty

  void fields(Fields& f);
};

struct InterpolationOutcome {
  std::filesystem::path folder;
  std::vector<std::string> files;
  double decoded_distance = 0;  ///< from the nearest training input, mean over the points
  std::optional<double> pixels_distance;
};

/// Writes interpolation.json (every point: t, code, distance from the nearest input of the training part),
/// decoded.npy and, of pictures, interpolation.png: a strip has the decoded points above the mixed pixels.
/// Error, before anything is created, when something is not there or has no way between.
InterpolationOutcome interpolate_run(const std::filesystem::path& folder, const InterpolationConfig& config);

}  // namespace aelab
