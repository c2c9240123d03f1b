#pragma once

#include <ATen/core/Tensor.h>

#include <nlohmann/json_fwd.hpp>

#include "aelab/core/growing_file.h"
#include "aelab/core/image.h"
#include "aelab/training/training.h"

namespace aelab {

/// A file that TensorBoard reads: TensorFlow's Event messages in TFRecord frames. Each carries the time at
/// which it is written. TensorBoard takes files for its own whose names contain "tfevents". Failure as
/// GrowingFile's.
class EventFile {
 public:
  /// Continues the file at `mark`; begins it where the mark's length is 0.
  explicit EventFile(std::filesystem::path path, GrowingFile::Mark mark = {});

  /// One curve for each; TensorBoard keeps them in float32.
  void add_scalars(std::int64_t step, const Metrics& scalars);
  void add_image(std::int64_t step, const std::string& tag, const Image& image);
  /// The values' distribution in 30 intervals of equal width; those that are not finite are left out, and
  /// nothing is written when there are no others.
  void add_histogram(std::int64_t step, const std::string& tag, const at::Tensor& values);
  /// An object of numbers, booleans and texts, for the HParams dashboard; once a file.
  void add_hyper_parameters(const nlohmann::json& values);

  void sync() { file_.sync(); }
  const GrowingFile::Mark& mark() const { return file_.mark(); }

 private:
  GrowingFile file_;

  void append(const std::string& event);
};

}  // namespace aelab
