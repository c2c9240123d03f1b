#include "aelab/training/updates.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "aelab/core/random.h"
#include "aelab/data/batches.h"

namespace aelab {
namespace {

constexpr std::int64_t kValidationRows =
    1000;                                // per batch; fixed, so that the batch size does not change sums
constexpr std::int64_t kReadEvery = 50;  // steps on a device whose values are not in memory

std::vector<Tensor> values_of(const NamedTensors& named) {
  std::vector<Tensor> tensors;
  for (const auto& item : named) tensors.push_back(item.second);
  return tensors;
}

/// Gradients of a scalar; zeros for parameters that it does not depend on.
std::vector<Tensor> gradients_of(const Tensor& total, const std::vector<Tensor>& parameters) {
  auto gradients =
      torch::autograd::grad({total}, parameters, /*grad_outputs=*/{}, /*retain_graph=*/std::nullopt,
                            /*create_graph=*/false, /*allow_unused=*/true);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    if (!gradients[i].defined()) gradients[i] = at::zeros_like(parameters[i]);
  return gradients;
}

/// Scales all gradients together to at most this length (Pascanu et al. 2013, algorithm 1).
void clip_norm(std::vector<Tensor>& gradients, double most) {
  const auto norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients)));
  gradients = at::_foreach_mul(gradients, (most / (norm + 1e-6)).clamp_max(1));
}

void clip_value(std::vector<Tensor>& gradients, double most) {
  gradients = at::_foreach_clamp_max(at::_foreach_clamp_min(gradients, -most), most);
}

/// Adds the loss and the gradients of a batch that has this share of all rows.
void add(Evaluation& whole, const Tensor& loss, std::vector<Tensor> gradients, double share) {
  if (share == 1) {
    whole.loss = loss.detach();
    whole.gradients = std::move(gradients);
    return;
  }
  const auto scaled = at::_foreach_mul(gradients, share);
  whole.loss = whole.loss.defined() ? whole.loss + loss.detach() * share : loss.detach() * share;
  whole.gradients = whole.gradients.empty() ? scaled : at::_foreach_add(whole.gradients, scaled);
}

}  // namespace

Updates::Updates(const TrainerConfig& config, Training& training, std::int64_t seed, at::Device device)
    : config_(config), training_(training), seed_(seed), device_(device), default_generator_(device) {}

void Updates::begin_phase() {
  const auto& phase = training_.phase();
  training_.averages.assign(phase.updates.size(), {});
  training_.optimizers.clear();
  training_.read_every = config_.read_every.value_or(device_.is_cpu() ? 1 : kReadEvery);
  if (phase.solve) return;
  for (const auto& update : phase.updates) {
    training_.optimizers.push_back(update.optimizer.value_or(config_.optimizer).make(update.parameters));
    if (training_.optimizers.back()->reads()) training_.read_every = 1;
  }
}

void Updates::step(const std::vector<Batch>& batches) {
  auto& progress = training_.progress;
  const auto& updates = training_.phase().updates;
  for (auto i = static_cast<std::size_t>(progress.update); i < updates.size(); ++i) {
    if ((progress.phase_step + 1) % updates[i].every == 0)
      train(updates[i], *training_.optimizers[i], training_.averages[i], batches);
    ++progress.update;
  }
  progress.update = 0;
}

void Updates::train(const Update& update, Optimizer& optimizer, Averages& averages,
                    const std::vector<Batch>& batches) {
  const auto parameters = values_of(update.parameters);
  const auto most = update.clip_norm ? update.clip_norm : config_.clip_norm;
  std::vector<Passed> passed;  // in the first evaluation; a line search makes more
  const auto objective = [&] {
    auto evaluation = evaluate(update, batches, parameters, passed.empty() ? &passed : nullptr);
    each_callback(training_, &Callback::gradients, update, evaluation.gradients);
    if (most) clip_norm(evaluation.gradients, *most);
    if (config_.clip_value) clip_value(evaluation.gradients, *config_.clip_value);
    evaluation.found_inf = training_.found_inf;
    return evaluation;
  };
  optimizer.step(objective, at(update, training_.progress.position(), training_.data.train.size(),
                               /*training=*/true));
  for (const auto& [pass, terms, total, rows] : passed) averages.add(terms, total, rows);
  if (!update.after_step) return;
  std::vector<Pass> passes;
  for (auto& one : passed) passes.push_back(std::move(one.pass));
  if (!training_.found_inf.defined()) return update.after_step(passes);
  unless(training_.found_inf, training_.model.buffers(), [&] { update.after_step(passes); });
}

/// Loss and gradients over all rows of the batches, each weighted by its rows.
Evaluation Updates::evaluate(const Update& update, const std::vector<Batch>& batches,
                             const std::vector<Tensor>& parameters, std::vector<Passed>* passed) {
  double rows = 0;
  for (const auto& batch : batches) rows += static_cast<double>(batch.size());
  Evaluation whole;
  auto position = training_.progress.position();
  for (const auto& batch : batches) {
    Pass pass;
    const auto step = at(update, position, training_.data.train.size(), /*training=*/true, batch.rows);
    default_generator_.seed(random_seed(seed_, step.scope + "default generator", position));
    auto terms = update.objective(batch, step, pass);
    each_callback(training_, &Callback::batch_passed, update, batch, pass);
    each_callback(training_, &Callback::losses, update, terms);
    const auto total = terms.total();
    add(whole, total, gradients_of(total, parameters), static_cast<double>(batch.size()) / rows);
    if (passed) passed->push_back({std::move(pass), std::move(terms), total, batch.size()});
    ++position.batch;
  }
  return whole;
}

std::vector<Averages> Updates::averages_of(const Dataset& data,
                                           const std::function<void(const Update&, const Pass&)>& passed) {
  const at::NoGradGuard no_grad;
  const auto& updates = training_.phase().updates;
  const Batches batches(data, kValidationRows);
  std::vector<Averages> averages(updates.size());
  for (std::int64_t b = 0; b < batches.count(); ++b) {
    const auto batch = batches[b].to(device_);
    for (std::size_t i = 0; i < updates.size(); ++i) {
      Pass pass;
      const auto step = at(updates[i], {.epoch = 0, .batch = b}, data.size(), /*training=*/false, batch.rows);
      const auto terms = updates[i].objective(batch, step, pass);
      averages[i].add(terms, terms.total(), batch.size());
      if (passed) passed(updates[i], pass);
    }
  }
  return averages;
}

Step Updates::at(const Update& update, Position position, std::int64_t set_size, bool training,
                 const Tensor& rows) const {
  return {.at = position,
          .seed = seed_,
          .training = training,
          .in_phase = training_.progress.phase_step,
          .phase_steps = training_.phase_steps(),
          .rate_scale = training_.progress.rate_scale,
          .scope = training_.phase().prefix(update),
          .set_size = set_size,
          .rows = rows};
}

}  // namespace aelab
