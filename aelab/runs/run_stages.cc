#include "aelab/runs/run_stages.h"

#include <ATen/Parallel.h>

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/folders.h"
#include "aelab/core/links.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/data/batch_stream.h"
#include "aelab/data/data_record.h"
#include "aelab/nn/compute.h"
#include "aelab/runs/environment.h"
#include "aelab/runs/summary.h"
#include "aelab/runs/trained_run.h"
#include "aelab/runs/trend.h"
#include "aelab/runs/working_folder.h"
#include "aelab/training/callbacks/progress.h"
#include "aelab/training/checkpoint.h"
#include "aelab/training/thread_rule.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kNotes = "notes";  // in environment.json

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

/// "; previous.safetensors is not corrupted: resume from it with aelab resume FOLDER --checkpoint previous",
/// if `damaged` cannot be read and another checkpoint can.
std::string way_out(const fs::path& folder, Which damaged) {
  const bool began =
      has_entry(checkpoint_path(folder, Which::last)) || has_entry(checkpoint_path(folder, Which::previous));
  if (!began || is_intact_checkpoint(folder, damaged)) return {};
  for (const auto which : {Which::previous, Which::best})
    if (which != damaged && is_intact_checkpoint(folder, which))
      return "; " + checkpoint_path(folder, which).string() +
             " is not corrupted: resume from it with aelab resume " + folder.string() + " --checkpoint " +
             std::string(name_of(which));
  return "; no other checkpoint can be read either: start a new run";
}

/// What was guessed or chosen when the run began, as environment.json says: on resume its config leaves less
/// open. Where that cannot be read, `otherwise`.
std::vector<std::string> recorded_notes(const fs::path& folder, const std::vector<std::string>& otherwise) {
  Problems unknown;
  json environment;
  unknown.attempt([&] { environment = read_json(folder, "environment.json"); });
  if (!environment.is_object() || !environment.contains(kNotes) || !environment[kNotes].is_array())
    return otherwise;
  std::vector<std::string> notes;
  for (const auto& note : environment[kNotes])
    if (note.is_string()) notes.push_back(note.get<std::string>());
  return notes;
}

/// Keeps what was measured, and adds its cautions to what the user is told.
void take(RunOutcome& outcome, Evaluated evaluated) {
  for (const auto& caution : evaluated.cautions) outcome.remarks.push_back("caution: " + caution);
  outcome.results = std::move(evaluated.results);
}

}  // namespace

std::filesystem::path checkpoint_path(const fs::path& folder, Which which) {
  return folder / "checkpoints" / (std::string(name_of(which)) + ".safetensors");
}

bool is_intact_checkpoint(const fs::path& folder, Which checkpoint) {
  try {
    read_checkpoint(find_checkpoint(folder, checkpoint), recorded_identity(folder));
    return true;
  } catch (const Error&) {
    return false;
  }
}

RunStages::RunStages(RunConfig config, RunOptions options, OpenedData& opened, bool on_record)
    : config_(std::move(config)), options_(std::move(options)) {
  auto& problems = options_.problems;
  if (problems.empty() && !on_record) problems.attempt([&] { check_config(config_, "config"); });
  made_ = make(config_, problems, opened);
  std::vector<std::string> imported;
  if (made_.model && config_.model.initialize_from && !on_record && !problems.concern("model"))
    problems.attempt([&] {
      imported = initialize_and_verify(*made_.model, *executed().model.initialize_from, made_.data);
    });
  problems.raise(options_.origin);
  if (on_record) return;
  made_.notes.insert(made_.notes.begin(), problems.remarks().begin(), problems.remarks().end());
  made_.notes.insert(made_.notes.end(), imported.begin(), imported.end());
  const auto record = in_field("data", [&] { return record_of_data(*made_.source); });
  if (options_.accept_data) options_.accept_data(record);
  data_record_.text = record.dump(-1, ' ', false, json::error_handler_t::replace);
  config_.model.expanded = made_.model->config();
  config_.data.split = made_.source->completed(config_.data.split);
}

RunConfig RunStages::executed() const {
  auto config = config_;
  auto& source = config.model.initialize_from;
  if (source) source->path = found_from(options_.working_folder, source->path);
  return config;
}

std::int64_t RunStages::default_thread_count() const {
  return default_threads(*made_.model, made_.data, config_.training);
}

