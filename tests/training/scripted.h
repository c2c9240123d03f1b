#pragma once

// Trainings whose values are known beforehand, and callbacks that watch them.

#include <cmath>

#include "tests/training/models.h"

namespace aelab {

constexpr std::int64_t kSteps = 2;  // of an epoch: 64 rows in batches of 32

/// A model whose validation loss is what a script says, epoch by epoch, in each of its phases.
class Scripted : public Dense {
 public:
  explicit Scripted(std::vector<std::vector<double>> script)
      : Dense({.base = {.code = 5, .likelihood = GaussianLikelihood::Config{}}}, Context({1, 8, 8}, 1)),
        script_(std::move(script)) {}

  std::vector<Phase> phases() override {
    std::vector<Phase> phases;
    for (std::size_t i = 0; i < script_.size(); ++i) {
      auto phase = Dense::phases().front();
      phase.name = "phase " + std::to_string(i + 1);
      phase.epochs = static_cast<std::int64_t>(script_[i].size());
      const std::string name = i == 0 ? "scripted" : "later";
      const auto objective = phase.updates.front().objective;
      phase.updates.front().objective = [this, i, name, objective](const Batch& batch, const Step& step,
                                                                   Pass& pass) {
        auto terms = objective(batch, step, pass);
        if (step.training) return terms;
        const auto epoch = std::clamp<std::int64_t>(step.in_phase / kSteps - 1, 0,
                                                    static_cast<std::int64_t>(script_[i].size()) - 1);
        Terms scripted;
        scripted.add(name, at::full({}, script_[i][static_cast<std::size_t>(epoch)]));
        return scripted;
      };
      phase.updates.front().terms.push_back({.name = name, .in_training = false});
      phases.push_back(std::move(phase));
    }
    return phases;
  }

 private:
  std::vector<std::vector<double>> script_;
};

/// Calls `work` at the end of every epoch, after all other callbacks.
class AtEpochEnd : public Callback {
 public:
  explicit AtEpochEnd(std::function<void(Training&)> work) : work_(std::move(work)) {}
  void epoch_end(Training& training) override { work_(training); }

 private:
  std::function<void(Training&)> work_;
};

/// The metric at the end of every epoch.
inline std::vector<double> values_of(const History& history, std::string_view metric) {
  std::vector<double> values;
  for (const auto& epoch : history.epochs) values.push_back(find(epoch.metrics, metric).value_or(NAN));
  return values;
}

/// All parameters in one row, in float64.
inline Tensor row_of(const Autoencoder& model) {
  std::vector<Tensor> rows;
  for (const auto& item : parameters_of(model))
    rows.push_back(item.second.detach().to(at::kDouble).flatten());
  return at::cat(rows);
}

class AtStepEnd : public Callback {
 public:
  explicit AtStepEnd(std::function<void(Training&)> work) : work_(std::move(work)) {}
  void step_end(Training& training) override { work_(training); }

 private:
  std::function<void(Training&)> work_;
};

}  // namespace aelab
