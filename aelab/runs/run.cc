#include "aelab/runs/run.h"

#include <fmt/format.h>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/core/lock.h"
#include "aelab/core/safetensors.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/data/data_record.h"
#include "aelab/nn/threads.h"
#include "aelab/runs/environment.h"
#include "aelab/runs/made.h"
#include "aelab/runs/record.h"
#include "aelab/runs/summary.h"
#include "aelab/runs/trained_run.h"
#include "aelab/training/callbacks/progress.h"
#include "aelab/training/check.h"
#include "aelab/training/checkpoint.h"

namespace aelab {

std::span<const std::string_view> names(Part) {
  static constexpr std::array<std::string_view, 3> kNames = {"train", "validation", "test"};
  return kNames;
}

const Dataset& part_of(const Split& split, Part part) {
  if (part == Part::train) return split.train;
  return part == Part::validation ? split.validation : split.test;
}

std::span<const std::string_view> names(Which) {
  static constexpr std::array<std::string_view, 4> kNames = {"best", "last", "ema", "previous"};
  return kNames;
}

void EvaluationConfig::fields(Fields& f) {
  f("part", part, "split; if omitted, the test split, or all rows of a --data without one");
  f("checkpoint", checkpoint, "checkpoint to load");
  f("data", data, "data source: a name, or a JSON object as in a run file; the run's own data if omitted");
  f("metrics", metrics,
    "metrics: names or JSON objects as in a run file, separated by commas; the run's own if omitted");
  f.require(!data || data->split.transforms.empty(), "data",
            "the run's own \"transforms\" are applied: remove them here");
}

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Leftovers of files that were being written when the run was killed.
void remove_temporary_files(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (is_temporary_file(entry.path())) fs::remove(entry.path());
}

/// The callbacks with the progress display that the options ask for; config.json keeps what the run file
/// says.
std::vector<CallbackConfig> shown_as(const RunOptions& options, std::vector<CallbackConfig> callbacks) {
  if (!options.quiet && !options.plain) return callbacks;
  std::erase_if(callbacks,
                [](const auto& entry) { return entry.callback.kind() == ProgressBar::Config::kind; });
  callbacks.push_back(
      {.callback = ProgressBar::Config{.display = Display::plain}, .enabled = !options.quiet});
  return callbacks;
}

fs::path checkpoint_path(const fs::path& folder, Which which) {
  return folder / "checkpoints" / (std::string(name_of(which)) + ".safetensors");
}

/// With how far the run had come when its last checkpoint was written.
RunStatus status_of(Autoencoder& model, const fs::path& folder, const std::string& state) {
  const auto progress = progress_of(checkpoint_path(folder, Which::last));
  return {.state = state,
          .closed_form = is_closed_form(model.phases()),
          .parameters = parameter_count(model),
          .epochs = progress.epoch,
          .steps = progress.step,
          .seconds = progress.seconds};
}

/// What differs between the machine that began a run and this one, so that other bits may come of it.
std::vector<std::string> changed_surroundings(const fs::path& folder) {
  const auto path = folder / "environment.json";
  if (!fs::exists(path)) return {};
  const auto then = parse_json(read_file(path), path.string()), now = environment();
  std::vector<std::string> notes;
  for (const auto* key : {"aelab", "libtorch", "processor", "instruction_set"})
    if (then.contains(key) && then[key] != now[key])
      notes.push_back("caution: goes on where its bits may differ: " + std::string(key) + " is now " +
                      now[key].dump() + ", was " + then[key].dump() + " when the run began");
  return notes;
}

History fit(const RunConfig& config, const Made& made, const fs::path& folder, Which from) {
  const auto record = folder / "config.json", checkpoint = checkpoint_path(folder, from);
  Place place{.folder = folder,
              .resume = {},
              .config = {parse_json(read_file(record), record.string()).dump()},
              .notes = {}};
  if (from == Which::last && !fs::exists(checkpoint) && fs::exists(checkpoint_path(folder, Which::previous)))
    throw Error(checkpoint.string() + ": is gone");
  if (from != Which::last || fs::exists(checkpoint)) {
    place.resume = find_checkpoint(folder, from);
    place.notes = changed_surroundings(folder);
  } else {
    place.notes = made.notes;
  }
  return Trainer(config.training, config.callbacks, config.seed).fit(*made.model, made.data, place);
}

/// The whole model measured; a best checkpoint is missing only where nothing improved.
std::vector<Result> measure(const RunConfig& config, const Made& made, const fs::path& folder) {
  const auto best = checkpoint_path(folder, Which::best);
  const auto which = fs::exists(best) ? Which::best : Which::last;
  if (which == Which::best) load_model_state(best, *made.model);
  std::vector<Result> results;
  if (made.data.test.size() > 0) {
    results = evaluate(*made.model, made.data.test, made.data, config.evaluation);
    write_evaluation(folder, {std::string(name_of(which)), std::string(name_of(Part::test)), results});
  }
  write_summary(folder, config, made);
  return results;
}

/// Trains and measures in a folder that is there.
RunOutcome train(const RunConfig& config, const Made& made, const fs::path& folder, Which from) {
  RunOutcome outcome{.folder = folder, .results = {}};
  auto status = status_of(*made.model, folder, "running");
  write_status(folder, status);
  const auto history = fit(config, made, folder, from);
  outcome.signal = history.signal;
  status.epochs = history.progress.epoch;
  status.steps = history.progress.step;
  status.seconds = history.progress.seconds;
  status.peak_bytes = history.peak_bytes;
  try {
    if (!outcome.signal) outcome.results = measure(config, made, folder);
  } catch (const Stopped&) {
    outcome.signal = StopSignals::received();
  }
  if (!outcome.signal && made.data.test.size() == 0 && !config.evaluation.empty())
    status.message = outcome.remark =
        "nothing was measured: the test split has no rows; give more rows, or set data.test to a number of "
        "rows";
  status.state = outcome.signal ? "stopped" : "completed";
  if (outcome.signal)
    status.message = "by signal " + std::to_string(outcome.signal) + "; aelab resume goes on";
  else
    fs::remove(checkpoint_path(folder, Which::previous));
  write_status(folder, status);
  return outcome;
}

bool is_complete(const fs::path& folder) { return read_status(folder).state == "completed"; }

RunOutcome on_record(const fs::path& folder) {
  return {.folder = folder, .results = read_evaluation(folder).results, .was_complete = true};
}

/// "; previous.safetensors is whole: aelab resume FOLDER --checkpoint previous goes on from there", when
/// `damaged` cannot be read and others can.
std::string way_out(const fs::path& folder, Which damaged) {
  const bool began = fs::exists(checkpoint_path(folder, Which::last)) ||
                     fs::exists(checkpoint_path(folder, Which::previous));
  const auto is_whole = [&](Which which) {
    try {
      SafetensorsFile::read(checkpoint_path(folder, which));
      return true;
    } catch (const Error&) {
      return false;
    }
  };
  if (!began || is_whole(damaged)) return {};
  for (const auto which : {Which::previous, Which::best})
    if (which != damaged && is_whole(which))
      return "; " + checkpoint_path(folder, which).string() + " is whole: aelab resume " + folder.string() +
             " --checkpoint " + std::string(name_of(which)) + " goes on from there";
  return "; no other checkpoint is whole either: start a new run";
}

RunOutcome train_or_report(const RunConfig& config, const Made& made, const fs::path& folder,
                           Which from = Which::last) {
  remove_temporary_files(folder);
  const auto report = [&](const std::exception& error) {
    auto status = status_of(*made.model, folder, "failed");
    status.message = first_line(error.what());
    write_status(folder, status);
  };
  try {
    return train(config, made, folder, from);
  } catch (const Error& error) {
    report(error);
    throw Error(error.what() + way_out(folder, from));
  } catch (const std::exception& error) {
    report(error);
    throw;
  }
}

}  // namespace

