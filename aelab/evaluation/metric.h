#pragma once

#include <optional>

#include "aelab/core/registry.h"
#include "aelab/data/split.h"
#include "aelab/evaluation/features.h"
#include "aelab/models/autoencoder.h"

namespace aelab {

enum class Direction { lower, higher, neither };
std::span<const std::string_view> names(Direction);

/// One value that a metric measures: its definition, and which direction is better.
struct Measure {
  std::string name;  ///< "reconstruction/mse"
  std::string definition;
  Direction better = Direction::neither;
  std::int64_t version = 1;  ///< of the definition; raised when it changes
};

/// The outputs of a model for a batch, in inference mode and without corruption.
struct Observation {
  Tensor target;  ///< what the reconstruction is compared with [batch, ...target]
  Tensor code;    ///< [batch, ...code]
  Tensor
      reconstruction;  ///< [batch, ...target]; undefined where the decoder no longer belongs to the encoder
  Tensor input = {};   ///< [batch, ...input]; undefined where the target is the input
  Tensor labels = {};  ///< [batch] int64; undefined without labels
  Tensor predicted = {};  ///< [batch] int64, by the model's own classifier; undefined without one
  Tensor factors = {};    ///< [batch, factors] int64, on the CPU; undefined where the data have none
  Tensor rows = {};       ///< [batch] int64, on the CPU: Batch::rows
  std::shared_ptr<const Truth> truth = {};  ///< that of these rows; nullptr where it is not known
  /// Items that were held out of stored rows, by their places (`rows`); nullptr where there are none.
  std::shared_ptr<const SparseMatrix> held_out = {};

  const Tensor& inputs() const { return input.defined() ? input : target; }
};

/// A property of a model on a data set, accumulated batch by batch.
class Metric {
 public:
  static Registry<Metric>& registry();
  virtual ~Metric() = default;
  virtual std::vector<Measure> measures() const = 0;
  /// Whether it needs reconstructions: it then does not apply to models whose decoder no longer belongs to
  /// the encoder.
  virtual bool needs_reconstruction() const { return false; }
  /// Whether it compares labels with classes that were learned from the training split: rows of other classes
  /// can only be errors.
  virtual bool predicts_classes() const { return false; }
  /// Error when the training data lack what the metric needs; called before training.
  virtual void check(const Split& /*data*/) const {}
  /// The path of the features in which it compares rows; "" if it takes none.
  virtual std::string features() const { return {}; }
  /// Called before begin() where features() is not "".
  virtual void use(std::shared_ptr<const Features>) {}
  /// Called before the first batch; `data` is what the model was trained on.
  virtual void begin(const Autoencoder&, const Split& /*data*/) {}
  virtual void add(const Observation& observation) = 0;
  /// One value per measure, in their order; absent where it does not apply to this model or these data.
  virtual std::vector<std::optional<double>> values() const = 0;
  /// Called after values(): sentences that warn of what the rows showed, such as a code that is not used.
  virtual std::vector<std::string> cautions() const { return {}; }
};

struct Result {
  Measure measure;
  std::optional<double> value;
};

/// Whether any metric is applicable.
bool any_measured(const std::vector<Result>& results);

/// All metrics in one pass over `part`, in inference mode; `data` is what the model was trained on. Their
/// cautions are added to `cautions`, if given. `features` opens those that metrics name. Error when `part` is
/// empty, or a metric's features cannot be opened; Stopped when StopSignals receives a signal.
std::vector<Result> evaluate(const Autoencoder& model, const Dataset& part, const Split& data,
                             const std::vector<Choice<Metric>>& metrics,
                             std::vector<std::string>* cautions = nullptr,
                             const FeatureSource& features = {});

}  // namespace aelab
