#pragma once

#include <string>
#include <vector>

#include "aelab/core/error.h"
#include "aelab/core/fields.h"
#include "aelab/core/position.h"

namespace aelab {

/// The progress of a training. Everything counts from 0; a resumed run continues exactly from here.
struct Progress {
  std::int64_t phase = 0;
  std::int64_t epoch = 0;        ///< epochs ended, over all phases
  std::int64_t data_passes = 0;  ///< complete passes over the data: epochs without those cut short
  std::int64_t batch = 0;        ///< batches done in the one that was begun
  std::int64_t step = 0;         ///< steps done, over all phases
  std::int64_t update = 0;       ///< updates done in the step that was begun; 0 except after a failure in one
  std::int64_t phase_epoch = 0, phase_step = 0;  ///< the same within the phase
  double rate_scale = 1;                         ///< of learning rates, in this phase
  double seconds = 0, phase_seconds = 0;         ///< of wall-clock time, with validation, without callbacks
  bool phase_ended = false, run_ended = false;

  Position position() const { return {.epoch = data_passes, .batch = batch}; }
  void fields(Fields& f);
};

/// What makes a run this one: a checkpoint is read as that of the run whose config and data it was written
/// with.
struct RunIdentity {
  AnyJson config = {};    ///< as the run's folder records it; empty: of any run
  std::string data = "";  ///< the CRC-32 of the record of its data; empty: of any data
};

/// The metadata "aelab" of a checkpoint, a JSON object.
struct CheckpointRecord {
  /// 1: noise was drawn by batches; 2: by rows.
  static constexpr std::int64_t kFormat = 2;
  std::int64_t format = kFormat;
  Progress progress = {};
  AnyJson averages = {};                ///< the running sums of the epoch
  AnyJson kernels = {};                 ///< in use when it was written
  AnyJson callbacks = {};               ///< their states, by state key
  std::vector<std::string> notes = {};  ///< remarks on the epoch so far, which are not in the log yet
  RunIdentity run = {};                 ///< that wrote it
  AnyJson input = {};                   ///< what the rows of its data are (data/input_schema.h)

  void fields(Fields& f);
};

/// Thrown for a checkpoint that another version of aelab wrote, which trained in another way.
class OtherVersion : public Error {
 public:
  using Error::Error;
};

/// Throws an Error with `path` if it is not such an object, an OtherVersion if it has another format.
CheckpointRecord read_checkpoint_record(const std::string& text, const std::string& path);

}  // namespace aelab
