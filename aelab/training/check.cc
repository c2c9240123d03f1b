#include "aelab/training/check.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <set>

#include "aelab/core/config.h"
#include "aelab/core/text.h"
#include "aelab/nn/capability.h"
#include "aelab/training/freeze.h"

namespace aelab {
namespace {

void check_shapes(const Autoencoder& model, const Split& data) {
  if (data.train.size() == 0) throw FieldError("../data", "the training split has no rows");
  if (data.train.shape() != model.input_shape())
    throw Error("the model is built for inputs of " + to_string(model.input_shape()) + ", the data are " +
                to_string(data.train.shape()));
}

/// Whether its values depend on the length of the phase.
bool stretches(const Schedule& schedule) {
  constexpr std::int64_t kShort = 1000, kLong = 3000;
  for (std::int64_t step = 0; step < kShort; ++step)
    if (schedule.at(step, kShort) != schedule.at(step, kLong)) return true;
  return false;
}

/// What is wrong with a schedule in a phase of `steps` steps, or in a phase limited by time; "" if nothing.
std::string schedule_problem(const Schedule& schedule, std::optional<std::int64_t> steps) {
  if (!steps)
    return stretches(schedule) ? "depends on the number of steps, which a budget of seconds leaves open; use "
                                 "numbers of steps, a constant, or another budget"
                               : "";
  const auto length = schedule.make()->length(*steps);
  if (length <= *steps) return {};
  return "takes " + std::to_string(length) + " steps, but a phase has only " + std::to_string(*steps) +
         ": it would never be complete";
}

using Steps = std::optional<std::int64_t>;  // of a phase; none if it is limited by time

/// Throws an Error if a schedule of `config` does not suit a phase of `steps` steps; paths begin with `root`.
void check_schedules(const std::string& root, ConfigRef config, Steps steps) {
  visit_choices(config, [&](const std::string& path, AnyChoice& choice) {
    const auto* schedule = dynamic_cast<const Schedule*>(&choice);
    if (!schedule || schedule->empty()) return;
    const auto problem = schedule_problem(*schedule, steps);
    if (!problem.empty()) throw FieldError(root + path, "the " + schedule->kind() + " schedule " + problem);
  });
}

void check_model_schedules(const std::string& root, const Autoencoder& model, Steps steps) {
  if (!model.variant().empty()) return check_schedules(root + ".", model.variant(), steps);
  check_schedules(root + ".", model.config(), steps);
  const auto layers = model.layers();
  for (std::size_t i = 0; i < layers.size(); ++i)
    check_model_schedules(root + ".layers[" + std::to_string(i) + "]", *layers[i], steps);
}

using Callbacks = std::vector<std::shared_ptr<Callback>>;

void add_terms(std::set<std::string>& names, const std::string& prefix,
               const std::vector<std::string>& terms) {
  for (const auto& term : terms) names.insert(prefix + term);
}

/// The names of the terms of all updates of all phases, in training and validation.
std::set<std::string> term_names(const std::vector<Phase>& phases, bool validates) {
  std::set<std::string> names;
  for (const auto& phase : phases)
    for (const auto& update : phase.updates) {
      std::vector<std::string> all = {"loss"}, in_training = all;
      for (const auto& term : update.terms) {
        all.push_back(term.name);
        if (term.in_training || phase.solve) in_training.push_back(term.name);
      }
      const auto prefix = "/" + phase.prefix(update);
      add_terms(names, "train" + prefix, in_training);
      if (validates) add_terms(names, "validation" + prefix, all);
    }
  return names;
}

/// Those that the parts of any model may add.
std::set<std::string> all_term_names() {
  std::vector<std::string> terms = {"loss", kReconstruction, kSquaredError, kDenoising};
  for (const auto& kind : Penalty::registry().all()) terms.push_back(kind.name);
  const std::initializer_list<const Kinds*> registries = {&Autoencoder::registry(), &Bottleneck::registry()};
  for (const auto* kinds : registries)
    for (const auto& kind : kinds->all()) terms.insert(terms.end(), kind.terms.begin(), kind.terms.end());
  std::set<std::string> names;
  for (const std::string part : {"train/", "validation/"}) add_terms(names, part, terms);
  return names;
}

/// Accumulated batches are as if they were one only for terms that are additive over rows.
void check_accumulation(const TrainerConfig& config, const std::vector<Phase>& phases, std::int64_t batches) {
  const auto together = std::min(config.accumulate, batches);
  if (together <= 1) return;
  for (const auto& phase : phases)
    for (const auto& update : phase.updates)
      for (const auto& term : update.terms)
        if (term.in_training && !phase.solve && term.additivity == Additivity::batch)
          throw FieldError("accumulate",
                           fmt::format("the term {} depends on all rows of a batch together, so "
                                       "{} batches of {} rows are not as if they were one; set it to 1 and "
                                       "batch_size to {}",
                                       phase.prefix(update) + term.name, together, config.batch_size,
                                       config.batch_size * together));
}

/// And those that callbacks add.
std::set<std::string> with_added(std::set<std::string> names, const Callbacks& callbacks) {
  const auto own = names;
  for (const auto& callback : callbacks)
    for (const auto& name : callback->added_metrics(own)) names.insert(name);
  return names;
}

/// Schedules must be complete within the longest phase.
void check_all_schedules(const TrainerConfig& config, const Autoencoder& model,
                         const std::vector<PhaseLimits>& limits, const std::vector<Phase>& phases,
                         std::int64_t epoch_steps, Problems& problems) {
  Steps longest;
  bool stepping = false;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    if (phases[i].solve) continue;
    stepping = true;
    if (const auto steps = limits[i].steps_of(epoch_steps)) longest = std::max(longest.value_or(0), *steps);
  }
  if (!stepping) return;
  problems.attempt([&] { check_schedules("", config, longest); });
  for (const auto& phase : phases)
    for (const auto& update : phase.updates)
      if (update.optimizer && !phase.solve)
        problems.attempt([&] {
          check_schedules("../phase \"" + phase.name + "\", update \"" + update.name + "\": optimizer.",
                          *update.optimizer, longest);
        });
  problems.attempt([&] { check_model_schedules("../model", model, longest); });
}

bool is_finite(const Range& range) { return std::isfinite(range.first) && std::isfinite(range.second); }

bool allows(const Bounds& support, const Range& range) {
  return support.allow(range.first) && support.allow(range.second);
}

std::string nan_message(const std::string& what, const std::string& place) {
  return what + " has NaN or infinite values: " + place;
}

/// Whose values are inspected, and the likelihood that they must suit.
struct Inspected {
  std::string what;  ///< "the training split"
  Bounds support;
  std::string likelihood, path;  ///< "bernoulli", and the field that chooses it
};

Inspected inspected_by(const Autoencoder& model, const std::string& part) {
  return {.what = "the " + part + " split",
          .support = model.parts().likelihood.support(),
          .likelihood = model.config().likelihood->kind(),
          .path = fmt::format("model.{}likelihood", model.layers().empty() ? "" : "layers[0].")};
}

/// `what` are the values with this range.
std::string support_message(const Inspected& inspected, const std::string& what, const Range& range) {
  return fmt::format(
      "{} is for values {}, and {} has values from {} to {}; set it to \"gaussian\", or add "
      "{{\"kind\": \"scale\", \"clip\": true}} as the last of data.transforms",
      inspected.likelihood, in_words(inspected.support), what, static_cast<float>(range.first),
      static_cast<float>(range.second));
}

/// Why a model cannot take missing cells.
std::string missing_message(const Autoencoder& model) {
  const auto& likelihood = *model.config().likelihood;
  if (likelihood.can(capability::takes_missing))
    return "cannot take missing cells, which these data have: its backbone needs the rows' mean, or a skip "
           "connection; choose the backbone \"dense\"";
  return "cannot take missing cells, which these data have, with the likelihood \"" + likelihood.kind() +
         "\": choose a variant that takes {\"likelihood\": \"mixed\"}, or fill the cells";
}

/// Throws a Failure that names the first of the rows with a value that is NaN, infinite or unsupported.
void inspect_values(const Batch& rows, const Where& where, const Inspected& inspected) {
  const auto range = range_of(rows.inputs);
  if (is_finite(range) && allows(inspected.support, range)) return;
  if (const auto place = first_not_finite(rows, where); !place.empty())
    throw Failure(nan_message(inspected.what, place) + "; correct it, and start a new run");
  for (std::int64_t i = 0; i < rows.size(); ++i) {
    const auto own = range_of(rows.inputs[i]);
    if (allows(inspected.support, own)) continue;
    const auto row = where(rows.rows[i].item<std::int64_t>()) + ", in " + inspected.what + ",";
    throw Failure(inspected.path + ": " + support_message(inspected, row, own));
  }
}

void check_labels(Autoencoder& model, const Split& data) {
  for (const auto& phase : model.phases())
    if (phase.needs_labels && !data.train.has_labels())
      throw FieldError("../data", "the phase \"" + phase.name + "\" needs labels, but these data have none");
}

void check_monitors(const std::vector<CallbackConfig>& configs, const std::set<std::string>& known,
                    Problems& problems) {
  for (std::size_t i = 0; i < configs.size(); ++i) {
    if (configs[i].callback.empty()) continue;
    const auto monitored = configs[i].enabled ? configs[i].callback.make()->monitored() : std::string();
    if (monitored.empty() || known.contains(monitored)) continue;
    problems.add("callbacks[" + std::to_string(i) + "].monitor: no metric \"" + monitored + "\" to monitor." +
                 did_you_mean(monitored, std::vector<std::string>(known.begin(), known.end())));
  }
}

Callbacks make_checked(const std::vector<CallbackConfig>& configs, const Split& data, bool with_folder,
                       Problems& problems) {
  Callbacks made;
  problems.attempt([&] { made = make_callbacks(configs, with_folder); });
  if (data.train.size() > 0)
    for (const auto& callback : made) problems.attempt([&] { callback->check(data); });
  return made;
}

}  // namespace

