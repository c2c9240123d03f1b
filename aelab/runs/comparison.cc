#include "aelab/runs/comparison.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/core/lock.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/runs/comparison_progress.h"
#include "aelab/runs/environment.h"
#include "aelab/runs/record.h"
#include "aelab/runs/run.h"
#include "aelab/runs/width.h"
#include "aelab/runs/workers.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::int64_t count_parameters(const RunConfig& config, OpenedData& opened) {
  std::int64_t count = 0;
  const auto model = make_model(config, opened.open(config.data.source));
  for (const auto& parameter : model->parameters()) count += parameter.numel();
  return count;
}

/// A contender's complete run, the backbone that its variant chose written out.
json complete_run(const RunConfig& config, const Autoencoder& model) {
  auto run = write_config(config);
  auto& own = run["model"];
  const auto parts = write_config(model.config());
  if (!own.contains("hidden") && !own.contains("encoder") && !own.contains("backbone") &&
      parts.contains("backbone"))
    own["backbone"] = parts["backbone"];
  return run;
}

RunConfig read_complete(const json& run) {
  RunConfig config;
  read_config(run, config, "run");
  return config;
}

bool is_closed_form(const std::vector<Phase>& phases) {
  return std::all_of(phases.begin(), phases.end(), [](const auto& phase) { return bool(phase.solve); });
}

/// Of one step of a phase, optimiser aside: the least of a few.
double step_seconds(const Phase& phase, const RunConfig& config, const Dataset& data) {
  constexpr int kTries = 4;  // the first one warms up
  if (phase.begin) {
    const at::NoGradGuard no_grad;
    phase.begin(data);
  }
  const auto batch = data.range(0, std::min(config.training.batch_size, data.size()));
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kTries; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    for (const auto& update : phase.updates) {
      Pass pass;
      std::vector<Tensor> parameters;
      for (const auto& [name, parameter] : update.parameters) parameters.push_back(parameter);
      const auto terms = update.objective(batch, Step{.seed = config.seed, .training = true}, pass);
      torch::autograd::grad({terms.total()}, parameters, {}, std::nullopt, false, /*allow_unused=*/true);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    least = std::min(least, seconds * static_cast<double>(config.training.accumulate));
  }
  return least;
}

ContenderCost cost_of(const RunConfig& config, const Made& made, bool timed) {
  ContenderCost cost;
  const auto phases = made.model->phases();
  cost.closed_form = is_closed_form(phases);
  cost.phases = static_cast<std::int64_t>(phases.size());
  for (const auto& parameter : made.model->parameters()) cost.parameters += parameter.numel();
  const auto limits = phase_limits(config.training.budget, config.training.epochs, phases);
  const auto epoch_steps = config.training.epoch_steps(made.data.train.size());
  std::int64_t epochs = 0, steps = 0;
  double seconds = 0;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    if (phases[i].solve) continue;
    if (limits[i].seconds) {
      cost.seconds = config.training.budget->seconds;
      return cost;
    }
    const auto own_steps = limits[i].steps ? *limits[i].steps : *limits[i].epochs * epoch_steps;
    steps += own_steps;
    if (timed) seconds += static_cast<double>(own_steps) * step_seconds(phases[i], config, made.data.train);
    epochs += limits[i].epochs.value_or((own_steps + epoch_steps - 1) / epoch_steps);
  }
  cost.epochs = epochs;
  cost.steps = steps;
  if (timed && !cost.closed_form) cost.seconds = seconds;
  return cost;
}

/// Where the key of a mistake that all contenders share stands in the file: "grid.", "base.".
std::string shared_place(const ComparisonConfig& config, const std::string& problem) {
  const auto grid = config.grid.text.empty() ? json::object() : json::parse(config.grid.text);
  for (const auto& [key, values] : grid.items())
    if (problem.starts_with(key)) return "grid.";
  return config.variants.size() > 1 ? "base." : "";
}

/// All are measured on the same rows: their data differ at most in how many of the others train or validate.
void check_same_test(const std::vector<Contender>& contenders, const std::vector<RunConfig>& runs,
                     Problems& problems) {
  const auto tested = [](const RunConfig& run) {
    auto data = write_config(run.data);
    data.erase("train");
    data.erase("validation");
    return data;
  };
  const auto first = tested(runs.front());
  for (std::size_t i = 1; i < runs.size(); ++i)
    if (const auto own = tested(runs[i]); own != first)
      problems.add("\"" + contenders[i].name + "\": data: differ from those of \"" + contenders.front().name +
                   "\" at " + json::diff(first, own).front().at("path").get<std::string>().substr(1) +
                   ", so that it would be measured on something else; make a comparison for each data set");
}

/// The metric of the verdict is one that some run measures.
void check_metric(const ComparisonConfig& config, const std::vector<RunConfig>& runs, Problems& problems) {
  if (!config.metric) return;
  std::vector<std::string> known;
  for (const auto& run : runs)
    for (const auto& metric : run.evaluation)
      for (const auto& measure : metric.make()->measures())
        if (std::find(known.begin(), known.end(), measure.name) == known.end()) known.push_back(measure.name);
  if (std::find(known.begin(), known.end(), *config.metric) == known.end())
    problems.add("metric: the runs do not measure \"" + *config.metric + "\"." +
                 did_you_mean(*config.metric, known));
}

