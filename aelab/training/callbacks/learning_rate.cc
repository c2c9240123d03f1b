#include "aelab/training/callbacks/learning_rate.h"

namespace aelab {

namespace {

constexpr std::string_view kRate = "learning_rate", kTrain = "train/", kLoss = "/loss";

}  // namespace

std::vector<std::string> LearningRate::added_metrics(const std::set<std::string>& known) const {
  std::vector<std::string> names = {std::string(kRate)};
  for (const auto& name : known)  // of the form train/<update>/loss
    if (name.starts_with(kTrain) && name.ends_with(kLoss) && name.size() > kTrain.size() + kLoss.size())
      names.push_back(std::string(kRate) + "/" +
                      name.substr(kTrain.size(), name.size() - kTrain.size() - kLoss.size()));
  return names;
}

void LearningRate::epoch_end(Training& training) {
  const auto last = training.progress.phase_step - 1;
  for (std::size_t i = 0; i < training.optimizers.size(); ++i) {  // none in a phase in closed form
    const auto& update = training.phase().updates[i];
    const auto& schedule = training.optimizers[i]->learning_rate();
    training.metrics.emplace_back(
        std::string(kRate) + (training.phase().prefix(update).empty() ? "" : "/" + update.name),
        training.progress.rate_scale * schedule.at(last, training.phase_steps()));
  }
}

}  // namespace aelab
