#pragma once

#include "aelab/data/dataset.h"
#include "aelab/models/autoencoder.h"

namespace aelab {

/// linear: (1 - t) a + t b. spherical: the direction moves along the great circle between the two at constant
/// speed (slerp: Shoemake 1985, "Animating rotation with quaternion curves"), and the length linearly.
enum class InterpolationMethod { linear, spherical };
std::span<const std::string_view> names(InterpolationMethod);

/// The space of the interpolation path. code: latent interpolation between the codes, then decoded. input:
/// between the inputs, then encoded and decoded.
enum class InterpolationSpace { code, input };
std::span<const std::string_view> names(InterpolationSpace);

/// The codes of the inputs at the ends. mean: as the model reads them, which is the mean of codes that are
/// drawn. sample: drawn from q(code | input), for models that draw codes in training.
enum class EndCodes { mean, sample };
std::span<const std::string_view> names(EndCodes);

/// Points of the path from `from` to `to`, both [...shape], at t [n] (0: from, 1: to): [n, ...shape]. Throws
/// an Error if the spherical path is not defined: one of the two is zero, or they have opposite directions.
Tensor points_between(const Tensor& from, const Tensor& to, const Tensor& t,
                      InterpolationMethod method = InterpolationMethod::linear);

/// The points of an interpolation path, encoded and decoded.
struct Interpolation {
  Tensor t;        ///< [points, 1]; of a grid [points, 2], to the right and down; undefined for a plane
  Tensor codes;    ///< [points, ...code]
  Tensor decoded;  ///< [points, ...input]
  Tensor pixels;   ///< the linear mixture of the inputs, [points, ...input]; undefined for a plane
};

/// How an interpolation path is computed.
struct PathOptions {
  std::int64_t steps = 10;  ///< number of points along each side, including both ends
  InterpolationMethod method = InterpolationMethod::linear;
  InterpolationSpace space = InterpolationSpace::code;
  Tensor conditions = {};  ///< of the ends, [2 or 4, classes], for a conditional model; mixed as inputs are
  EndCodes codes = EndCodes::mean;  ///< with space code
  std::int64_t seed = 0;            ///< of codes that are drawn
};

/// The codes of inputs [n, ...input] on the model's device: [n, ...code]. Codes that are drawn are functions
/// of the seed and the input's place. Throws an Error if codes are to be drawn, and the model's are not.
Tensor codes_of_ends(const Autoencoder& model, const Tensor& inputs, const PathOptions& options);

/// The path from one input, [...input], to another. With space code, `pixels` is mixed linearly, for
/// comparison.
Interpolation interpolate(const Autoencoder& model, const Tensor& from, const Tensor& to,
                          const PathOptions& options = {});

/// The grid between four inputs, [4, ...input]: top left, top right, bottom left, bottom right; steps x steps
/// points, row by row. First along the upper and the lower side, then between these: bilinear if the method
/// is linear.
Interpolation interpolate_grid(const Autoencoder& model, const Tensor& corners,
                               const PathOptions& options = {});

/// The plane of 2-dimensional codes: steps x steps points between the 5 % and 95 % quantiles of `codes`
/// ([rows, ...code]), row by row; the first dimension increases to the right, the second upwards. Throws an
/// Error if codes do not have two dimensions, or the model is conditional.
Interpolation decode_plane(const Autoencoder& model, const Tensor& codes, std::int64_t steps);

/// Traversals of single code dimensions: in each, `code` [...code] with one dimension at `steps` places from
/// two standard deviations below its mean over `codes` [rows, ...code] to two above. Of at most `most`
/// dimensions, those that vary most first. `condition` [classes] is that of the code, for conditional models.
struct Traversals {
  Tensor dimensions;  ///< [dimensions] int64
  Tensor places;      ///< values of the dimension, [dimensions, steps]
  Tensor codes;       ///< [dimensions x steps, ...code]
  Tensor decoded;     ///< [dimensions x steps, ...input]
};
Traversals traverse(const Autoencoder& model, const Tensor& code, const Tensor& codes, std::int64_t steps,
                    std::int64_t most, const Tensor& condition = {});

/// The rows of a data set that are nearest to given points, by Euclidean distance between inputs.
struct Nearest {
  Tensor distance;  ///< [points]
  Tensor row;       ///< [points] int64
};
Nearest nearest_rows(const Tensor& points, const Dataset& dataset);

}  // namespace aelab
