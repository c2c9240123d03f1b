// How much the gradient that training follows varies: from batch to batch, and from noise alone, the batch
// being the same. Of every run of a comparison, with the weights that it began and ended with.

#include <ATen/ATen.h>

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "aelab/aelab.h"
#include "aelab/data/batches.h"
#include "aelab/evaluation/statistics.h"

namespace {

using namespace aelab;

constexpr std::int64_t kRows = 50, kDraws = 40;

/// The gradient of one step's objective, all parameters in one row.
Tensor gradient(const Autoencoder& model, const Batch& batch, std::int64_t draw) {
  std::vector<Tensor> parameters, flat;
  for (const auto& item : parameters_of(model)) parameters.push_back(item.second);
  Pass pass;
  const Step step{.at = {.epoch = 0, .batch = draw}, .seed = 1, .training = true};
  const auto total = model.loss(batch, step, pass).total();
  for (const auto& part : torch::autograd::grad({total}, parameters)) flat.push_back(part.flatten());
  return at::cat(flat);
}

/// Of gradients, [draws, parameters]: the sum of their variances.
double variance(const std::vector<Tensor>& gradients) {
  return at::stack(gradients).to(at::kDouble).var(0).sum().item<double>();
}

struct Variances {
  std::vector<double> batches, noise;  // one a seed
  void add(const Autoencoder& model, const Dataset& rows, std::int64_t seed) {
    const Batches pieces(rows, kRows, shuffled_order(rows.size(), seed, 0));
    std::vector<Tensor> by_batch, by_noise;
    for (std::int64_t i = 0; i < std::min(kDraws, pieces.count()); ++i) {
      by_batch.push_back(gradient(model, pieces[i], i));
      by_noise.push_back(gradient(model, pieces[0], i));
    }
    batches.push_back(variance(by_batch));
    noise.push_back(variance(by_noise));
  }
};

}  // namespace

/// denoising-or-contractive COMPARISON_FOLDER
int main(int arguments, char** argument) try {
  if (arguments != 2) throw Error("usage: denoising-or-contractive COMPARISON_FOLDER");
  keep_freed_memory();
  const auto comparison = load_comparison(argument[1]);
  std::map<std::size_t, std::pair<Variances, Variances>> found;  // by contender: at the start, at the end
  for (const auto& run : comparison.runs()) {
    const auto folder = comparison.folder(run);
    const auto config = load_run_config(folder);
    const auto data = open_dataset(config.data.source);
    const auto rows = data.split(config.data.split, config.seed).train;
    auto& [start, end] = found[run.contender];
    start.add(*make_model(config, data), rows, run.seed);
    end.add(*load_model(folder, config, data, Which::last), rows, run.seed);
  }

  std::printf(
      "variance of the gradient of batches of %lld, summed over the parameters: %lld draws, mean of the "
      "seeds and half the 95 %% interval\n%-12s %-22s %-22s %-22s %-22s\n",
      static_cast<long long>(kRows), static_cast<long long>(kDraws), "", "at the start", "by noise alone",
      "at the end", "by noise alone");
  for (const auto& [contender, variances] : found) {
    std::printf("%-12s", comparison.contenders()[contender].name.c_str());
    for (const auto* values : {&variances.first.batches, &variances.first.noise, &variances.second.batches,
                               &variances.second.noise}) {
      const auto summary = summarize(*values);
      std::printf(" %9.3f +- %-9.3f", summary.mean, summary.half_width.value_or(0));
    }
    std::printf("\n");
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
