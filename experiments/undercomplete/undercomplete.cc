// Measures how well the autoencoders of a comparison reconstruct data that they were not trained for, and
// whether their error distinguishes it from their own data: undercomplete COMPARISON_FOLDER [SOURCE ...],
// where the sources contain 28x28 images.

#include <ATen/ATen.h>

#include <functional>

#include "aelab/core/random.h"
#include "experiments/study.h"

namespace {

using at::Tensor;
using study::in_batches;

/// The squared error of every row, summed over features: [rows].
Tensor errors(const aelab::Autoencoder& model, const aelab::Dataset& rows) {
  return in_batches(rows,
                    [&](const Tensor& x) { return (model.reconstruct(x) - x).flatten(1).square().sum(1); });
}

/// The squared distance of the rows from their mean, summed over features, averaged over rows.
double variance(const aelab::Dataset& rows) {
  const auto inputs = in_batches(rows, [](const Tensor& x) { return x.flatten(1); });
  return (inputs - inputs.mean(0)).square().sum(1).mean().item<double>();
}

/// The area under the ROC curve: the probability that the error of a foreign row is larger than that of a row
/// from the model's own test set, with ties counted as one half.
double auroc(const Tensor& own, const Tensor& foreign) {
  const auto sorted = std::get<0>(own.sort());
  const auto below = at::searchsorted(sorted, foreign, /*out_int32=*/false, /*right=*/false);
  const auto not_above = at::searchsorted(sorted, foreign, /*out_int32=*/false, /*right=*/true);
  return (below + not_above).to(at::kDouble).mean().item<double>() / 2 / static_cast<double>(own.size(0));
}

/// The 8x8 digits in the format of MNIST: enlarged to 20x20 and centered in 28x28.
aelab::Dataset enlarged_digits() {
  const auto digits = aelab::open_dataset("digits").train;
  const auto inputs = in_batches(digits, [](const Tensor& x) { return x; }).reshape({digits.size(), 1, 8, 8});
  const auto large = at::upsample_bilinear2d(inputs, {20, 20}, /*align_corners=*/false);
  return aelab::Dataset::from_tensors(at::constant_pad_nd(large, {4, 4, 4, 4}));
}

/// The same values in each image, at random positions.
Tensor shuffled_pixels(const Tensor& images) {
  const auto order = at::rand(images.flatten(1).sizes(), aelab::random_generator(1, "places"))
                         .argsort(/*dim=*/1, /*descending=*/false);
  return images.flatten(1).gather(1, order).reshape(images.sizes());
}

std::vector<std::pair<std::string, aelab::Dataset>> foreign_sets(int count, char** sources) {
  std::vector<std::pair<std::string, aelab::Dataset>> sets;
  for (int i = 0; i < count; ++i) {
    const auto data = aelab::open_dataset(sources[i]);
    sets.emplace_back(sources[i], data.test ? *data.test : data.train);
  }
  sets.emplace_back("digits, enlarged", enlarged_digits());
  const auto mnist = *aelab::open_dataset("mnist").test;
  const auto images = in_batches(mnist, [](const Tensor& x) { return x; });
  sets.emplace_back("pixels shuffled", aelab::Dataset::from_tensors(shuffled_pixels(images)));
  sets.emplace_back("uniform noise", aelab::Dataset::from_tensors(
                                         at::rand(images.sizes(), aelab::random_generator(1, "noise"))));
  return sets;
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 2) throw aelab::Error("usage: undercomplete COMPARISON_FOLDER [SOURCE ...]");
  const c10::InferenceMode inference;
  study::Table error("squared error per image"), explained("explained variance"), area("AUROC");
  const auto sets = foreign_sets(count - 2, arguments + 2);
  std::map<std::string, double> variances;
  for (const auto& [name, rows] : sets) variances[name] = variance(rows);

  study::for_each_run(arguments[1], [&](const std::string& variant, const aelab::TrainedRun& run) {
    const auto own = errors(run.network(), run.data.test);
    error.add(variant, "own test set", own.mean().item<double>());
    explained.add(variant, "own test set", 1 - own.mean().item<double>() / variance(run.data.test));
    for (const auto& [name, rows] : sets) {
      const auto foreign = errors(run.network(), rows);
      const auto mean = foreign.mean().item<double>();
      error.add(variant, name, mean);
      explained.add(variant, name, 1 - mean / variances[name]);
      area.add(variant, name, auroc(own, foreign));
    }
  });
  error.print();
  explained.print();
  area.print();
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
