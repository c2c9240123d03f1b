// Every number that may be meant by the "accuracy" of denoising: the reconstruction of a noisy test image
// beside the clean one, for every run of a comparison; ceilings, and the noisy image itself as a baseline.

#include <ATen/ATen.h>

#include "aelab/data/batches.h"
#include "experiments/study.h"

namespace {

using namespace aelab;

/// Adds the candidates, of what `denoise` makes of the noisy test part, a row each; with those of baselines
/// as columns of their own where `with_baselines`.
template <class Denoise>
void measure(const TrainedRun& run, const Denoise& denoise, const std::string& column, bool with_baselines,
             study::Table& table) {
  constexpr std::int64_t kRows = 1000;
  const GaussianNoise noise({.level = 0.5, .clip = true});  // the lecture's, Keras's recipe
  const c10::InferenceMode inference;
  Accuracy accuracy({});
  accuracy.begin(*run.model, run.data);
  const Batches batches(run.data.test, kRows);
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    const auto batch = batches[i];
    const auto noisy = noise.corrupt(batch.inputs, Step{.at = {.epoch = 0, .batch = i}});
    accuracy.add({batch.inputs, {}, denoise(noisy), batch.labels});
  }
  const auto measures = accuracy.measures();
  const auto values = accuracy.values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& name = measures[i].name;
    const auto kind = name.find('/', name.find('/') + 1);  // accuracy/<candidate>/<baseline>
    if (kind == name.npos)
      table.add(name, column, values[i].value());
    else if (with_baselines)
      table.add(name.substr(0, kind), name.substr(kind + 1), values[i].value());
  }
}

}  // namespace

/// denoising-convolutional COMPARISON_FOLDER
int main(int arguments, char** argument) try {
  if (arguments != 2) throw Error("usage: denoising-convolutional COMPARISON_FOLDER");
  keep_freed_memory();
  study::Table table("denoised beside clean");
  std::int64_t seed = -1;
  study::for_each_run(argument[1], [&](const std::string& variant, const TrainedRun& run) {
    measure(
        run, [&](const Tensor& noisy) { return run.model->reconstruct(noisy); }, variant, false, table);
    if (run.config.seed != seed)
      measure(
          run, [](const Tensor& noisy) { return noisy; }, "noisy", true, table);
    seed = run.config.seed;
  });
  table.print();
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