void RunStages::settle_threads(std::int64_t threads) {
  if (!config_.training.threads) config_.training.threads = threads;
}

void RunStages::open(const fs::path& folder) {
  folder_ = folder;
  fs::create_directories(folder_);
  lock_.emplace(folder_, options_.patience);
  const bool began = has_entry(folder_ / "config.json");
  if (!config_.training.threads && began)
    config_.training.threads = load_run_config(folder_).training.threads;
  if (!config_.training.threads) settle_threads(default_thread_count());
  if (!began) {
    record_begin();
    return get_ready();
  }
  config_ = require_same_run(folder_, config_);  // with the kernels that it began with
  if (auto caution = restore_data_record(folder_, *made_.source); !caution.empty())
    cautions_.push_back(std::move(caution));
  complete_ = known_status(folder_).is_over();
  if (!complete_) get_ready();
}

void RunStages::open_record(const fs::path& folder, Which from) {
  folder_ = folder;
  from_ = from;
  auto caution = check_recorded_data(folder_, *made_.source);
  complete_ = known_status(folder_).is_over();
  if (!complete_) {
    lock_.emplace(folder_);
    if (!caution.empty()) caution = restore_data_record(folder_, *made_.source);
  }
  if (!caution.empty()) cautions_.push_back(std::move(caution));
  if (!complete_) get_ready();
}

void RunStages::get_ready() {
  kernels_ = recorded_kernels(checkpoint_path(folder_, from_), config_.training.kernels);
  (void)compute();  // whether it can be had
  remove_temporary_files(folder_);
}

void RunStages::record_begin() {
  auto& training = config_.training;
  training.kernels = in_field("training.kernels", [&] { return resolve(training.kernels); });
  const Compute computing =
      in_field("training.kernels", [&] { return Compute(training.threads, training.kernels); });
  auto surroundings = environment();
  if (!options_.working_folder.empty()) surroundings["folder"] = options_.working_folder;
  if (const auto& source = config_.model.initialize_from)
    surroundings["initialized_from"] = {{"path", source->path}, {"crc32", weights_checksum(*made_.model)}};
  surroundings[kNotes] = made_.notes;
  write_json(folder_ / "environment.json", surroundings);
  write_json(folder_ / "data.json", json::parse(data_record_.text));
  write_json(folder_ / "config.json", write_config(config_));  // with which it is a run's folder
}

RunOutcome RunStages::recorded() const {
  const auto status = read_status(folder_);
  RunOutcome outcome{.folder = folder_,
                     .results = {},
                     .was_complete = true,
                     .diverged = status.state == "diverged" ? status.message : ""};
  take(outcome, read_evaluation(folder_));
  outcome.remarks.insert(outcome.remarks.end(), cautions_.begin(), cautions_.end());
  return outcome;
}

Trainer RunStages::trainer() const {
  return Trainer(config_.training, shown_as(options_, config_.callbacks), config_.seed);
}

std::shared_ptr<BatchStream> RunStages::batches() const { return trainer().batches(*made_.checked); }

Compute RunStages::compute() const {
  return in_field("training.kernels", [&] { return Compute(config_.training.threads, kernels_); });
}

/// Where it trains, and from where; a model that has not begun is initialized.
Place RunStages::place_of_training() {
  Place place{.folder = folder_,
              .resume = {},
              .run = recorded_identity(folder_),
              .input = schema_of(*made_.source),
              .notes = cautions_};
  const auto add = [&](const std::vector<std::string>& notes) {
    place.notes.insert(place.notes.end(), notes.begin(), notes.end());
  };
  const auto checkpoint = checkpoint_path(folder_, from_);
  const bool last = from_ == Which::last, exists = has_entry(checkpoint);
  if (last && !exists && has_entry(checkpoint_path(folder_, Which::previous)))
    throw Error(checkpoint.string() + ": is gone");
  if (!last || exists) {
    place.resume = find_checkpoint(folder_, from_);
    add(changed_surroundings(folder_));
    require_usable_best(folder_, *place.resume);
    return place;
  }
  add(recorded_notes(folder_, made_.notes));
  const auto config = executed();
  if (const auto& source = config.model.initialize_from)
    initialization_ = initialize_as_recorded(*made_.model, *source, folder_, made_.data);
  if (!initialization_.empty()) place.notes.push_back(initialization_);
  return place;
}

