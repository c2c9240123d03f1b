#include "aelab/comparisons/comparison.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <nlohmann/json.hpp>

#include "aelab/comparisons/width.h"
#include "aelab/core/config.h"
#include "aelab/core/field_places.h"
#include "aelab/core/json.h"
#include "aelab/core/text.h"
#include "aelab/nn/compute.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::int64_t count_parameters(const RunConfig& config, OpenedData& opened) {
  return own_parameter_count(*make_model(config, opened.open(config.data.source), at::kMeta));
}

/// A contender's complete run, the backbone that its variant chose written out: as such, or in the variant's
/// own fields if these are its backbone's.
json complete_run(const RunConfig& config, const Autoencoder& model) {
  auto run = write_config(config);
  const auto backbone = write_config(model.config()).value("backbone", json());
  if (backbone.is_null()) return run;  // a stack's is that of its layers
  auto& own = run["model"];
  const auto& variant = config.model.variant;
  const auto fields = field_names(variant.kinds().at(variant.kind()));
  if (std::find(fields.begin(), fields.end(), "backbone") != fields.end()) {
    own["backbone"] = backbone;
    return run;
  }
  for (const auto& [field, value] : backbone.items())
    if (own.contains(field) && own[field].empty()) own[field] = value;  // chosen for the input, as a decoder
  return run;
}

RunConfig read_complete(const json& run) {
  RunConfig config;
  read_config(run, config, "run");
  return config;
}

/// Of one step of a phase without the optimizer: the least of a few tries.
double step_seconds(const Phase& phase, const RunConfig& config, const Dataset& data) {
  constexpr int kTries = 4;  // the first one warms up
  if (phase.begin) {
    const at::NoGradGuard no_grad;
    phase.begin(data);
  }
  const auto batch = data.range(0, std::min(config.training.batch_size, data.size()));
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kTries; ++i) {
    double seconds = 0;
    for (const auto& update : phase.updates) {
      const auto begun = std::chrono::steady_clock::now();
      Pass pass;
      std::vector<Tensor> parameters;
      for (const auto& [name, parameter] : update.parameters) parameters.push_back(parameter);
      const auto terms = update.objective(batch, Step{.seed = config.seed, .training = true}, pass);
      torch::autograd::grad({terms.total()}, parameters, {}, std::nullopt, false, /*allow_unused=*/true);
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
      seconds += taken.count() / static_cast<double>(update.every);
    }
    least = std::min(least, seconds * static_cast<double>(config.training.accumulate));
  }
  return least;
}

ContenderCost cost_of(const RunConfig& config, const Made& made, bool timed) {
  ContenderCost cost;
  const auto phases = made.model->phases();
  cost.closed_form = is_closed_form(phases);
  cost.phases = static_cast<std::int64_t>(phases.size());
  cost.parameters = own_parameter_count(*made.model);
  const auto limits = in_field("training.budget", [&] {
    return phase_limits(config.training.budget, config.training.epochs, phases);
  });
  const auto epoch_steps = config.training.epoch_steps(made.data.train.size());
  std::int64_t epochs = 0, steps = 0;
  double seconds = 0;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    if (phases[i].solve) continue;
    if (limits[i].seconds) {
      cost.seconds = config.training.budget->seconds;
      return cost;
    }
    const auto own_steps = limits[i].steps_of(epoch_steps).value();
    steps += own_steps;
    if (timed) seconds += static_cast<double>(own_steps) * step_seconds(phases[i], config, made.data.train);
    epochs += limits[i].epochs.value_or((own_steps + epoch_steps - 1) / epoch_steps);
  }
  cost.epochs = epochs;
  cost.steps = steps;
  if (timed && !cost.closed_form) cost.seconds = seconds;
  return cost;
}

/// Where the file has the key of an error that all contenders share: "grid.", "base.".
std::string shared_place(const ComparisonConfig& config, const std::string& problem) {
  const auto grid = config.grid.text.empty() ? json::object() : json::parse(config.grid.text);
  for (const auto& [key, values] : grid.items())
    if (problem.starts_with(key)) return "grid.";
  return config.variants.size() > 1 ? "base." : "";
}

/// What a run's transforms learn from its training split under a seed.
std::vector<Tensor> learned_units(const RunConfig& run, std::int64_t seed, OpenedData& opened) {
  std::vector<Tensor> learned;
  for (const auto& transform : opened.split(run.data, seed).transforms)
    for (const auto& [name, tensor] : transform->fitted()) learned.push_back(*tensor);
  return learned;
}