Dataset checked_values(const std::string& part, const Dataset& data, const Autoencoder& model) {
  if (data.size() == 0) return data;
  if (data.has_missing() && !model.takes_missing()) throw FieldError("../model", missing_message(model));
  const auto inspected = inspected_by(model, part);
  const auto& support = inspected.support;
  if (!data.in_memory())
    return data.inspected(
        [=](const Batch& rows, const Where& where) { inspect_values(rows, where, inspected); });
  if (data.surely_within(support.least, support.most)) return data;
  const auto range = value_range(data);
  if (!is_finite(range)) throw FieldError("../data", nan_message(inspected.what, first_not_finite(data)));
  if (!allows(support, range))
    throw FieldError("../" + inspected.path, support_message(inspected, inspected.what, range));
  return data;
}

void check_callbacks(const std::vector<CallbackConfig>& callbacks, const Split& data, bool with_folder,
                     Problems& problems) {
  const auto made = make_checked(callbacks, data, with_folder, problems);
  check_monitors(callbacks, with_added(all_term_names(), made), problems);
}

Split check_training(const TrainerConfig& config, const std::vector<CallbackConfig>& callbacks,
                     Autoencoder& model, const Split& data, bool with_folder, Problems& problems) {
  auto checked = data;
  const auto made = make_checked(callbacks, data, with_folder, problems);
  if (!problems.attempt([&] { check_shapes(model, data); })) return checked;
  problems.attempt([&] {
    checked.train = checked_values("training", data.train, model);
    checked.validation = checked_values("validation", data.validation, model);
    checked.test = checked_values("test", data.test, model);
    checked.normal.left_out = checked_values("validation", data.normal.left_out, model);
  });
  for (const auto& callback : made) problems.attempt([&] { callback->check_model(model); });
  if (!problems.attempt([&] { check_labels(model, data); })) return checked;
  problems.attempt([&] {
    auto phases = model.phases();
    freeze(phases, model, config.freeze);
  });
  const auto phases = model.phases();
  check_phases(phases);
  std::vector<PhaseLimits> limits;
  if (problems.attempt([&] {
        limits = in_field("budget", [&] { return phase_limits(config.budget, config.epochs, phases); });
      }))
    check_all_schedules(config, model, limits, phases, config.epoch_steps(data.train.size()), problems);
  problems.attempt([&] { check_accumulation(config, phases, config.epoch_batches(data.train.size())); });
  check_monitors(callbacks, with_added(term_names(phases, data.validation.size() > 0), made), problems);
  return checked;
}

}  // namespace aelab