void RunStages::begin(std::shared_ptr<BatchStream> rows) {
  const auto computing = compute();
  if (const auto before = known_status(folder_); before.state == "damaged")
    cautions_.push_back("caution: the status of the run was unknown when it was resumed: " + before.message);
  outcome_ = {.folder = folder_, .results = {}, .remarks = cautions_};
  status_ = status_of(*made_.model, folder_, "running");
  write_status(folder_, status_);
  const auto place = place_of_training();
  auto used = trainer();
  for (const auto& watcher : watchers_) used.watch(watcher);
  fitting_.emplace(used.begin(*made_.checked, place, std::move(rows)));
}

RunOutcome RunStages::end() {
  const auto computing = compute();
  const auto history = fitting_->finish();
  fitting_.reset();
  outcome_.remarks.insert(outcome_.remarks.end(), history.cautions.begin(), history.cautions.end());
  if (!initialization_.empty()) outcome_.remarks.push_back(initialization_);
  outcome_.signal = history.signal;
  status_.epochs = history.progress.epoch;
  status_.steps = history.progress.step;
  status_.seconds = history.progress.seconds;
  status_.peak_bytes = history.peak_bytes;
  try {
    if (!outcome_.signal) measure();
  } catch (const Stopped&) {
    outcome_.signal = StopSignals::received();
  }
  record_end(what_is_missing(history));
  return outcome_;
}

/// Evaluates the trained model, with the best checkpoint if there is one.
void RunStages::measure() {
  const auto best = checkpoint_path(folder_, Which::best);
  const auto which = has_entry(best) ? Which::best : Which::last;
  if (which == Which::best) load_model_state(best, *made_.model, recorded_identity(folder_));
  Evaluated evaluated{.checkpoint = std::string(name_of(which)),
                      .part = std::string(name_of(SplitPart::test))};
  if (made_.data.test.size() > 0) {
    evaluated.results = evaluate(*made_.model, made_.data.test, made_.data, config_.evaluation,
                                 &evaluated.cautions, *made_.features);
    write_evaluation(folder_, evaluated);
  }
  write_summary(folder_, executed(), made_);
  take(outcome_, std::move(evaluated));
}

/// Which phases and metrics a run lacks that its config asks for; "" where it has all.
std::string RunStages::what_is_missing(const History& history) const {
  std::vector<std::string> missing;
  if (!history.cut_short.empty()) missing.push_back(history.cut_short);
  if (!config_.evaluation.empty() && made_.data.test.size() == 0)
    missing.emplace_back(
        "nothing was measured: the test split has no rows; give more rows, or set data.test to a number of "
        "rows");
  else if (!config_.evaluation.empty() && !any_measured(outcome_.results))
    missing.emplace_back("nothing was measured: no metric is applicable to this model and these test rows");
  return join(missing, "; ");
}

/// How a run ended, in its status and for the user.
void RunStages::record_end(const std::string& missing) {
  if (outcome_.signal) {
    status_.state = "stopped";
    status_.message = "by signal " + std::to_string(outcome_.signal) + "; resume it with aelab resume";
    return write_status(folder_, status_);
  }
  if (!missing.empty()) status_.message = outcome_.remarks.emplace_back(missing);
  status_.state = "completed";
  if (const auto divergence = divergence_of(read_trend(folder_), outcome_.results); !divergence.empty()) {
    status_.state = "diverged";
    status_.message = divergence;
    outcome_.diverged = divergence +
                        "; its results are recorded. Try a smaller learning rate; the callback stop-on-nan "
                        "stops a run before it diverges";
  }
  fs::remove(checkpoint_path(folder_, Which::previous));
  write_status(folder_, status_);
}

void RunStages::record_failure(const std::exception& error) {
  fitting_.reset();
  auto status = status_of(*made_.model, folder_,
                          dynamic_cast<const Diverged*>(&error) != nullptr ? "diverged" : "failed");
  status.message = first_line(error.what());
  write_status(folder_, status);
  log_failure(folder_, status);
}

/// What the user reads of an Error in these stages.
std::string RunStages::with_way_out(const Error& error) const {
  return error.what() + way_out(folder_, from_);
}

}  // namespace aelab
