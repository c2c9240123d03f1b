#include "aelab/comparisons/runs.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "aelab/comparisons/identity.h"
#include "aelab/comparisons/progress.h"
#include "aelab/comparisons/workers.h"
#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/core/links.h"
#include "aelab/core/lock.h"
#include "aelab/core/terminal.h"
#include "aelab/data/data_record.h"
#include "aelab/runs/environment.h"
#include "aelab/runs/record.h"
#include "aelab/runs/run.h"
#include "aelab/runs/working_folder.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A run with a damaged status.json is not finished.
bool is_finished(const fs::path& folder) {
  return has_entry(folder / "config.json") && known_status(folder).is_over();
}

/// The runs to execute: those that are not finished. What damage means for a run is said.
std::vector<PlannedRun> runs_to_do(const Comparison& comparison) {
  std::vector<PlannedRun> todo;
  for (const auto& planned : comparison.runs()) {
    const auto folder = comparison.folder(planned);
    if (is_finished(folder)) continue;
    const auto status = known_status(folder);
    const auto damage = damage_of_config(folder);
    if (damage.empty()) todo.push_back(planned);
    if (!damage.empty())
      say("aelab: " + planned.id + " is left out: " + damage + "; remove its folder to run it again\n");
    else if (status.state == "damaged")
      say("aelab: " + planned.id +
          " is executed again, from its last checkpoint if it has one: " + status.message + "\n");
  }
  return todo;
}

std::int64_t jobs_of(const Comparison& comparison, std::int64_t asked) {
  const auto& config = comparison.config();
  const bool clocked = config.budget && config.budget->seconds;
  if (clocked && asked > 1)
    throw FieldError("jobs",
                     "a budget of seconds needs one run at a time, since runs would slow each other down");
  if (clocked) return 1;
  const auto processors = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  return asked > 0 ? asked : std::max<std::int64_t>(1, processors / config.threads);
}

/// How a run of the comparison is executed.
RunOptions options_of(Comparison& comparison, const PlannedRun& planned) {
  return {.origin = planned.id,
          .quiet = true,
          .folder = comparison.folder(planned),
          .working_folder = comparison.working_folder(),
          .opened = &comparison.opened(),
          .accept_data = [&comparison](const json& record) { require_data_of_runs(comparison, record); }};
}

/// One after the other in this process. A failed run records its error in its folder.
int run_here(Comparison& comparison, const std::vector<PlannedRun>& todo, ComparisonProgress& progress) {
  for (const auto& planned : todo) {
    progress.started(planned);
    const auto folder = comparison.folder(planned);
    try {
      const auto outcome = run(comparison.run_config(planned), options_of(comparison, planned));
      if (outcome.signal) return outcome.signal;
    } catch (const std::exception&) {  // status.json has the error
    }
    progress.ended(planned, known_status(folder));
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
      [&](std::size_t job) { progress.ended(todo[job], known_status(comparison.folder(todo[job]))); },
      [&] { progress.redraw(); });
}

/// Whether a folder has files of something else. One that has lost its config.json still has its runs, which
/// are compared with the comparison's.
bool is_foreign(const fs::path& folder) {
  if (!fs::is_directory(folder)) return true;
  if (has_entry(folder / "config.json") || fs::is_directory(folder / "runs")) return false;
  const fs::directory_iterator entries(folder);
  return !std::all_of(begin(entries), end(entries),
                      [](const auto& entry) { return is_temporary_file(entry.path()); });
}

/// Creates the comparison's folder if necessary, and locks it.
FolderLock lock_folder(const Comparison& comparison, std::chrono::seconds patience = {}) {
  const auto folder = comparison.folder();
  if (fs::exists(folder) && is_foreign(folder))
    throw Error(folder.string() +
                ": already exists and is not a comparison; give another \"name\" or \"output\"");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(folder.string() + ": cannot be created: " + error.message() + "; give another \"output\"");
  return FolderLock(folder, patience);
}

void record_comparison(const Comparison& comparison) {
  const auto folder = comparison.folder(), config = folder / "config.json";
  if (has_entry(config)) require_same_comparison(comparison);
  write_json(config, write_config(comparison.config()));
  if (has_entry(folder / "environment.json")) return;  // of its start
  auto surroundings = environment();
  if (!comparison.working_folder().empty()) surroundings["folder"] = comparison.working_folder();
  write_json(folder / "environment.json", surroundings);
}

}  // namespace

std::size_t finished_runs(const Comparison& comparison) {
  const auto& runs = comparison.runs();
  return static_cast<std::size_t>(std::count_if(
      runs.begin(), runs.end(), [&](const auto& run) { return is_finished(comparison.folder(run)); }));
}

void open_folder(Comparison& comparison, std::chrono::seconds patience) {
  if (!comparison.is_checked()) comparison.check();
  const auto lock = lock_folder(comparison, patience);
  record_comparison(comparison);
}

int do_runs(Comparison& comparison, const ComparisonOptions& options) {
  const auto at_once = jobs_of(comparison, options.jobs);
  if (!comparison.is_checked()) comparison.check();
  const auto lock = lock_folder(comparison);
  record_comparison(comparison);
  const auto todo = runs_to_do(comparison);
  if (!todo.empty() && todo.size() < comparison.runs().size())
    require_data_of_runs(comparison, in_field("data", [&] { return record_of_data(comparison.data()); }));
  ComparisonProgress progress(comparison, todo, at_once, options);
  return options.worker.empty() ? run_here(comparison, todo, progress)
                                : run_in_workers(comparison, todo, at_once, options.worker, progress);
}

int do_run(Comparison& comparison, const std::string& id) {
  constexpr std::chrono::seconds kPatience(20);  // with one that its dead parent's signal stops
  const auto& planned = comparison.run(id);
  // Whoever starts workers has recorded the comparison, and holds its lock.
  if (!has_entry(comparison.folder() / "config.json")) open_folder(comparison, kPatience);
  require_same_settings(comparison);
  comparison.check(planned.contender);
  auto options = options_of(comparison, planned);
  options.patience = kPatience;
  const auto outcome = run(comparison.run_config(planned), options);
  if (!outcome.diverged.empty()) throw Failure(id + ": diverged: " + outcome.diverged);
  return outcome.signal;
}

Comparison load_comparison(const fs::path& folder) {
  const auto path = folder / "config.json";
  if (!has_entry(path)) throw Error(folder.string() + ": is not a comparison folder: it has no config.json");
  auto config = read_comparison_config(recorded_comparison(path).dump(), path.string());
  const auto whole = fs::absolute(folder).lexically_normal();
  const auto named = whole.has_filename() ? whole : whole.parent_path();
  if (named.filename() != config.name)
    throw Error(folder.string() + ": does not have the name of its comparison, \"" + config.name + "\"");
  config.output =
      folder.lexically_normal().has_filename() ? folder.parent_path() : folder.parent_path().parent_path();
  return Comparison(std::move(config), folder.string(), recorded_working_folder(folder));
}

}  // namespace aelab
