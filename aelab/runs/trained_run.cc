#include "aelab/runs/trained_run.h"

#include <ATen/Parallel.h>

#include "aelab/training/checkpoint.h"

namespace aelab {

const Dataset& TrainedRun::part(Part part) const {
  const auto& rows = part_of(data, part);
  if (rows.size() == 0)
    throw Error("--part: the run has no rows in its " + std::string(name_of(part)) +
                " split; choose another");
  return rows;
}

TrainedRun load_trained_run(const std::filesystem::path& folder, Which checkpoint) {
  TrainedRun run{.folder = folder, .config = load_run_config(folder), .source = {}, .data = {}, .model = {}};
  Problems problems;
  problems.attempt([&] {
    run.source = open_dataset(run.config.data.source);
    check_recorded_data(folder, run.source);
    run.data = run.source.split(run.config.data.split, run.config.seed);
  });
  problems.raise((folder / "config.json").string());
  at::set_num_threads(static_cast<int>(run.config.training.threads.value_or(at::get_num_threads())));
  use_kernels(nearest(run.config.training.kernels));
  run.model = load_model(folder, run.config, run.source, checkpoint);  // in evaluation mode
  load_transforms(find_checkpoint(folder, checkpoint), run.data);
  return run;
}

void require_inputs(const TrainedRun& run, const Data& other) {
  const auto shape = run.config.data.split.changed(other.shape());
  if (shape != run.model->input_shape())
    throw Error("the shape is " + to_string(shape) + ", but the model's input is " +
                to_string(run.model->input_shape()));
}

}  // namespace aelab