std::size_t find_baseline(const ComparisonConfig& config, const std::vector<Contender>& contenders,
                          Problems& problems) {
  if (!config.baseline) return 0;
  std::vector<std::string> names;
  for (const auto& contender : contenders) names.push_back(contender.name);
  const auto found = std::find(names.begin(), names.end(), *config.baseline);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  problems.add("baseline: no variant \"" + *config.baseline + "\"." + did_you_mean(*config.baseline, names));
  return 0;
}

}  // namespace

Comparison::Comparison(ComparisonConfig config, std::string origin)
    : config_(std::move(config)), origin_(std::move(origin)) {
  check_config(config_, origin_);
  Problems problems;
  contenders_ = aelab::contenders(config_, problems);
  baseline_ = find_baseline(config_, contenders_, problems);
  problems.raise(origin_);
  checked_.resize(contenders_.size());
  for (const auto seed : config_.seeds)
    for (std::size_t i = 0; i < contenders_.size(); ++i)
      runs_.push_back({contenders_[i].name + "/seed-" + std::to_string(seed), i, seed});
}

fs::path Comparison::folder() const { return fs::path(config_.output) / config_.name; }

const PlannedRun& Comparison::run(const std::string& id) const {
  std::vector<std::string> known;
  for (const auto& run : runs_) {
    if (run.id == id) return run;
    known.push_back(run.id);
  }
  throw Error(origin_ + ": has no run \"" + id + "\"." + did_you_mean(id, known));
}

ContenderCost Comparison::check(std::size_t i, bool timed, Problems& problems) {
  RunConfig config;
  auto seeded = json::parse(contenders_[i].run.text);
  seeded["seed"] = config_.seeds.front();
  read_config(seeded, config, problems);
  auto made = make(config, problems, opened_);
  if (!problems.empty()) return {};
  std::vector<std::string> solved;
  const bool to_solve = config_.budget && config_.budget->parameters && !is_closed_form(made.model->phases());
  if (to_solve && !problems.attempt([&] {
        auto run = complete_run(config, *made.model);
        const auto paths = contenders_[i].width.empty() ? hidden_widths(run) : contenders_[i].width;
        if (paths.empty())
          throw Error(
              "has no hidden layers whose width could meet budget.parameters; name keys in its "
              "\"width\", such as [\"model.code\"]");
        solved =
            solve_width(run, paths, *config_.budget->parameters, config_.budget->tolerance,
                        [&](const json& other) { return count_parameters(read_complete(other), opened_); });
        config = read_complete(run);
        made = make(config, problems, opened_);
      }))
    return {};
  if (!problems.empty()) return {};
  config.model.expanded = made.model->config();
  checked_[i] = config;
  auto cost = cost_of(config, made, timed);
  cost.solved = std::move(solved);
  return cost;
}

ContenderCost Comparison::check(std::size_t i) {
  Problems problems;
  auto cost = check(i, /*timed=*/false, problems);
  problems.raise(origin_ + ": " + contenders_[i].name);
  return cost;
}

std::vector<ContenderCost> Comparison::check(bool timed) {
  at::set_num_threads(static_cast<int>(config_.threads));
  Problems together;
  std::vector<ContenderCost> costs;
  std::vector<Problems> found(contenders_.size());
  for (std::size_t i = 0; i < contenders_.size(); ++i) costs.push_back(check(i, timed, found[i]));
  if (std::all_of(checked_.begin(), checked_.end(), [](const auto& run) { return run.has_value(); })) {
    std::vector<RunConfig> runs;
    for (const auto& run : checked_) runs.push_back(*run);
    check_same_test(contenders_, runs, together);
    check_metric(config_, runs, together);
  }
  together.raise(origin_);
  Problems all;
  const auto everybodys = [&](const std::string& problem) {
    return std::all_of(found.begin(), found.end(), [&](const auto& problems) {
      const auto& own = problems.all();
      return std::find(own.begin(), own.end(), problem) != own.end();
    });
  };
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const auto& problem : found[i].all()) {
      if (!everybodys(problem))
        all.add("\"" + contenders_[i].name + "\": " + problem);
      else if (i == 0)
        all.add(shared_place(config_, problem) + problem);
    }
  all.raise(origin_);
  return costs;
}

RunConfig Comparison::run_config(const PlannedRun& run) const {
  auto config = *checked_[run.contender];
  config.seed = run.seed;
  return config;
}

