#pragma once

#include "aelab/evaluation/latent_interpolation.h"
#include "aelab/runs/run.h"

namespace aelab {

enum class InterpolationKind { strip, grid, manifold };
std::span<const std::string_view> names(InterpolationKind);

/// A sample: a row of the split, or one of a class, given by name or number.
struct Endpoint {
  std::optional<std::int64_t> row = {};
  std::string of_class = {};
};

/// An interpolation by the model of a run.
struct InterpolationConfig {
  InterpolationKind kind = InterpolationKind::strip;
  Endpoint from = {}, to = {};            ///< strip and grid
  Endpoint down = {}, diagonal = {};      ///< grid: the corners below `from` and below `to`
  std::optional<std::int64_t> seed = {};  ///< draws the sample of a class; default: its first one
  PathOptions path = {};
  Part part = Part::test;
  Which checkpoint = Which::best;
  std::string output = "";  ///< folder; <run folder>/interpolations/<n> if empty

  void fields(Fields& f);
};

struct InterpolationOutcome {
  std::filesystem::path folder;
  std::vector<std::string> files;
  double decoded_distance = 0;  ///< from the nearest training input, mean over the points
  std::optional<double> pixels_distance;
};

/// Writes interpolation.json (for every point: t, code, distance from the nearest input of the training
/// split), decoded.npy and, for images, interpolation.png: a strip has the decoded points above the mixed
/// pixels. Throws an Error, before anything is created, if a sample does not exist or the path is not
/// defined.
InterpolationOutcome interpolate_run(const std::filesystem::path& folder, const InterpolationConfig& config);

}  // namespace aelab
