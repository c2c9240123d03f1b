// Every number that may be meant by the "accuracy" of denoising: the reconstruction of a noisy test image
// beside the clean one, for every run of a comparison; ceilings, and the noisy image itself as a baseline.

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "aelab/aelab.h"
#include "aelab/data/batches.h"
#include "aelab/evaluation/statistics.h"

namespace {

using namespace aelab;

/// All candidates, of what `denoise` makes of the noisy test part, by their names.
template <class Denoise>
void measure(const Autoencoder& model, const Split& data, const Denoise& denoise,
             std::map<std::string, std::vector<double>>& numbers) {
  constexpr std::int64_t kRows = 1000;
  const GaussianNoise noise({.level = 0.5, .clip = true});  // the lecture's, Keras's recipe
  const c10::InferenceMode inference;
  Accuracy accuracy({});
  accuracy.begin(model, data);
  const Batches batches(data.test, kRows);
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    const auto batch = batches[i];
    const auto noisy = noise.corrupt(batch.inputs, Step{.at = {.epoch = 0, .batch = i}});
    accuracy.add({batch.inputs, {}, denoise(noisy), batch.labels});
  }
  const auto measures = accuracy.measures();
  const auto values = accuracy.values();
  for (std::size_t i = 0; i < values.size(); ++i) numbers[measures[i].name].push_back(values[i].value());
}

}  // namespace

/// denoising-convolutional COMPARISON_FOLDER
int main(int arguments, char** argument) try {
  if (arguments != 2) throw Error("usage: denoising-convolutional COMPARISON_FOLDER");
  keep_freed_memory();
  const auto comparison = load_comparison(argument[1]);
  std::vector<std::map<std::string, std::vector<double>>> of_variants(comparison.contenders().size());
  std::map<std::string, std::vector<double>> of_noisy;  // as they are
  for (const auto& run : comparison.runs()) {
    const auto folder = comparison.folder(run);
    const auto config = load_run_config(folder);
    const auto data = open_dataset(config.data.source);
    const auto model = load_model(folder, config, data, Which::best);
    const auto split = data.split(config.data.split, config.seed);
    measure(
        *model, split, [&](const Tensor& noisy) { return model->reconstruct(noisy); },
        of_variants[run.contender]);
    if (of_noisy.empty())
      measure(
          *model, split, [](const Tensor& noisy) { return noisy; }, of_noisy);
  }

  std::printf(
      "denoised test images beside the clean ones: mean of the seeds and half the 95 %% interval\n%-24s", "");
  for (const auto& contender : comparison.contenders()) std::printf(" %-20s", contender.name.c_str());
  std::printf(" %-10s %-10s %-10s %-10s\n", "noisy", "perfect", "zeros", "mean");
  for (const auto& [name, noisy] : of_noisy) {
    if (std::count(name.begin(), name.end(), '/') > 1) continue;  // a baseline's
    std::printf("%-24s", name.c_str());
    for (const auto& numbers : of_variants) {
      const auto summary = summarize(numbers.at(name));
      std::printf(" %.4f +- %-10.4f", summary.mean, summary.half_width.value_or(0));
    }
    std::printf(" %-10.4f", noisy.front());
    for (const auto* baseline : {"/ceiling", "/zero_image", "/mean_image"})
      std::printf(" %-10.4f", of_noisy.at(name + baseline).front());
    std::printf("\n");
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
