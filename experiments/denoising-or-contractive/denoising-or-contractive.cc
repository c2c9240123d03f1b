// Measures the variance of the training gradient, between batches and from noise alone (with a fixed batch),
// for every run of a comparison, with its initial and its final weights.

#include <ATen/ATen.h>

#include <torch/csrc/autograd/autograd.h>

#include "aelab/data/batches.h"
#include "experiments/study.h"

namespace {

using namespace aelab;

constexpr std::int64_t kRows = 50, kDraws = 40;

/// The gradient of the objective of one step, flattened over all parameters: [parameters].
Tensor gradient(const Autoencoder& model, const Batch& batch, std::int64_t draw) {
  std::vector<Tensor> parameters, flat;
  for (const auto& item : parameters_of(model)) parameters.push_back(item.second);
  Pass pass;
  const Step step{.at = {.epoch = 0, .batch = draw}, .seed = 1, .training = true};
  const auto total = model.loss(batch, step, pass).total();
  for (const auto& part : torch::autograd::grad({total}, parameters)) flat.push_back(part.flatten());
  return at::cat(flat);
}

/// The variance of the gradients over the draws, summed over parameters. Each gradient is [parameters].
double variance(const std::vector<Tensor>& gradients) {
  return at::stack(gradients).to(at::kDouble).var(0).sum().item<double>();
}

/// Adds the gradient variance of `model` to the table; `when` names the state of its weights.
void measure(const Autoencoder& model, const TrainedRun& run, const std::string& variant,
             const std::string& when, study::Table& table) {
  const auto& rows = run.data.train;
  const auto pieces = ShuffledBatches(rows, kRows, run.config().seed).pass(0);
  std::vector<Tensor> by_batch, by_noise;
  for (std::int64_t i = 0; i < std::min(kDraws, pieces.count()); ++i) {
    by_batch.push_back(gradient(model, pieces[i], i));
    by_noise.push_back(gradient(model, pieces[0], i));
  }
  table.add(variant, when, variance(by_batch));
  table.add(variant, when + ", noise only", variance(by_noise));
}

}  // namespace

/// denoising-or-contractive COMPARISON_FOLDER
int main(int arguments, char** argument) try {
  if (arguments != 2) throw Error("usage: denoising-or-contractive COMPARISON_FOLDER");
  keep_freed_memory();
  study::Table table("gradient variance");
  study::for_each_run(
      argument[1],
      [&](const std::string& variant, const TrainedRun& run) {
        measure(*make_model(run.config(), run.source), run, variant, "at the start", table);
        measure(run.network(), run, variant, "at the end", table);
      },
      Which::last);
  table.print();
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
