#pragma once

#include <span>

#include "aelab/data/permutation.h"
#include "aelab/data/split.h"

namespace aelab {

/// Pictures that the values of some factors of variation determine.
class Scene {
 public:
  virtual ~Scene() = default;
  virtual std::vector<Factor> factors() const = 0;
  /// The shape of a picture, [channels, height, width].
  virtual Shape shape() const = 0;
  /// Draws the picture of these values, one for each factor, onto zeros. Called from several threads.
  virtual void draw(std::span<const std::int64_t> values, float* picture) const = 0;
  /// The names of the first factor's values, which are then the class labels; empty: there are no labels.
  virtual std::vector<std::string> class_names() const { return {}; }
};

/// Which combinations of factor values are rows: all of them, in random order, or a random sample.
struct CombinationsConfig {
  std::optional<std::int64_t> rows = {};  ///< for training; unset: all that are not for the test
  std::int64_t test_rows = 0, seed = 0;

  void fields(Fields& f);
};

/// Some of a number of combinations, none of them twice: the first `test` in the order of the seed are for
/// the test and the next `train` for training, so that more training rows leave the test rows as they are.
struct Combinations {
  Permutation order;
  std::int64_t train = 0, test = 0;

  /// Error when there are fewer than the config asks for, or more than 100 million are asked for.
  Combinations(const CombinationsConfig& config, std::int64_t all);

  /// Those for the test and then those for training, [test + train] int64.
  Tensor numbers() const;
};

/// The data of a scene. Their rows are drawn whenever they are gathered, so that sets of any size take no
/// memory; combinations are counted with the last factor moving fastest.
Data open_scene(std::string name, std::shared_ptr<const Scene> scene, const CombinationsConfig& config);

}  // namespace aelab
