#pragma once

#include "aelab/core/safetensors.h"
#include "aelab/data/inversion.h"
#include "aelab/evaluation/detector.h"
#include "aelab/nn/compute.h"
#include "aelab/runs/run.h"

namespace aelab {

/// A trained model, with all that it takes to use it: its weights, the transforms that were fitted to its
/// training data, and what its inputs are. The training data are not needed.
///
/// Rows are those of the source, [batch, ...input().shape], before any transform. Functions throw an Error
/// for rows of another shape, and one that names the first row with NaN or infinite values, before or after
/// the transforms; codes must be finite, too. Where input().types says what a table's columns are, NaN is a
/// missing cell, for models that take these, and a category is its number. They are deterministic, compute
/// with the kernels that the model was trained with, and may be called by several threads at once.
///
/// A model that reconstructs other features of a row than it reads (a transcoder) also takes rows of those
/// that it reads alone, [batch, features], and gives the others: decode() and reconstruct() give these alone.
///
/// A model that is conditional on the label takes the rows' classes, [batch] int64, numbered as in
/// input().class_names; for other models they may be left out. Functions throw an Error if a conditional
/// model gets none, or others than it was trained with.
class TrainedModel {
 public:
  /// Of a checkpoint, or of a file that export wrote (tools/export.h). Throws an Error if the file is
  /// corrupted, or does not say which run it is of.
  TrainedModel(const SafetensorsFile& file, const std::filesystem::path& path);

  /// [batch, ...code]: the deterministic reading, such as the mean of a Gaussian code.
  Tensor encode(const Tensor& rows, const Tensor& labels = {}) const;
  /// Codes [batch, ...code] -> [batch, ...inversion().shape()], on the CPU: in the units of the source as far
  /// as the transforms have inverses. Throws an Error if the decoder no longer belongs to the encoder.
  /// An Error, too, if the decoder has a skip connection, which needs the rows.
  Tensor decode(const Tensor& codes, const Tensor& labels = {}) const;
  /// decode(encode(rows)).
  Tensor reconstruct(const Tensor& rows, const Tensor& labels = {}) const;
  /// The reconstruction error of each row, [batch] float64: the squared error of the transformed values,
  /// summed over features. The larger, the less a row is like the training data.
  Tensor score(const Tensor& rows, const Tensor& labels = {}) const;
  /// The score of each row by a detector of this model (runs/detector_file.h), [batch] float64; and, where
  /// its score is a sum over features, what each adds to it.
  Tensor score(const Tensor& rows, const Detector& detector, const Tensor& labels = {}) const;
  ScoredRows explain(const Tensor& rows, const Detector& detector, const Tensor& labels = {}) const;
  /// Whether each row is an anomaly, [batch] bool: score(rows, detector) > threshold.value. An Error where
  /// the threshold is of points (Detector::of_points).
  Tensor detect(const Tensor& rows, const Detector& detector, const Threshold& threshold,
                const Tensor& labels = {}) const;
  /// The predicted classes, [batch] int64, numbered as in input().class_names. Throws an Error if the model
  /// has no classifier.
  Tensor classify(const Tensor& rows) const;

  const RunConfig& config() const { return config_; }
  const InputSchema& input() const { return input_; }
  /// The networks, in evaluation mode. Their inputs are transformed rows: prepare(rows).
  const std::shared_ptr<Autoencoder>& network() const { return network_; }
  const Transforms& transforms() const { return transforms_; }
  /// The kernels that it computes with: those of its training, as far as this machine has them.
  const Kernels& kernels() const { return kernels_; }
  /// Of reconstructions.
  Inversion inversion() const { return {transforms_, input_.shape, first_target()}; }
  /// The number of a row's first features that are read, where others are reconstructed; else 0.
  std::int64_t first_target() const;
  /// Whether rows of this shape are those features alone, so that nothing is known to compare with.
  bool lacks_targets(const Shape& rows) const {
    return rows.size() == 1 && first_target() > 0 && rows.front() == first_target();
  }

