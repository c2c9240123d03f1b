#pragma once

#include "aelab/evaluation/latent_interpolation.h"
#include "aelab/runs/run.h"

namespace aelab {

enum class InterpolationKind { strip, grid, manifold, traversal };
std::span<const std::string_view> names(InterpolationKind);

/// A sample: a row of the data, or one of a class, given by name or number.
struct Endpoint {
  std::optional<std::int64_t> row = {};
  std::string of_class = {};
};

/// An interpolation by a trained model.
struct InterpolationConfig {
  InterpolationKind kind = InterpolationKind::strip;
  Endpoint from = {}, to = {};            ///< strip and grid; traversal: from
  Endpoint down = {}, diagonal = {};      ///< grid: the corners below `from` and below `to`
  std::optional<std::int64_t> seed = {};  ///< draws the sample of a class; default: its first one. Of codes
                                          ///< that are drawn; default: 0
  PathOptions path = {};                  ///< but for its seed
  std::optional<std::int64_t> dimensions = {};  ///< traversal: the most that are traversed; default: 10
  std::optional<DataConfig> data = {};          ///< other data than the run's own, whose rows are the samples
  std::optional<SplitPart> part = {};           ///< of the run's own data; default: test
  std::optional<Which> checkpoint = {};         ///< of a run's folder; the best if unset
  std::string output = "";                      ///< folder; <run folder>/interpolations/<n> if empty

  void fields(Fields& f);
};

struct InterpolationOutcome {
  std::filesystem::path folder;
  std::vector<std::string> files;
  /// From the nearest input of the training split, or of the other data: mean over the points.
  double decoded_distance = 0;
  std::optional<double> pixels_distance;
};

/// Writes interpolation.json (for every point: t, code, distance from the nearest input), decoded.npy and,
/// for images, interpolation.png: a strip has the decoded points above the mixed pixels, a traversal a row
/// for every dimension, whose KL divergences are in interpolation.json where codes are drawn from Gaussians.
/// Throws an Error, before anything is created, if a sample does not exist or the path is not defined, if
/// codes are to be drawn and the model's are deterministic, or if a row has NaN or infinite values.
///
/// The model is that of a run folder, or of a file (open_model()). With other data, the run's own are not
/// needed; a file has none.
InterpolationOutcome interpolate(const std::filesystem::path& folder_or_file,
                                 const InterpolationConfig& config);

}  // namespace aelab
