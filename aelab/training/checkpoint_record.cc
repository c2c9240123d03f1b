#include "aelab/training/checkpoint_record.h"

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/error.h"
#include "aelab/core/json.h"

namespace aelab {

void Progress::fields(Fields& f) {
  f("phase", phase, "the phase it stands in", at_least(0));
  f("epoch", epoch, "epochs ended, over all phases", at_least(0));
  f.formerly({"pass"});
  f("data_passes", data_passes, "passes over the data ended", at_least(0));
  f("batch", batch, "batches done in the pass over the data that was begun", at_least(0));
  f("step", step, "steps done, over all phases", at_least(0));
  f("update", update, "updates done in the step that was begun", at_least(0));
  f("phase_epoch", phase_epoch, "epochs ended, within the phase", at_least(0));
  f("phase_step", phase_step, "steps done, within the phase", at_least(0));
  f("rate_scale", rate_scale, "of learning rates, in this phase", at_least(0));
  f("seconds", seconds, "of wall-clock time", at_least(0));
  f("phase_seconds", phase_seconds, "of wall-clock time, within the phase", at_least(0));
  f("phase_ended", phase_ended, "whether the phase is done");
  f("run_ended", run_ended, "whether the run is done");
}

void CheckpointRecord::fields(Fields& f) {
  f("format", format, "of checkpoints");
  f("progress", progress, "how far training has come");
  f("averages", averages, "the running sums of the epoch");
  f("kernels", kernels, "in use when it was written");
  f("callbacks", callbacks, "their memory");
  f("notes", notes, "remarks on the epoch so far");
  f("config", run.config, "of the run that wrote it");
  f("data", run.data, "CRC-32 of the record of the data that it was trained on");
  f("input", input, "what the rows of these data are");
}

CheckpointRecord read_checkpoint_record(const std::string& text, const std::string& path) {
  if (!text.starts_with('{'))  // the version that export writes beside weights
    throw Error(path +
                ": has the weights of a model alone, which is no checkpoint; aelab export --format model "
                "writes a model with all that it takes to use it");
  const auto value = parse_json(text, path);
  const auto* format = value.is_object() && value.contains("format") ? &value["format"] : nullptr;
  if (!format) throw Error(path + ": is not a checkpoint of aelab");
  if (*format == 1)
    throw OtherVersion(
        path +
        ": was written by an earlier version of aelab, which drew other random numbers: use that "
        "version, or start a new run");
  if (*format != CheckpointRecord::kFormat)
    throw OtherVersion(path + ": has format " + describe_json(*format) + "; this aelab reads " +
                       std::to_string(CheckpointRecord::kFormat));
  CheckpointRecord record;
  read_config(value, record, path);
  return record;
}

}  // namespace aelab