  /// A scope in which the calling thread computes with the number of threads and the kernels of the training,
  /// so that results are the same to the last bit.
  Compute compute() const {
    return in_field("training.kernels", [&] { return Compute(config_.training.threads, kernels_); });
  }

  /// Transformed rows, float32, on the device of the network.
  Tensor prepare(const Tensor& rows) const;
  /// The same of the rows of a data set, on the CPU, where they are gathered. Where that finds NaN or
  /// infinite values, `refuse` is called with the place of the first one, as by without_nan()
  /// (data/dataset.h).
  Dataset prepare(const Dataset& rows, const std::function<void(const std::string& place)>& refuse) const;
  /// Throws an Error unless the model is not conditional on the label, or these are labels [rows] of classes
  /// that it was trained with.
  void require_labels(const Tensor& labels) const;
  /// Throws an Error if rows have missing cells that the model cannot take.
  void require_takes_missing(const Dataset& rows) const;
  /// Throws an Error unless rows of the shape and columns of `other` are inputs of this model.
  void require_inputs(const InputSchema& other) const;

 private:
  RunConfig config_;
  InputSchema input_;
  Kernels kernels_;
  std::shared_ptr<Autoencoder> network_;
  Transforms transforms_;

  Tensor decoded(const Tensor& codes, const Tensor& condition) const;
  ScoredRows scored(const Tensor& rows, const Detector& detector, const Tensor& labels, bool explain) const;
  void require_targets(const Tensor& rows) const;
  /// What the network is given with prepared rows, and with classes; undefined where it takes nothing.
  Tensor condition_of(const Tensor& x, const Tensor& labels) const;
  Tensor label_condition(const Tensor& labels, std::int64_t rows) const;
};

/// Where results that are made with a model lie if no other folder is named: the run folder, or the folder of
/// the file.
std::filesystem::path home_of_model(const std::filesystem::path& folder_or_file);

/// Opens the model of a run folder, whose best checkpoint if `checkpoint` is unset, or of a file: a
/// checkpoint, or what export wrote with format model. Throws an Error if there is no such model, if it is
/// corrupted, or if `checkpoint` is to choose among the checkpoints of a file.
TrainedModel open_model(const std::filesystem::path& folder_or_file, std::optional<Which> checkpoint = {});

/// The config of the run that the model in a folder or file is of; its tensors are not read.
RunConfig config_of_model(const std::filesystem::path& folder_or_file);

/// The squared error of each row, summed over the features that are known, not NaN, in the inputs: [batch]
/// float64, on the CPU.
Tensor squared_errors(const Tensor& inputs, const Tensor& reconstructions);

/// Throws an Error unless both number the same classes: sources number those that they find, and equal
/// numbers must mean equal classes.
void require_same_classes(const InputSchema& own, const InputSchema& other);

/// Opens other data for the model: columns of tables are found by their names, whatever their order, and what
/// differs from the model's inputs is reported on stderr. Throws an Error if the rows do not fit the model,
/// or lack targets unless that is allowed (TrainedModel::lacks_targets), or if rows in memory have NaN or
/// infinite values.
Data open_for_model(const TrainedModel& model, const Choice<Source>& source, bool may_lack_targets = false);

/// Such rows, as the network takes them. Throws a FieldError of "data" that names the first row with NaN or
/// infinite values, before or after the transforms, when it is gathered.
Dataset rows_for_model(const TrainedModel& model, const Dataset& rows);

/// The config of the source that reads the file or folder `path` as the run with this config reads its own
/// files, label column and delimiter included; if the run's data come from another type of source, of the
/// source for such files (source_of_file) with the run's fields that it has, too. Fields with default values
/// are left out.
nlohmann::ordered_json source_like_run(const RunConfig& config, const std::string& path);

}  // namespace aelab
