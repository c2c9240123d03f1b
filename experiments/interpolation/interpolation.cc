// How near the data the way between two test images is, in code space and in pixel space:
// interpolation COMPARISON_FOLDER

#include <ATen/ATen.h>

#include "experiments/study.h"

namespace {

using at::Tensor;

constexpr std::int64_t kPairs = 200;

/// Test images of different classes, [pairs, ...input] each; the same ones for every variant.
std::pair<Tensor, Tensor> pairs_of(const aelab::Dataset& test) {
  const auto order = at::randperm(test.size(), aelab::random_generator(1, "pairs"), at::kLong);
  const auto half = test.size() / 2;
  const auto from = order.narrow(0, 0, half), to = order.narrow(0, half, half);
  const auto labels = test.labels();
  const auto different = (labels.index_select(0, from) != labels.index_select(0, to)).nonzero().flatten();
  const auto chosen = different.narrow(0, 0, std::min(kPairs, different.size(0)));
  return {test.gather(from.index_select(0, chosen)).inputs, test.gather(to.index_select(0, chosen)).inputs};
}

/// Euclidean distance from the nearest training image, mean over images.
double distance(const Tensor& images, const aelab::Dataset& train) {
  return aelab::nearest_rows(images, train).distance.mean().item<double>();
}

/// Share of pixels between a quarter and three quarters, of all that are above a tenth: strokes have few, a
/// fade of one digit into another many.
double grey(const Tensor& images) {
  const auto ink = (images > 0.1).sum(), between = ((images > 0.25) & (images < 0.75)).sum();
  return between.item<double>() / ink.item<double>();
}

}  // namespace

int main(int count, char** arguments) try {
  if (count != 2) throw aelab::Error("usage: interpolation COMPARISON_FOLDER");
  const c10::InferenceMode inference;
  study::Table nearest("to the nearest image"), greys("grey pixels in the ink");
  study::for_each_run(arguments[1], [&](const std::string& variant, const aelab::TrainedRun& run) {
    const auto [from, to] = pairs_of(run.data.test);
    const auto& model = *run.model;
    const auto a = model.encode(from), b = model.encode(to);
    const auto add = [&](const char* what, const Tensor& images) {
      nearest.add(variant, what, distance(images, run.data.train));
      greys.add(variant, what, grey(images));
    };
    add("test images", from);
    add("halfway, pixels", (from + to) / 2);
    add("ends, decoded", model.decode(a));
    add("halfway, pixels coded", model.reconstruct((from + to) / 2));
    add("halfway, codes", model.decode((a + b) / 2));
  });
  nearest.print();
  greys.print();
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
