#pragma once

#include <ATen/core/Tensor.h>

#include <nlohmann/json_fwd.hpp>

#include "aelab/core/growing_file.h"
#include "aelab/core/image.h"
#include "aelab/training/training.h"

namespace aelab {

/// A file for TensorBoard: TensorFlow's Event messages in TFRecord frames, each with the time of its writing.
/// TensorBoard reads files whose names contain "tfevents". Throws the Failure of GrowingFile.
class EventFile {
 public:
  /// Continues a file, which is begun if it is empty.
  explicit EventFile(GrowingFile file);
  /// The file at `path`, continued at `mark`.
  explicit EventFile(std::filesystem::path path, GrowingFile::Mark mark = {})
      : EventFile(GrowingFile(std::move(path), mark)) {}

  /// One curve for each; TensorBoard keeps them in float32.
  void add_scalars(std::int64_t step, const NamedValues& scalars);
  void add_image(std::int64_t step, const std::string& tag, const Image& image);
  /// The distribution of the values in 30 intervals of equal width. NaN and infinite values are left out, and
  /// nothing is written if there are no others.
  void add_histogram(std::int64_t step, const std::string& tag, const at::Tensor& values);
  /// An object of numbers, booleans and strings, for the HParams dashboard; once per file.
  void add_hyper_parameters(const nlohmann::json& values);

  void sync() { file_.sync(); }
  const GrowingFile::Mark& mark() const { return file_.mark(); }

 private:
  GrowingFile file_;

  void append(const std::string& event);
};

}  // namespace aelab
