#include "aelab/runs/comparison_runs.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/core/lock.h"
#include "aelab/runs/comparison_progress.h"
#include "aelab/runs/environment.h"
#include "aelab/runs/record.h"
#include "aelab/runs/run.h"
#include "aelab/runs/workers.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Error unless the keys that all runs depend on are the recorded ones.
void require_same_comparison(const fs::path& path, const ComparisonConfig& config) {
  const auto recorded = parse_json(read_file(path), path.string()), wanted = write_config(config);
  for (const auto* key : {"base", "budget", "threads"}) {
    const auto before = recorded.value(key, json()), now = wanted.value(key, json());
    if (before == now) continue;
    const auto place = first_difference(before, now);
    throw Error(path.parent_path().string() + ": contains another comparison: its " + key + " differs" +
                (place.empty() ? "" : " at " + place) + "; give this one another \"name\" or --output");
  }
}

/// Error unless every existing run has the config of this comparison.
void require_same_runs(const Comparison& comparison) {
  Problems problems;
  for (const auto& run : comparison.runs()) {
    const auto folder = comparison.folder(run);
    if (!fs::exists(folder / "config.json")) continue;
    problems.attempt([&] { require_same_run(folder, comparison.run_config(run)); });
  }
  problems.raise(comparison.origin());
}

/// A run with a damaged status.json is not finished: executing it reports what is wrong.
bool is_finished(const fs::path& folder) {
  RunStatus status;
  Problems damage;
  damage.attempt([&] { status = read_status(folder); });
  return fs::exists(folder / "config.json") && status.state == "completed";
}

std::int64_t jobs_of(const Comparison& comparison, std::int64_t asked) {
  const auto& config = comparison.config();
  const bool clocked = config.budget && config.budget->seconds;
  if (clocked && asked > 1)
    throw Error("--jobs: a budget of seconds needs one run at a time, since runs would slow each other down");
  if (clocked) return 1;
  const auto processors = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  return asked > 0 ? asked : std::max<std::int64_t>(1, processors / config.threads);
}

/// One after the other in this process. A failed run records its error in its folder.
int run_here(const Comparison& comparison, const std::vector<PlannedRun>& todo,
             ComparisonProgress& progress) {
  for (const auto& planned : todo) {
    progress.started(planned);
    const auto folder = comparison.folder(planned);
    try {
      const auto outcome =
          run(comparison.run_config(planned), {.origin = planned.id, .quiet = true, .folder = folder});
      if (outcome.signal) return outcome.signal;
    } catch (const std::exception&) {  // status.json has the error
    }
    progress.ended(planned, read_status(folder));
  }
  return 0;
}

/// `at_once` runs at a time, each in a separate process.
int run_in_workers(const Comparison& comparison, const std::vector<PlannedRun>& todo, std::int64_t at_once,
                   const std::vector<std::string>& worker, ComparisonProgress& progress) {
  std::vector<WorkerJob> jobs;
  for (const auto& planned : todo) {
    auto command = worker;
    command.push_back(planned.id);
    auto log = comparison.folder() / "logs" / (planned.id + ".txt");
    fs::create_directories(log.parent_path());
    jobs.push_back({std::move(command), std::move(log)});
  }
  return run_workers(
      jobs, at_once, comparison.config().threads, [&](std::size_t job) { progress.started(todo[job]); },
      [&](std::size_t job) { progress.ended(todo[job], read_status(comparison.folder(todo[job]))); },
      [&] { progress.redraw(); });
}

/// Creates the comparison's folder if necessary, and locks it.
FolderLock lock_folder(const Comparison& comparison) {
  const auto folder = comparison.folder();
  if (fs::exists(folder) && !fs::exists(folder / "config.json") &&
      !(fs::is_directory(folder) && fs::is_empty(folder)))
    throw Error(folder.string() +
                ": already exists and is not a comparison; give another \"name\" or --output");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(folder.string() + ": cannot be created: " + error.message() + "; give another --output");
  return FolderLock(folder);
}

void record_comparison(const Comparison& comparison) {
  const auto folder = comparison.folder(), config = folder / "config.json";
  if (fs::exists(config)) {
    require_same_comparison(config, comparison.config());
    require_same_runs(comparison);
  }
  write_json(config, write_config(comparison.config()));
  write_json(folder / "environment.json", environment());
}

}  // namespace

std::size_t finished_runs(const Comparison& comparison) {
  const auto& runs = comparison.runs();
  return static_cast<std::size_t>(std::count_if(
      runs.begin(), runs.end(), [&](const auto& run) { return is_finished(comparison.folder(run)); }));
}

void open_folder(Comparison& comparison) {
  if (!comparison.is_checked()) comparison.check();
  const auto lock = lock_folder(comparison);
  record_comparison(comparison);
}

int do_runs(Comparison& comparison, const ComparisonOptions& options) {
  const auto at_once = jobs_of(comparison, options.jobs);
  if (!comparison.is_checked()) comparison.check();
  const auto lock = lock_folder(comparison);
  record_comparison(comparison);
  std::vector<PlannedRun> todo;
  for (const auto& planned : comparison.runs())
    if (!is_finished(comparison.folder(planned))) todo.push_back(planned);
  ComparisonProgress progress(comparison, todo, at_once, options);
  return options.worker.empty() ? run_here(comparison, todo, progress)
                                : run_in_workers(comparison, todo, at_once, options.worker, progress);
}

int do_run(Comparison& comparison, const std::string& id) {
  constexpr std::chrono::seconds kPatience(20);  // with one that its dead parent's signal stops
  const auto& planned = comparison.run(id);
  comparison.check(planned.contender);
  return run(comparison.run_config(planned),
             {.origin = id, .quiet = true, .folder = comparison.folder(planned), .patience = kPatience})
      .signal;
}

Comparison load_comparison(const fs::path& folder) {
  const auto path = folder / "config.json";
  if (!fs::exists(path)) throw Error(folder.string() + ": is not a comparison folder: it has no config.json");
  auto config = read_comparison_config(read_file(path), path.string());
  const auto whole = fs::absolute(folder).lexically_normal();
  const auto named = whole.has_filename() ? whole : whole.parent_path();
  if (named.filename() != config.name)
    throw Error(folder.string() + ": does not have the name of its comparison, \"" + config.name + "\"");
  config.output =
      folder.lexically_normal().has_filename() ? folder.parent_path() : folder.parent_path().parent_path();
  return Comparison(std::move(config), folder.string());
}

}  // namespace aelab
