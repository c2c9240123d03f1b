#include "aelab/runs/run.h"

#include <fmt/format.h>

#include <array>

#include "aelab/core/config.h"
#include "aelab/core/folders.h"
#include "aelab/core/links.h"
#include "aelab/core/text.h"
#include "aelab/data/batch_stream.h"
#include "aelab/runs/run_stages.h"
#include "aelab/runs/working_folder.h"
#include "aelab/training/checkpoint.h"

namespace aelab {

std::span<const std::string_view> names(Which) {
  static constexpr std::array<std::string_view, 4> kNames = {"best", "last", "ema", "previous"};
  return kNames;
}

namespace {

namespace fs = std::filesystem;

/// Throws an Error if files of a completed run were changed since, such as the config.
void require_unchanged(const fs::path& folder) {
  const auto changed = changed_files(folder, known_status(folder));
  if (changed.empty()) return;
  throw Error(folder.string() +
              ": the run is complete, but these files were changed since: " + join(changed, ", ") +
              "; restore them, or start a new run with aelab run " + (folder / "config.json").string());
}

/// Goes through the stages of a run that is open.
RunOutcome go_through(RunStages& stages) {
  if (stages.was_complete()) return stages.recorded();
  const auto computing = stages.compute();
  return stages.or_record([&] {
    stages.begin(stages.batches());
    while (stages.advance()) {
    }
    return stages.end();
  });
}

}  // namespace

RunOutcome run(RunConfig config, RunOptions options) {
  // A run on record restores its transforms from its checkpoint: they are not those of other runs.
  const bool shares = options.opened && !has_entry(options.folder / "config.json");
  OpenedData own(options.working_folder);
  auto folder = options.folder;
  auto& opened = shares ? *options.opened : own;
  RunStages stages(std::move(config), std::move(options), opened);
  if (folder.empty())
    folder = create_numbered_folder(fs::path(stages.config().output) / stages.config().name);
  stages.open(folder);
  return go_through(stages);
}

RunOutcome resume(const fs::path& folder, Which from, const RunOptions& options) {
  auto config = load_run_config(folder);
  require_unchanged(folder);
  OpenedData opened(recorded_working_folder(folder));
  RunStages stages(std::move(config),
                   {.origin = folder.string(),
                    .problems = {},
                    .quiet = options.quiet,
                    .plain = options.plain,
                    .working_folder = opened.working_folder()},
                   opened, /*on_record=*/true);
  stages.open_record(folder, from);
  return go_through(stages);
}

std::filesystem::path find_checkpoint(const fs::path& folder, Which checkpoint) {
  const auto path = checkpoint_path(folder, checkpoint);
  require_within(folder, path);
  if (has_entry(path)) return path;
  std::vector<std::string> there;
  for (const auto which : {Which::best, Which::last, Which::ema, Which::previous})
    if (has_entry(checkpoint_path(folder, which))) there.emplace_back(name_of(which));
  throw Error(
      path.string() + ": does not exist; " +
      (there.empty() ? "the run has no checkpoint" : "the run's checkpoints are: " + join(there, ", ")));
}

SafetensorsFile read_checkpoint(const fs::path& folder, Which checkpoint) {
  const auto path = find_checkpoint(folder, checkpoint);
  const auto run = recorded_identity(folder);
  try {
    return read_checkpoint(path, run);
  } catch (const Error& error) {
    for (const auto other : {Which::last, Which::best})
      if (other != checkpoint && is_intact_checkpoint(folder, other))
        throw Error(fmt::format("{}; the checkpoint {} is not corrupted", error.what(), name_of(other)));
    throw;
  }
}

}  // namespace aelab
