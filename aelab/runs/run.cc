#include "aelab/runs/run.h"

#include <ATen/Parallel.h>

#include <array>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/lock.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/runs/environment.h"
#include "aelab/runs/trained_run.h"
#include "aelab/training/callbacks/progress.h"
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
  static constexpr std::array<std::string_view, 3> kNames = {"best", "last", "ema"};
  return kNames;
}

void EvaluationConfig::fields(Fields& f) {
  f("part", part, "which part of the data");
  f("checkpoint", checkpoint, "which of the run's models");
  f("data", data, "other data than the run's own");
  f("metrics", metrics, "what to measure; the run's own metrics when left out");
}

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// What a config names, made.
struct Made {
  Split data;
  std::shared_ptr<Autoencoder> model;
};

std::shared_ptr<Autoencoder> make_model(const RunConfig& config, const Data& data) try {
  auto model = config.model.variant.make(Context(data.shape(), config.seed, data.classes()));
  if (config.model.expanded && write_config(*config.model.expanded) != write_config(model->config()))
    throw Error("model.expanded: is not what the variant \"" + config.model.variant.kind() +
                "\" expands to; change the variant's own fields and leave \"expanded\" out");
  return model;
} catch (const c10::Error& error) {  // in all likelihood more memory than there is
  const std::string what = error.what_without_backtrace();
  throw Error("model: LibTorch cannot make it: " + what.substr(0, what.find('\n')));
}

/// Adds what the trainer finds; where data or model are stand-ins, only what does not stem from them.
void check_trainer(const RunConfig& config, const Made& made, bool stand_ins, Problems& problems) {
  Problems found;
  const bool training_told = problems.concern("training");
  const auto training = training_told ? TrainerConfig{.device = config.training.device} : config.training;
  Trainer(training, config.callbacks, config.seed).check(*made.model, made.data, /*with_folder=*/true, found);
  for (const auto& problem : found.all())
    if (!stand_ins || problem.starts_with("callbacks") || problem.starts_with("training.device"))
      problems.add(problem);
}

/// Makes what can be made and adds what is wrong to `problems`. Fields that problems concern have their
/// defaults: these serve to look further, and what goes wrong with them is not told.
Made make(const RunConfig& config, Problems& problems) {
  Made made;
  std::optional<Data> data;
  const bool data_told = problems.concern("data"), model_told = problems.concern("model");
  if (config.data.source.empty()) return made;
  if (!problems.attempt([&] { data = open_dataset(config.data.source); }, data_told)) return made;
  const bool split =
      problems.attempt([&] { made.data = data->split(config.data.split, config.seed); }, data_told);
  if (!config.model.variant.empty())
    problems.attempt([&] { made.model = make_model(config, *data); }, model_told || data_told);
  if (!split) made.data = {data->train, data->train, data->train};
  for (const auto& metric : config.evaluation)
    if (!metric.empty()) problems.attempt([&] { metric.make()->check(made.data); });
  if (made.model)
    check_trainer(config, made, data_told || model_told || !split, problems);
  else
    problems.attempt([&] { check_device(config.training.device); });
  return made;
}

Made make(const RunConfig& config, const std::string& origin) {
  Problems problems;
  auto made = make(config, problems);
  problems.raise(origin);
  return made;
}

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