/// The first seed under which the transforms of two runs learn different things; none when there is no such
/// seed.
std::optional<std::int64_t> seed_of_other_units(const RunConfig& first, const RunConfig& other,
                                                const std::vector<std::int64_t>& seeds, OpenedData& opened) {
  if (first.data.split.transforms.empty()) return {};
  for (const auto seed : seeds) {
    const auto units = learned_units(first, seed, opened), others = learned_units(other, seed, opened);
    if (!std::equal(units.begin(), units.end(), others.begin(), others.end(),
                    [](const Tensor& a, const Tensor& b) { return a.equal(b); }))
      return seed;
  }
  return {};
}

/// All variants are measured on the same rows in the same units: their data differ at most in how many of the
/// other rows train or validate, and that must not change what transforms learn.
void check_same_test(const std::vector<Contender>& contenders, const std::vector<RunConfig>& runs,
                     const std::vector<std::int64_t>& seeds, OpenedData& opened, Problems& problems) {
  const auto data_of = [](const RunConfig& run) { return write_config(run.data); };
  const auto tested = [&](const RunConfig& run) {
    auto data = data_of(run);
    data.erase("train");
    data.erase("validation");
    return data;
  };
  const auto first = tested(runs.front());
  for (std::size_t i = 1; i < runs.size(); ++i) {
    if (const auto own = tested(runs[i]); own != first)
      problems.add("\"" + contenders[i].name + "\": data: differ from those of \"" + contenders.front().name +
                   "\" at " + first_difference(first, own) +
                   ", so that it would be measured on something else; make a comparison for each data set");
    else if (data_of(runs[i]) == data_of(runs.front()))
      continue;
    else if (const auto seed = seed_of_other_units(runs.front(), runs[i], seeds, opened))
      problems.add("\"" + contenders[i].name +
                   "\": data: its transforms are fitted to another training split " + "than those of \"" +
                   contenders.front().name + "\" (seed " + std::to_string(*seed) +
                   "), so that its errors would be in other units; give both the same \"train\" and " +
                   "\"validation\", or transforms that need no fitting, such as \"scale\" with \"from\"");
  }
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

Comparison::Comparison(ComparisonConfig config, std::string origin, fs::path working_folder)
    : config_(std::move(config)),
      origin_(std::move(origin)),
      working_folder_(std::move(working_folder)),
      opened_(working_folder_) {
  check_config(config_, origin_);
  Problems problems;
  contenders_ = aelab::contenders(config_, problems);
  problems.raise(origin_);
  baseline_ = find_baseline(config_, contenders_, unchecked_);
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
        const auto paths =
            contenders_[i].width.empty() ? hidden_widths(read_complete(run)) : contenders_[i].width;
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
  for (const auto* notes : {&problems.remarks(), &std::as_const(made.notes)})
    for (const auto& note : *notes)
      if (std::find(notes_.begin(), notes_.end(), note) == notes_.end()) notes_.push_back(note);
  config.model.expanded = made.model->config();
  config.data.split = made.source->completed(config.data.split);
  checked_[i] = config;
  auto cost = cost_of(config, made, timed);
  cost.solved = std::move(solved);
  return cost;
}

ContenderCost Comparison::check(std::size_t i) {
  auto problems = unchecked_;
  auto cost = check(i, /*timed=*/false, problems);
  problems.raise(origin_ + ": " + contenders_[i].name);
  return cost;
}

std::vector<ContenderCost> Comparison::check(bool timed) {
  const Compute compute(config_.threads);
  Problems together = unchecked_;
  std::vector<ContenderCost> costs;
  std::vector<Problems> found(contenders_.size());
  for (std::size_t i = 0; i < contenders_.size(); ++i) costs.push_back(check(i, timed, found[i]));
  if (is_checked()) {
    std::vector<RunConfig> runs;
    for (const auto& run : checked_) runs.push_back(*run);
    check_same_test(contenders_, runs, config_.seeds, opened_, together);
    check_metric(config_, runs, together);
  }
  auto& all = together;
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

bool Comparison::is_checked() const {
  return std::all_of(checked_.begin(), checked_.end(), [](const auto& run) { return run.has_value(); });
}

const Data& Comparison::data() { return opened_.open(checked_.front()->data.source); }

RunConfig Comparison::run_config(const PlannedRun& run) const {
  auto config = *checked_[run.contender];
  config.seed = run.seed;
  return config;
}

}  // namespace aelab