RunOutcome run(RunConfig config, RunOptions options) {
  auto& problems = options.problems;
  if (problems.empty()) problems.attempt([&] { check_config(config, "config"); });
  auto made = make(config, problems);
  if (made.model && config.model.initialize_from && !problems.concern("model"))
    problems.attempt([&] { initialize(*made.model, *config.model.initialize_from); });
  problems.raise(options.origin);
  made.notes.insert(made.notes.begin(), problems.remarks().begin(), problems.remarks().end());
  const auto record = record_of_data(*made.source);
  config.model.expanded = made.model->config();
  if (!config.training.threads) config.training.threads = settle_threads();
  const bool given = !options.folder.empty();
  const auto folder = given ? options.folder : create_numbered_folder(fs::path(config.output) / config.name);
  if (given) fs::create_directories(folder);
  const FolderLock lock(folder, options.patience);
  if (fs::exists(folder / "config.json")) {
    config = require_same_run(folder, config);  // with the kernels that it began with
    check_recorded_data(folder, *made.source);
    if (is_complete(folder)) return on_record(folder);
  } else {
    config.training.kernels = resolve(config.training.kernels);
    use_kernels(config.training.kernels);
    write_json(folder / "environment.json", environment());
    write_json(folder / "data.json", record);
    write_json(folder / "config.json", write_config(config));  // with which it is a run's folder
  }
  config.callbacks = shown_as(options, config.callbacks);
  return train_or_report(config, made, folder);
}

RunConfig require_same_run(const fs::path& folder, const RunConfig& config) {
  const auto there = load_run_config(folder);
  auto asked = config;
  asked.training.kernels = settled(config.training.kernels, there.training.kernels);
  const auto recorded = write_config(there), wanted = write_config(asked);
  if (recorded == wanted) return there;
  throw Error((folder / "config.json").string() + ": is another run than is asked for: " +
              difference_in_words(recorded, wanted) + "; give another name or folder");
}