void write_json(const fs::path& path, const json& value) {
  write_file(path, value.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

void write_status(const fs::path& folder, const std::string& status, const std::string& message = {}) {
  json value = {{"status", status}};
  if (!message.empty()) value["message"] = message;
  write_json(folder / "status.json", value);
}

fs::path checkpoint_path(const fs::path& folder, Which which) {
  return folder / "checkpoints" /
         (std::string(names(which)[static_cast<std::size_t>(which)]) + ".safetensors");
}

void write_evaluation(const fs::path& folder, const std::vector<Result>& results, Part part, Which which) {
  json metrics = json::object();
  for (const auto& [measure, value] : results)
    metrics[measure.name] = value ? json(*value) : json("not applicable");
  write_json(folder / "evaluation.json", {{"checkpoint", names(which)[static_cast<std::size_t>(which)]},
                                          {"part", names(part)[static_cast<std::size_t>(part)]},
                                          {"metrics", metrics}});
}

/// Trains and measures in a folder that is there. A best checkpoint is missing only where nothing improved.
RunOutcome train(const RunConfig& config, const Made& made, const fs::path& folder, bool resumed) {
  RunOutcome outcome{.folder = folder, .signal = 0, .results = {}};
  write_status(folder, "running");
  const auto last = checkpoint_path(folder, Which::last), best = checkpoint_path(folder, Which::best);
  Place place{.folder = folder, .resume = {}};
  if (resumed && fs::exists(last)) place.resume = last;
  const Trainer trainer(config.training, config.callbacks, config.seed);
  outcome.signal = trainer.fit(*made.model, made.data, place).signal;
  if (outcome.signal) {
    write_status(folder, "stopped", "by signal " + std::to_string(outcome.signal) + "; aelab resume goes on");
    return outcome;
  }
  const auto which = fs::exists(best) ? Which::best : Which::last;
  if (which == Which::best) load_model_state(best, *made.model);
  if (made.data.test.size() > 0) {
    outcome.results = evaluate(*made.model, made.data.test, made.data, config.evaluation);
    write_evaluation(folder, outcome.results, Part::test, which);
  }
  write_status(folder, "completed");
  return outcome;
}

RunOutcome train_or_report(const RunConfig& config, const Made& made, const fs::path& folder, bool resumed) {
  const FolderLock lock(folder);
  if (resumed) remove_temporary_files(folder);
  try {
    return train(config, made, folder, resumed);
  } catch (const std::exception& error) {
    const std::string what = error.what();
    write_status(folder, "failed", what.substr(0, what.find('\n')));  // below is LibTorch's back-trace
    throw;
  }
}

}  // namespace

RunOutcome run(RunConfig config, RunOptions options) {
  auto& problems = options.problems;
  if (problems.empty()) problems.attempt([&] { check_config(config, "config"); });
  auto made = make(config, problems);
  problems.raise(options.origin);
  config.model.expanded = made.model->config();
  if (!config.training.threads) config.training.threads = at::get_num_threads();
  const auto folder = create_numbered_folder(fs::path(config.output) / config.name);
  write_json(folder / "config.json", write_config(config));
  write_json(folder / "environment.json", environment());
  config.callbacks = shown_as(options, config.callbacks);
  return train_or_report(config, made, folder, /*resumed=*/false);
}

RunConfig load_run_config(const fs::path& folder) {
  const auto path = folder / "config.json";
  if (!fs::exists(path)) throw Error(folder.string() + ": is no run folder: it has no config.json");
  return read_run_config(read_file(path), path.string());
}

RunOutcome resume(const fs::path& folder) {
  const auto config = load_run_config(folder);
  const auto made = make(config, folder.string());
  return train_or_report(config, made, folder, /*resumed=*/true);
}

std::filesystem::path find_checkpoint(const fs::path& folder, Which checkpoint) {
  const auto path = checkpoint_path(folder, checkpoint);
  if (fs::exists(path)) return path;
  std::vector<std::string> there;
  for (const auto which : {Which::best, Which::last, Which::ema})
    if (fs::exists(checkpoint_path(folder, which)))
      there.emplace_back(names(which)[static_cast<std::size_t>(which)]);
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

std::vector<Result> evaluate_run(const fs::path& folder, const EvaluationConfig& config) {
  const auto run = load_trained_run(folder, config.checkpoint);
  const auto split =
      config.data ? open_dataset(config.data->source).split(config.data->split, run.config.seed) : run.data;
  if (split.train.shape() != run.model->input_shape())
    throw Error("--data: these are " + to_string(split.train.shape()) + ", the model is for " +
                to_string(run.model->input_shape()));
  return evaluate(*run.model, part_of(split, config.part), run.data,
                  config.metrics.empty() ? run.config.evaluation : config.metrics);
}

}  // namespace aelab
