// Computes every metric that the "accuracy" of denoising can mean, for every run of a comparison:
// reconstructions of noisy test images are compared with the clean images. Upper bounds and the noisy image
// itself serve as baselines.

#include <ATen/ATen.h>

#include "aelab/data/batches.h"
#include "experiments/study.h"

namespace {

using namespace aelab;

/// Applies `denoise` to the noisy test split and adds one row per candidate metric to the table. If
/// `with_baselines`, adds the baselines as further columns.
template <class Denoise>
void measure(const TrainedRun& run, const Denoise& denoise, const std::string& column, bool with_baselines,
             study::Table& table) {
  constexpr std::int64_t kRows = 1000;
  const GaussianNoise noise({.level = 0.5, .clip = true});  // as in the lecture and in Keras's example
  const c10::InferenceMode inference;
  Accuracy accuracy({});
  accuracy.begin(run.network(), run.data);
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
  study::Table table("denoised vs. clean");
  std::int64_t seed = -1;
  study::for_each_run(argument[1], [&](const std::string& variant, const TrainedRun& run) {
    measure(
        run, [&](const Tensor& noisy) { return run.network().reconstruct(noisy); }, variant, false, table);
    if (run.config().seed != seed)
      measure(
          run, [](const Tensor& noisy) { return noisy; }, "noisy", true, table);
    seed = run.config().seed;
  });
  table.print();
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
