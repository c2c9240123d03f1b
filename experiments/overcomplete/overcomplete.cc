// The XOR example of Golan's lecture (9.A), exact: no line separates its classes in two dimensions, but a
// plane does in the three dimensions of an overcomplete autoencoder with zero reconstruction error. The
// program counts the separable labelings of the four points.

#include <ATen/ATen.h>

#include <cstdio>
#include <map>

#include "aelab/aelab.h"

namespace {

using at::Tensor;

/// How many of the sixteen labelings of four points with two classes a hyperplane separates, and whether XOR
/// is one of them. A support vector machine with a large C finds a separating hyperplane if one exists.
struct Separable {
  int ways = 0;
  bool exclusive_or = false;
};

Separable separable(const Tensor& points) {
  constexpr int kWays = 16, kExclusiveOr = 0b0110;  // of 00, 01, 10, 11
  Separable result;
  for (int way = 0; way < kWays; ++way) {
    auto labels = at::empty({4}, at::kLong);
    for (int i = 0; i < 4; ++i) labels[i] = (way >> i) & 1;
    const bool one_class = way == 0 || way == kWays - 1;  // any hyperplane with all points on one side
    aelab::LinearSvm machine({.C = 1e4, .standardize = false});
    if (!one_class) machine.fit(points, labels, 2, /*seed=*/1);
    const bool separated = one_class || machine.predict(points).equal(labels);
    result.ways += separated;
    if (way == kExclusiveOr) result.exclusive_or = separated;
  }
  return result;
}

/// A 2-3-2 autoencoder with the relu code (a, b, max(a + b - 1, 0)); for bits, the last dimension is a AND b.
std::shared_ptr<aelab::Dense> exact_autoencoder() {
  const aelab::Dense::Config config{
      .base = {.code = 3,
               .bottleneck = aelab::DeterministicBottleneck::Config{.activation = aelab::Activation::relu},
               .likelihood = aelab::GaussianLikelihood::Config{}}};
  auto model = std::make_shared<aelab::Dense>(config, aelab::Shape{2});
  const std::map<std::string, Tensor> weights = {
      {"backbone.encoder_0.weight", at::tensor({1., 0., 0., 1., 1., 1.}).reshape({3, 2})},
      {"backbone.encoder_0.bias", at::tensor({0., 0., -1.})},
      {"backbone.decoder_0.weight", at::tensor({1., 0., 0., 0., 1., 0.}).reshape({2, 3})},
      {"backbone.decoder_0.bias", at::tensor({0., 0.})}};
  for (auto& [name, parameter] : aelab::parameters_of(*model)) parameter.copy_(weights.at(name));
  return model;
}

void print(const char* what, const Separable& result) {
  std::printf("%-44s %2d of 16 labelings separable, XOR %s\n", what, result.ways,
              result.exclusive_or ? "among them" : "not among them");
}

}  // namespace

int main() try {
  const at::NoGradGuard no_grad;
  const auto points = at::tensor({0., 0., 0., 1., 1., 0., 1., 1.}).reshape({4, 2}).to(at::kFloat);
  const auto model = exact_autoencoder();
  print("the four points, 2 dimensions:", separable(points));
  print("the code of the 2-3-2 autoencoder:", separable(model->encode(points)));
  std::printf("its squared error on the four points: %g\n",
              (model->reconstruct(points) - points).square().sum().item<double>());
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