RunConfig load_run_config(const fs::path& folder) {
  const auto path = folder / "config.json";
  if (!fs::exists(path)) throw Error(folder.string() + ": is no run folder: it has no config.json");
  return read_run_config(read_file(path), path.string());
}

void check_recorded_data(const fs::path& folder, const Data& data) {
  const auto path = folder / "data.json";
  if (!fs::exists(path)) return;  // of a version that kept none
  try {
    check_record(parse_json(read_file(path), path.string()), data);
  } catch (const json::exception& error) {
    throw Error(path.string() + ": is not what a run wrote there: " + error.what());
  }
}

RunOutcome resume(const fs::path& folder, Which from, const RunOptions& options) {
  auto config = load_run_config(folder);
  Problems problems;
  const auto made = make(config, problems);
  problems.raise(folder.string());
  check_recorded_data(folder, *made.source);
  if (is_complete(folder)) return on_record(folder);
  const FolderLock lock(folder);
  config.callbacks = shown_as(options, config.callbacks);
  return train_or_report(config, made, folder, from);
}

std::filesystem::path find_checkpoint(const fs::path& folder, Which checkpoint) {
  const auto path = checkpoint_path(folder, checkpoint);
  if (fs::exists(path)) return path;
  std::vector<std::string> there;
  for (const auto which : {Which::best, Which::last, Which::ema, Which::previous})
    if (fs::exists(checkpoint_path(folder, which))) there.emplace_back(name_of(which));
  throw Error(
      path.string() + ": is not there; " +
      (there.empty() ? "the run left no checkpoint" : "the run's checkpoints are: " + join(there, ", ")));
}

std::shared_ptr<Autoencoder> load_model(const fs::path& folder, const RunConfig& config, const Data& data,
                                        Which checkpoint) {
  auto model = make_model(config, data);
  load_model_state(find_checkpoint(folder, checkpoint), *model);
  return model;
}

std::shared_ptr<Autoencoder> load_model(const fs::path& folder, Which checkpoint) {
  const auto config = load_run_config(folder);
  return load_model(folder, config, open_dataset(config.data.source), checkpoint);
}

namespace {

/// Sources number the classes that they find: the same number must mean the same class. Without labels in
/// both there is nothing to compare.
void require_same_classes(const Data& own, const Data& other) {
  if (!own.train.has_labels() || !other.train.has_labels() || own.class_names == other.class_names) return;
  const auto classes = [](const Data& data) {
    return data.class_names.empty() ? "numbers without class names" : join(data.class_names, ", ");
  };
  throw Error("--data: its classes are " + classes(other) + ", the run's " + classes(own) +
              ": the same number would mean another class. " +
              (own.class_names.empty() || other.class_names.empty()
                   ? "Give both the same class names, or leave the labels out"
                   : "Add an example of each class that is missing"));
}

/// Rows of other data, changed as the run's were: of the part that is asked for or else the test part; all of
/// them where nobody divides them.
Dataset rows_of_other(const TrainedRun& run, const DataConfig& config, std::optional<Part> part) {
  const auto other = open_dataset(config.source);
  require_same_classes(run.source, other);
  Problems problems;
  problems.attempt([&] { require_inputs(run, other); });
  problems.raise("--data");
  if (!part && !other.test && !config.split.test) return transformed(other.train, run.data.transforms);
  return part_of(other.split(config.split, run.config.seed, run.data.transforms), part.value_or(Part::test));
}

/// Other data keep the run's transforms and likelihood, so that only their values can be changed.
void check_other_values(const Dataset& rows, const Autoencoder& model) {
  const auto support = model.parts().likelihood.support();
  const auto [least, most] = value_range(rows);
  if (std::isnan(least) || std::isnan(most) || (support.allow(least) && support.allow(most)))
    return check_values("other", rows, model);
  throw Error(fmt::format(
      "--data: values from {} to {}, after the run's transforms, are outside the support of its likelihood, "
      "\"{}\": give data on the scale of the run's own, or use aelab apply, which takes any values",
      static_cast<float>(least), static_cast<float>(most), model.config().likelihood->kind()));
}

}  // namespace

std::vector<Result> evaluate_run(const fs::path& folder, const EvaluationConfig& config) {
  const auto run = load_trained_run(folder, config.checkpoint);
  const auto which = config.part.value_or(Part::test);
  const auto part = config.data ? rows_of_other(run, *config.data, config.part) : part_of(run.data, which);
  if (config.data)
    check_other_values(part, *run.model);
  else
    check_values(std::string(name_of(which)), part, *run.model);
  return evaluate(*run.model, part, run.data,
                  config.metrics.empty() ? run.config.evaluation : config.metrics);
}

}  // namespace aelab
