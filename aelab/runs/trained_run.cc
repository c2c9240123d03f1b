#include "aelab/runs/trained_run.h"

#include "aelab/core/terminal.h"
#include "aelab/runs/file_kinds.h"
#include "aelab/runs/working_folder.h"

namespace aelab {
namespace {

[[noreturn]] void refuse_own(const std::string& place) {
  throw Error("data: the run's own rows have NaN or infinite values: " + place +
              "; give other data, or start a new run");
}

}  // namespace

const Dataset& TrainedRun::part(SplitPart part) const {
  const auto& rows = part_of(data, part);
  if (rows.size() == 0)
    throw FieldError("part",
                     "the run has no rows in its " + std::string(name_of(part)) + " split; choose another");
  return rows;
}

TrainedRun load_trained_run(const std::filesystem::path& folder, Which checkpoint) {
  require_run_folder(folder);
  TrainedRun run{.folder = folder, .model = open_model(folder, checkpoint), .source = {}, .data = {}};
  const auto& config = run.config().data;
  Problems problems;
  problems.attempt([&] {
    run.source =
        in_field("data", [&] { return open_dataset_from(recorded_working_folder(folder), config.source); });
    if (const auto caution = check_recorded_data(folder, run.source); !caution.empty())
      say("aelab: " + caution + "\n");
    // Values of rows in memory were checked when the run began.
    for (auto* part : {&run.source.train, run.source.test ? &*run.source.test : nullptr})
      if (part && !part->in_memory()) *part = without_nan(*part, refuse_own);
    run.data = in_field(
        "data", [&] { return run.source.split(config.split, run.config().seed, run.model.transforms()); });
  });
  problems.raise((folder / "config.json").string());
  return run;
}

OpenedModel open_for_use(const std::filesystem::path& folder_or_file, std::optional<Which> checkpoint,
                         bool with_data) {
  if (!with_data) return {open_model(folder_or_file, checkpoint), {}};
  if (std::filesystem::is_regular_file(folder_or_file)) {
    (void)config_of_model(folder_or_file);  // refuses what is no model
    throw FieldError("data", "is missing: " + folder_or_file.string() + " is a model without data");
  }
  auto run = load_trained_run(folder_or_file, checkpoint.value_or(Which::best));
  return {run.model, std::move(run)};
}

}  // namespace aelab
