#include "aelab/runs/made.h"

#include <c10/util/Exception.h>

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"

namespace aelab {

const Data& OpenedData::open(const Choice<Source>& source) {
  const auto key = write_config(source).dump();
  if (const auto found = opened_.find(key); found != opened_.end()) return found->second;
  return opened_.emplace(key, open_dataset(source)).first->second;
}

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

namespace {

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

}  // namespace

Made make(const RunConfig& config, Problems& problems, OpenedData& opened) {
  Made made;
  const Data* data = nullptr;
  const bool data_told = problems.concern("data"), model_told = problems.concern("model");
  if (config.data.source.empty()) return made;
  if (!problems.attempt([&] { data = &opened.open(config.data.source); }, data_told)) return made;
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

Made make(const RunConfig& config, Problems& problems) {
  OpenedData opened;
  return make(config, problems, opened);
}

}  // namespace aelab
