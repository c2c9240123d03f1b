// Measures how close linear interpolations between two test images are to the data, in latent space and in
// pixel space: interpolation COMPARISON_FOLDER

#include <ATen/ATen.h>

#include "aelab/core/random.h"
#include "experiments/study.h"

namespace {

using at::Tensor;

constexpr std::int64_t kPairs = 200;

/// Pairs of test images from different classes, each [pairs, ...input]; the same pairs for every variant.
std::pair<Tensor, Tensor> pairs_of(const aelab::Dataset& test) {
  const auto order = at::randperm(test.size(), aelab::random_generator(1, "pairs"), at::kLong);
  const auto half = test.size() / 2;
  const auto from = order.narrow(0, 0, half), to = order.narrow(0, half, half);
  const auto labels = test.labels();
  const auto different = (labels.index_select(0, from) != labels.index_select(0, to)).nonzero().flatten();
  const auto chosen = different.narrow(0, 0, std::min(kPairs, different.size(0)));
  return {test.gather(from.index_select(0, chosen)).inputs, test.gather(to.index_select(0, chosen)).inputs};
}

/// The Euclidean distance to the nearest training image, averaged over images.
double distance(const Tensor& images, const aelab::Dataset& train) {
  return aelab::nearest_rows(images, train).distance.mean().item<double>();
}

/// The fraction of pixels between a quarter and three quarters, among all pixels above a tenth. Strokes have
/// few such pixels; a cross-fade between two digits has many.
double gray(const Tensor& images) {
  const auto foreground = (images > 0.1).sum(), between = ((images > 0.25) & (images < 0.75)).sum();
  return between.item<double>() / foreground.item<double>();
}

}  // namespace

int main(int count, char** arguments) try {
  if (count != 2) throw aelab::Error("usage: interpolation COMPARISON_FOLDER");
  const c10::InferenceMode inference;
  study::Table nearest("distance to nearest"), grays("gray fraction");
  study::for_each_run(arguments[1], [&](const std::string& variant, const aelab::TrainedRun& run) {
    const auto [from, to] = pairs_of(run.data.test);
    const auto& model = run.network();
    const auto a = model.encode(from), b = model.encode(to);
    const auto add = [&](const char* what, const Tensor& images) {
      nearest.add(variant, what, distance(images, run.data.train));
      grays.add(variant, what, gray(images));
    };
    add("test images", from);
    add("midpoint, pixels", (from + to) / 2);
    add("endpoints, decoded", model.decode(a));
    add("mixed pixels, decoded", model.reconstruct((from + to) / 2));
    add("midpoint, latent", model.decode((a + b) / 2));
  });
  nearest.print();
  grays.print();
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
