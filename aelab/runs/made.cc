#include "aelab/runs/made.h"

#include <c10/util/Exception.h>

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/text.h"
#include "aelab/training/check.h"

namespace aelab {

const Data& OpenedData::open(const Choice<Source>& source) {
  const auto key = write_config(source).dump();
  if (const auto found = opened_.find(key); found != opened_.end()) return found->second;
  return opened_.emplace(key, open_dataset(source)).first->second;
}

std::shared_ptr<Autoencoder> make_model(const RunConfig& config, const Data& data) try {
  auto model = Autoencoder::make(
      config.model.variant, Context(config.data.split.changed(data.shape()), config.seed, data.classes()));
  if (config.model.expanded && write_config(*config.model.expanded) != write_config(model->config()))
    throw Error("model.expanded: is not what the variant \"" + config.model.variant.kind() +
                "\" expands to; change the variant's own fields and leave \"expanded\" out");
  return model;
} catch (const c10::Error& error) {  // in all likelihood more memory than there is
  throw Error("model: LibTorch cannot make it: " + first_line(error.what_without_backtrace()));
}

namespace {

void check_trainer(const RunConfig& config, const Made& made, Problems& problems) {
  const bool told = problems.concern("training");
  const auto training = told ? TrainerConfig{.device = config.training.device} : config.training;
  Trainer(training, config.callbacks, config.seed)
      .check(*made.model, made.data, /*with_folder=*/true, problems);
}

/// Data and model, as far as they can be made. Whether they are what the config says.
bool make_data_and_model(const RunConfig& config, Made& made, Problems& problems, OpenedData& opened) {
  const Data* data = nullptr;
  const bool data_told = problems.concern("data"), model_told = problems.concern("model");
  if (config.data.source.empty()) return false;
  if (!problems.attempt([&] { data = &opened.open(config.data.source); }, data_told)) return false;
  made.source = *data;
  const bool split =
      problems.attempt([&] { made.data = data->split(config.data.split, config.seed); }, data_told);
  if (!config.model.variant.empty())
    problems.attempt([&] { made.model = make_model(config, *data); }, model_told || data_told);
  if (!split) made.data = {data->train, data->train, data->train};
  for (const auto& metric : config.evaluation)
    if (!metric.empty()) problems.attempt([&] { metric.make()->check(made.data); });
  return made.model && split && !data_told && !model_told;
}

}  // namespace

Made make(const RunConfig& config, Problems& problems, OpenedData& opened) {
  Made made;
  if (make_data_and_model(config, made, problems, opened)) {
    check_trainer(config, made, problems);
  } else {
    check_callbacks(config.callbacks, made.data, /*with_folder=*/true, problems);
    problems.attempt([&] { check_device(config.training.device); });
  }
  return made;
}

Made make(const RunConfig& config, Problems& problems) {
  OpenedData opened;
  return make(config, problems, opened);
}

}  // namespace aelab
