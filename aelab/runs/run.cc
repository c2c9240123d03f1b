#include "aelab/runs/run.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/folders.h"
#include "aelab/core/json.h"
#include "aelab/core/links.h"
#include "aelab/core/lock.h"
#include "aelab/core/safetensors.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/data/data_record.h"
#include "aelab/nn/compute.h"
#include "aelab/runs/environment.h"
#include "aelab/runs/file_kinds.h"
#include "aelab/runs/made.h"
#include "aelab/runs/record.h"
#include "aelab/runs/summary.h"
#include "aelab/runs/trained_run.h"
#include "aelab/runs/trend.h"
#include "aelab/runs/working_folder.h"
#include "aelab/training/callbacks/progress.h"
#include "aelab/training/checkpoint.h"
#include "aelab/training/thread_rule.h"

namespace aelab {

std::span<const std::string_view> names(Which) {
  static constexpr std::array<std::string_view, 4> kNames = {"best", "last", "ema", "previous"};
  return kNames;
}

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Files that were being written when the run was killed.
void remove_temporary_files(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (is_temporary_file(entry.path())) fs::remove(entry.path());
}

/// The callbacks with the progress display that the options ask for; config.json keeps those of the run file.
std::vector<CallbackConfig> shown_as(const RunOptions& options, std::vector<CallbackConfig> callbacks) {
  const auto is_progress = [](const auto& entry) {
    return entry.callback.kind() == ProgressBar::Config::kind;
  };
  const bool listed = std::any_of(callbacks.begin(), callbacks.end(), is_progress);
  const bool wanted = options.quiet ? !*options.quiet : listed;
  if (wanted && listed && !options.plain) return callbacks;
  std::erase_if(callbacks, is_progress);
  if (wanted)
    callbacks.push_back(
        {.callback = ProgressBar::Config{.display = options.plain ? Display::plain : Display::automatic}});
  return callbacks;
}

fs::path checkpoint_path(const fs::path& folder, Which which) {
  return folder / "checkpoints" / (std::string(name_of(which)) + ".safetensors");
}

/// With the progress of the last checkpoint.
RunStatus status_of(Autoencoder& model, const fs::path& folder, const std::string& state) {
  const auto progress = progress_of(checkpoint_path(folder, Which::last));
  return {.state = state,
          .closed_form = is_closed_form(model.phases()),
          .parameters = own_parameter_count(model),
          .epochs = progress.epoch,
          .steps = progress.step,
          .seconds = progress.seconds};
}

/// Throws an Error if there is a best checkpoint that could not be evaluated when training ends, or that of
/// the checkpoint to resume from if that cannot be read either.
void require_usable_best(const fs::path& folder, const fs::path& resumed) {
  const auto best = checkpoint_path(folder, Which::best);
  if (!has_entry(best)) return;
  try {
    read_checkpoint(best, recorded_identity(folder));
  } catch (const Error& error) {
    read_checkpoint(resumed, recorded_identity(folder));
    throw Error(
        std::string(error.what()) +
        "; or remove the file: then the run is evaluated with the best of the epochs to come, or with "
        "its last one");
  }
}

/// Trains; `remarks` begin the log.
History fit(const RunConfig& config, const Made& made, const fs::path& folder, Which from,
            std::vector<std::string> remarks) {
  const auto checkpoint = checkpoint_path(folder, from);
  Place place{.folder = folder,
              .resume = {},
              .run = recorded_identity(folder),
              .input = schema_of(*made.source),
              .notes = std::move(remarks)};
  const auto add = [&](const std::vector<std::string>& notes) {
    place.notes.insert(place.notes.end(), notes.begin(), notes.end());
  };
  std::string caution;
  if (from == Which::last && !has_entry(checkpoint) && has_entry(checkpoint_path(folder, Which::previous)))
    throw Error(checkpoint.string() + ": is gone");
  if (from != Which::last || has_entry(checkpoint)) {
    place.resume = find_checkpoint(folder, from);
    add(changed_surroundings(folder));
    require_usable_best(folder, *place.resume);
  } else {
    add(made.notes);
    if (const auto& source = config.model.initialize_from)
      caution = initialize_as_recorded(*made.model, *source, folder, made.data);
  }
  if (!caution.empty()) place.notes.push_back(caution);
  auto history = Trainer(config.training, config.callbacks, config.seed).fit(*made.checked, place);
  if (!caution.empty()) history.cautions.push_back(std::move(caution));
  return history;
}

/// Evaluates the trained model, with the best checkpoint if there is one.
Evaluated measure(const RunConfig& config, const Made& made, const fs::path& folder) {
  const auto best = checkpoint_path(folder, Which::best);
  const auto which = has_entry(best) ? Which::best : Which::last;
  if (which == Which::best) load_model_state(best, *made.model, recorded_identity(folder));
  Evaluated evaluated{.checkpoint = std::string(name_of(which)),
                      .part = std::string(name_of(SplitPart::test))};
  if (made.data.test.size() > 0) {
    evaluated.results = evaluate(*made.model, made.data.test, made.data, config.evaluation,
                                 &evaluated.cautions, *made.features);
    write_evaluation(folder, evaluated);
  }
  write_summary(folder, config, made);
  return evaluated;
}

/// Keeps what was measured, and adds its cautions to what the user is told.
void take(RunOutcome& outcome, Evaluated evaluated) {
  for (const auto& caution : evaluated.cautions) outcome.remarks.push_back("caution: " + caution);
  outcome.results = std::move(evaluated.results);
}

/// Which phases and metrics a run lacks that its config asks for; "" where it has all.
std::string what_is_missing(const RunConfig& config, const Made& made, const History& history,
                            const std::vector<Result>& results) {
  std::vector<std::string> missing;
  if (!history.cut_short.empty()) missing.push_back(history.cut_short);
  if (!config.evaluation.empty() && made.data.test.size() == 0)
    missing.emplace_back(
        "nothing was measured: the test split has no rows; give more rows, or set data.test to a number of "
        "rows");
  else if (!config.evaluation.empty() && !any_measured(results))
    missing.emplace_back("nothing was measured: no metric is applicable to this model and these test rows");
  return join(missing, "; ");
}

/// How a run ended, in its status and for the user.
void record_end(RunOutcome& outcome, RunStatus status, const std::string& missing) {
  const auto& folder = outcome.folder;
  if (outcome.signal) {
    status.state = "stopped";
    status.message = "by signal " + std::to_string(outcome.signal) + "; resume it with aelab resume";
    return write_status(folder, status);
  }
  if (!missing.empty()) status.message = outcome.remarks.emplace_back(missing);
  status.state = "completed";
  if (const auto divergence = divergence_of(read_trend(folder), outcome.results); !divergence.empty()) {
    status.state = "diverged";
    status.message = divergence;
    outcome.diverged = divergence +
                       "; its results are recorded. Try a smaller learning rate; the callback stop-on-nan "
                       "stops a run before it diverges";
  }
  fs::remove(checkpoint_path(folder, Which::previous));
  write_status(folder, status);
}

/// Trains and evaluates in an existing folder. `cautions` are for the log and the user.
RunOutcome train(const RunConfig& config, const Made& made, const fs::path& folder, Which from,
                 std::vector<std::string> cautions) {
  if (const auto before = known_status(folder); before.state == "damaged")
    cautions.push_back("caution: the status of the run was unknown when it was resumed: " + before.message);
  RunOutcome outcome{.folder = folder, .results = {}, .remarks = cautions};
  auto status = status_of(*made.model, folder, "running");
  write_status(folder, status);
  const auto history = fit(config, made, folder, from, std::move(cautions));
  outcome.remarks.insert(outcome.remarks.end(), history.cautions.begin(), history.cautions.end());
  outcome.signal = history.signal;
  status.epochs = history.progress.epoch;
  status.steps = history.progress.step;
  status.seconds = history.progress.seconds;
  status.peak_bytes = history.peak_bytes;
  try {
    if (!outcome.signal) take(outcome, measure(config, made, folder));
  } catch (const Stopped&) {
    outcome.signal = StopSignals::received();
  }
  record_end(outcome, status, what_is_missing(config, made, history, outcome.results));
  return outcome;
}

bool is_complete(const fs::path& folder) { return known_status(folder).is_over(); }

/// Throws an Error if files of a completed run were changed since, such as the config.
void require_unchanged(const fs::path& folder) {
  const auto changed = changed_files(folder, known_status(folder));
  if (changed.empty()) return;
  throw Error(folder.string() +
              ": the run is complete, but these files were changed since: " + join(changed, ", ") +
              "; restore them, or start a new run with aelab run " + (folder / "config.json").string());
}

RunOutcome on_record(const fs::path& folder) {
  const auto status = read_status(folder);
  RunOutcome outcome{.folder = folder,
                     .results = {},
                     .was_complete = true,
                     .diverged = status.state == "diverged" ? status.message : ""};
  take(outcome, read_evaluation(folder));
  return outcome;
}

/// Whether there is such a checkpoint of this run, and it can be read.
bool is_intact(const fs::path& folder, Which checkpoint) {
  try {
    read_checkpoint(find_checkpoint(folder, checkpoint), recorded_identity(folder));
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// "; previous.safetensors is not corrupted: resume from it with aelab resume FOLDER --checkpoint previous",
/// if `damaged` cannot be read and another checkpoint can.
std::string way_out(const fs::path& folder, Which damaged) {
  const bool began =
      has_entry(checkpoint_path(folder, Which::last)) || has_entry(checkpoint_path(folder, Which::previous));
  if (!began || is_intact(folder, damaged)) return {};
  for (const auto which : {Which::previous, Which::best})
    if (which != damaged && is_intact(folder, which))
      return "; " + checkpoint_path(folder, which).string() +
             " is not corrupted: resume from it with aelab resume " + folder.string() + " --checkpoint " +
             std::string(name_of(which));
  return "; no other checkpoint can be read either: start a new run";
}

/// The config to be executed, whose other run is looked for in `working_folder`, too.
RunConfig with_paths_from(const fs::path& working_folder, RunConfig config) {
  auto& source = config.model.initialize_from;
  if (source) source->path = found_from(working_folder, source->path);
  return config;
}

RunOutcome train_or_report(const RunConfig& config, const Made& made, const fs::path& folder, Which from,
                           std::vector<std::string> cautions) {
  // What a checkpoint began with, to the evaluation.
  const auto used = recorded_kernels(checkpoint_path(folder, from), config.training.kernels);
  const Compute compute =
      in_field("training.kernels", [&] { return Compute(config.training.threads, used); });
  remove_temporary_files(folder);
  const auto report = [&](const std::exception& error, const std::string& state) {
    auto status = status_of(*made.model, folder, state);
    status.message = first_line(error.what());
    write_status(folder, status);
    log_failure(folder, status);
  };
  try {
    return train(config, made, folder, from, std::move(cautions));
  } catch (const Error& error) {
    report(error, "failed");
    throw Error(error.what() + way_out(folder, from));
  } catch (const Diverged& error) {
    report(error, "diverged");
    throw;
  } catch (const std::exception& error) {
    report(error, "failed");
    throw;
  }
}

}  // namespace

RunOutcome run(RunConfig config, RunOptions options) {
  auto& problems = options.problems;
  if (problems.empty()) problems.attempt([&] { check_config(config, "config"); });
  // A run on record restores its transforms from its checkpoint: they are not those of other runs.
  const bool shares = options.opened && !has_entry(options.folder / "config.json");
  OpenedData own(options.working_folder);
  auto made = make(config, problems, shares ? *options.opened : own);
  std::vector<std::string> imported;
  if (made.model && config.model.initialize_from && !problems.concern("model"))
    problems.attempt([&] {
      const auto source = with_paths_from(options.working_folder, config).model.initialize_from;
      imported = initialize_and_verify(*made.model, *source, made.data);
    });
  problems.raise(options.origin);
  made.notes.insert(made.notes.begin(), problems.remarks().begin(), problems.remarks().end());
  made.notes.insert(made.notes.end(), imported.begin(), imported.end());
  const auto record = in_field("data", [&] { return record_of_data(*made.source); });
  if (options.accept_data) options.accept_data(record);
  config.model.expanded = made.model->config();
  config.data.split = made.source->completed(config.data.split);
  const bool given = !options.folder.empty();
  const auto folder = given ? options.folder : create_numbered_folder(fs::path(config.output) / config.name);
  if (given) fs::create_directories(folder);
  const FolderLock lock(folder, options.patience);
  const bool began = has_entry(folder / "config.json");
  if (!config.training.threads && began) config.training.threads = load_run_config(folder).training.threads;
  if (!config.training.threads)
    config.training.threads = default_threads(*made.model, made.data, config.training);
  std::vector<std::string> cautions;
  if (began) {
    config = require_same_run(folder, config);  // with the kernels that it began with
    if (auto caution = restore_data_record(folder, *made.source); !caution.empty())
      cautions.push_back(std::move(caution));
    if (is_complete(folder)) return on_record(folder);
  } else {
    config.training.kernels = in_field("training.kernels", [&] { return resolve(config.training.kernels); });
    const Compute compute = in_field(
        "training.kernels", [&] { return Compute(config.training.threads, config.training.kernels); });
    auto surroundings = environment();
    if (!options.working_folder.empty()) surroundings["folder"] = options.working_folder;
    if (const auto& source = config.model.initialize_from)
      surroundings["initialized_from"] = {{"path", source->path}, {"crc32", weights_checksum(*made.model)}};
    write_json(folder / "environment.json", surroundings);
    write_json(folder / "data.json", record);
    write_json(folder / "config.json", write_config(config));  // with which it is a run's folder
  }
  config.callbacks = shown_as(options, config.callbacks);
  return train_or_report(with_paths_from(options.working_folder, config), made, folder, Which::last,
                         std::move(cautions));
}

RunOutcome resume(const fs::path& folder, Which from, const RunOptions& options) {
  auto config = load_run_config(folder);
  require_unchanged(folder);
  Problems problems;
  const auto began_in = recorded_working_folder(folder);
  OpenedData opened(began_in);
  const auto made = make(config, problems, opened);
  problems.raise(folder.string());
  auto caution = check_recorded_data(folder, *made.source);
  if (is_complete(folder)) {
    auto outcome = on_record(folder);
    if (!caution.empty()) outcome.remarks.push_back(caution);
    return outcome;
  }
  const FolderLock lock(folder);
  if (!caution.empty()) caution = restore_data_record(folder, *made.source);
  config.callbacks = shown_as(options, config.callbacks);
  auto cautions = caution.empty() ? std::vector<std::string>() : std::vector{caution};
  return train_or_report(with_paths_from(began_in, config), made, folder, from, std::move(cautions));
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
      if (other != checkpoint && is_intact(folder, other))
        throw Error(fmt::format("{}; the checkpoint {} is not corrupted", error.what(), name_of(other)));
    throw;
  }
}

}  // namespace aelab