namespace {

/// The parts of a comparison without which its runs would mean something else.
void require_same_comparison(const fs::path& path, const ComparisonConfig& config) {
  const auto recorded = parse_json(read_file(path), path.string()), wanted = write_config(config);
  for (const auto* key : {"base", "budget", "threads"}) {
    const auto before = recorded.value(key, json()), now = wanted.value(key, json());
    if (before == now) continue;
    const auto place = json::diff(before, now).front().at("path").get<std::string>();
    throw Error(path.parent_path().string() + ": holds another comparison: its " + key + " differs" +
                (place.empty() ? "" : " at " + place.substr(1)) +
                "; give this one another \"name\" or --output");
  }
}

/// Every run that is there is one of this comparison's, as it left it.
void require_same_runs(const Comparison& comparison) {
  Problems problems;
  for (const auto& run : comparison.runs()) {
    const auto folder = comparison.folder(run);
    if (!fs::exists(folder / "config.json")) continue;
    problems.attempt([&] { require_same_run(folder, comparison.run_config(run)); });
  }
  problems.raise(comparison.origin());
}

/// A damaged status counts as unfinished: the run will say what is wrong with its folder.
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
    throw Error(
        "--jobs: a budget of seconds lets runs go one at a time, since they would slow each other down");
  if (clocked) return 1;
  const auto processors = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  return asked > 0 ? asked : std::max<std::int64_t>(1, processors / config.threads);
}

/// One after the other, in this process. A run that fails says so in its folder.
int run_here(const Comparison& comparison, const std::vector<PlannedRun>& todo,
             ComparisonProgress& progress) {
  for (const auto& planned : todo) {
    progress.started(planned);
    const auto folder = comparison.folder(planned);
    try {
      const auto outcome =
          run(comparison.run_config(planned), {.origin = planned.id, .quiet = true, .folder = folder});
      if (outcome.signal) return outcome.signal;
    } catch (const std::exception&) {  // status.json has what went wrong
    }
    progress.ended(planned, read_status(folder));
  }
  return 0;
}

/// So many at once, each in a process of its own.
int run_in_workers(const Comparison& comparison, const std::vector<PlannedRun>& todo,
                   const ComparisonOptions& options, ComparisonProgress& progress) {
  std::vector<WorkerJob> jobs;
  for (const auto& planned : todo) {
    auto command = options.worker;
    command.push_back(planned.id);
    auto log = comparison.folder() / "logs" / (planned.id + ".txt");
    fs::create_directories(log.parent_path());
    jobs.push_back({std::move(command), std::move(log)});
  }
  return run_workers(
      jobs, jobs_of(comparison, options.jobs), comparison.config().threads,
      [&](std::size_t job) { progress.started(todo[job]); },
      [&](std::size_t job) { progress.ended(todo[job], read_status(comparison.folder(todo[job]))); },
      [&] { progress.redraw(); });
}

}  // namespace

std::size_t finished_runs(const Comparison& comparison) {
  const auto& runs = comparison.runs();
  return static_cast<std::size_t>(std::count_if(
      runs.begin(), runs.end(), [&](const auto& run) { return is_finished(comparison.folder(run)); }));
}

void open_folder(Comparison& comparison) {
  if (!comparison.is_checked()) comparison.check();
  const auto folder = comparison.folder(), config = folder / "config.json";
  if (fs::exists(config)) {
    require_same_comparison(config, comparison.config());
    require_same_runs(comparison);
  } else if (fs::exists(folder) && !(fs::is_directory(folder) && fs::is_empty(folder))) {
    throw Error(folder.string() +
                ": is there already and holds no comparison; give another \"name\" or --output");
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(folder.string() + ": cannot be created: " + error.message() + "; give another --output");
  write_json(config, write_config(comparison.config()));
  write_json(folder / "environment.json", environment());
}

int do_runs(Comparison& comparison, const ComparisonOptions& options) {
  jobs_of(comparison, options.jobs);
  open_folder(comparison);
  const FolderLock lock(comparison.folder());
  std::vector<PlannedRun> todo;
  for (const auto& planned : comparison.runs())
    if (!is_finished(comparison.folder(planned))) todo.push_back(planned);
  ComparisonProgress progress(comparison, todo, jobs_of(comparison, options.jobs), options);
  return options.worker.empty() ? run_here(comparison, todo, progress)
                                : run_in_workers(comparison, todo, options, progress);
}

int do_run(Comparison& comparison, const std::string& id) {
  constexpr std::chrono::seconds kPatience(20);  // with one that its dead parent's signal stops
  const auto& planned = comparison.run(id);
  comparison.check(planned.contender);
  const auto outcome =
      run(comparison.run_config(planned),
          {.origin = id, .quiet = true, .folder = comparison.folder(planned), .patience = kPatience});
  return outcome.signal ? 128 + outcome.signal : 0;
}

Comparison load_comparison(const fs::path& folder) {
  const auto path = folder / "config.json";
  if (!fs::exists(path)) throw Error(folder.string() + ": is no comparison's folder: it has no config.json");
  auto config = read_comparison_config(read_file(path), path.string());
  const auto whole = fs::absolute(folder).lexically_normal();
  const auto named = whole.has_filename() ? whole : whole.parent_path();
  if (named.filename() != config.name)
    throw Error(folder.string() + ": is named otherwise than its comparison, \"" + config.name + "\"");
  config.output =
      folder.lexically_normal().has_filename() ? folder.parent_path() : folder.parent_path().parent_path();
  return Comparison(std::move(config), folder.string());
}

}  // namespace aelab
