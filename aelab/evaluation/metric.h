#pragma once

#include <optional>

#include "aelab/core/registry.h"
#include "aelab/data/split.h"
#include "aelab/models/autoencoder.h"

namespace aelab {

enum class Direction { lower, higher, neither };
std::span<const std::string_view> names(Direction);

/// One number that a metric gives: what it is, and which way is better.
struct Measure {
  std::string name;  ///< "reconstruction/mse"
  std::string definition;
  Direction better = Direction::neither;
  std::int64_t version = 1;  ///< of the definition: one that changes gets the next
};

/// What a model made of some rows, undisturbed by training's noise.
struct Observation {
  Tensor target;          ///< [batch, ...input]
  Tensor code;            ///< [batch, ...code]
  Tensor reconstruction;  ///< [batch, ...input]; undefined where the model's decoder is stale
  Tensor labels = {};     ///< [batch] int64; undefined without labels
  Tensor predicted = {};  ///< [batch] int64, by the model's own classifier; undefined where it has none
};

/// A property of a model on a data set, gathered batch by batch.
class Metric {
 public:
  static Registry<Metric>& registry();
  virtual ~Metric() = default;
  virtual std::vector<Measure> measures() const = 0;
  /// Whether it looks at reconstructions: it then does not apply to models whose decoder is stale.
  virtual bool needs_reconstruction() const { return false; }
  /// Error when the data that a model is to be trained with lack what the metric needs; asked before
  /// training.
  virtual void check(const Split& /*data*/) const {}
  /// Before the first rows; `data` is what the model was trained with.
  virtual void begin(const Autoencoder&, const Split& /*data*/) {}
  virtual void add(const Observation& observation) = 0;
  /// One for each measure, in their order; nothing where it does not apply to this model or these data.
  virtual std::vector<std::optional<double>> values() const = 0;
};

struct Result {
  Measure measure;
  std::optional<double> value;
};

/// All metrics in one pass over `part`, in inference mode. `data` is what the model was trained with. Stopped
/// when a signal asks for it.
std::vector<Result> evaluate(const Autoencoder& model, const Dataset& part, const Split& data,
                             const std::vector<Choice<Metric>>& metrics);

}  // namespace aelab
