#include "aelab/training/trainer.h"

#include <ATen/Parallel.h>

#include "aelab/core/config.h"
#include "aelab/nn/compute.h"
#include "aelab/training/check.h"
#include "aelab/training/checkpoint.h"
#include "aelab/training/loop.h"
#include "aelab/training/thread_rule.h"

namespace aelab {

Trainer::Trainer(TrainerConfig config, std::vector<CallbackConfig> callbacks, std::int64_t seed)
    : config_(std::move(config)), callbacks_(std::move(callbacks)), seed_(seed) {
  check_config(config_, "TrainerConfig");
}

CheckedTraining Trainer::check(Autoencoder& model, const Split& data, bool with_folder) const {
  Problems problems;
  auto checked = check(model, data, with_folder, problems);
  problems.raise("training");
  return *std::move(checked);
}

std::optional<CheckedTraining> Trainer::check(Autoencoder& model, const Split& data, bool with_folder,
                                              Problems& problems) const {
  const auto before = problems.all().size();
  problems.attempt([&] { check_device(config_.device); });
  problems.attempt([&] { in_field("kernels", [&] { resolve(config_.kernels); }); });
  auto checked = check_training(config_, callbacks_, model, data, with_folder, problems);
  if (problems.all().size() > before) return {};
  return CheckedTraining(model, std::move(checked));
}

History Trainer::fit(Autoencoder& model, const Split& data, const Place& place) const {
  return fit(check(model, data, !place.folder.empty()), place);
}

History Trainer::fit(const CheckedTraining& checked, const Place& place) const {
  const auto threads = threads_for(checked);
  const Compute compute = in_field("kernels", [&] { return Compute(threads, kernels_for(place)); });
  auto fitting = begin(checked, place, batches(checked));
  while (fitting.advance()) {
  }
  return fitting.finish();
}

std::int64_t Trainer::threads_for(const CheckedTraining& checked) const {
  return config_.threads ? *config_.threads : default_threads(*checked.model_, checked.data(), config_);
}

Kernels Trainer::kernels_for(const Place& place) const {
  return place.resume ? recorded_kernels(*place.resume, config_.kernels) : config_.kernels;
}

std::shared_ptr<BatchStream> Trainer::batches(const CheckedTraining& checked) const {
  return std::make_shared<BatchStream>(checked.data().train, config_.batch_size, seed_,
                                       choose_device(config_.device));
}

/// What a training in progress consists of. The loop refers to the config and the data.
struct Fitting::State {
  TrainerConfig config;
  Split data;
  std::int64_t threads;
  Kernels kernels;
  std::optional<Loop> loop = {};

  /// Calls `work` with the training's own threads and kernels, which mostly are those around it, too.
  template <class Work>
  auto computing(Work work) {
    const bool same = at::get_num_threads() == threads && aelab::kernels() == kernels;
    std::optional<Compute> compute;
    if (!same) in_field("kernels", [&] { compute.emplace(threads, kernels); });
    if (compute) threads = compute->threads();  // fewer where the environment grants fewer
    return work();
  }
};

Fitting Trainer::begin(const CheckedTraining& checked, const Place& place,
                       std::shared_ptr<BatchStream> rows) const {
  std::unique_ptr<Fitting::State> state(
      new Fitting::State{.config = config_,
                         .data = checked.data(),
                         .threads = threads_for(checked),
                         .kernels = in_field("kernels", [&] { return resolve(kernels_for(place)); })});
  auto callbacks = make_callbacks(callbacks_, !place.folder.empty());
  callbacks.insert(callbacks.end(), watchers_.begin(), watchers_.end());
  state->computing([&] {
    auto placed = place;
    if (at::get_num_threads() < config_.threads.value_or(0))
      placed.notes.push_back("caution: OpenMP provides " + std::to_string(at::get_num_threads()) + " of " +
                             std::to_string(*config_.threads) +
                             " threads; results may differ in their last bits");
    state->loop.emplace(state->config, std::move(callbacks), seed_, *checked.model_, state->data, placed,
                        std::move(rows));
  });
  return Fitting(std::move(state));
}

Fitting::Fitting(std::unique_ptr<State> state) : state_(std::move(state)) {}
Fitting::Fitting(Fitting&&) noexcept = default;
Fitting& Fitting::operator=(Fitting&&) noexcept = default;
Fitting::~Fitting() = default;

bool Fitting::advance() {
  return state_->computing([&] { return state_->loop->advance(); });
}

Position Fitting::position() const { return state_->loop->position(); }

void Fitting::interrupt() {
  state_->computing([&] { state_->loop->interrupt(); });
}

History Fitting::finish() {
  return state_->computing([&] { return state_->loop->finish(); });
}

}  // namespace aelab
