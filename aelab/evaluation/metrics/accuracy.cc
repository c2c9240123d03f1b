#include "aelab/evaluation/metrics/accuracy.h"

#include <ATen/ATen.h>

#include "aelab/evaluation/pixels.h"
#include "aelab/models/targets.h"

namespace aelab {
namespace {

struct Candidate {
  const char* name;
  const char* definition;
  Tensor (*of)(const Tensor& x, const Tensor& y);  // elementwise
};

const Candidate kCandidates[] = {
    {"both_rounded", "share of pixels that agree when input and reconstruction are rounded to 0 or 1",
     [](const Tensor& x, const Tensor& y) { return (x.round() == y.round()).to(at::kFloat); }},
    {"keras_binary", "share of pixels that equal the rounded reconstruction (Keras's binary_accuracy)",
     [](const Tensor& x, const Tensor& y) { return (x == y.round()).to(at::kFloat); }},
    {"one_minus_mae", "1 - mean absolute error",
     [](const Tensor& x, const Tensor& y) { return 1 - (x - y).abs(); }},
    {"one_minus_bce", "1 - cross-entropy per pixel in nats",
     [](const Tensor& x, const Tensor& y) { return 1 - cross_entropy(x, y); }},
    {"within_tenth", "share of pixels whose error is at most 0.1",
     [](const Tensor& x, const Tensor& y) { return ((x - y).abs() <= 0.1).to(at::kFloat); }},
};

const std::pair<const char*, const char*> kReconstructions[] = {
    {"", ""},
    {"/ceiling", ", of a perfect reconstruction"},
    {"/zero_image", ", of the all-zero image"},
    {"/mean_image", ", of the training split's mean image"},
    {"/pca", ", of PCA with as many components as the code has dimensions"},
};

}  // namespace

std::vector<Measure> Accuracy::measures() const {
  std::vector<Measure> measures;
  for (const auto& candidate : kCandidates)
    for (const auto& [suffix, whose] : kReconstructions)
      measures.push_back({std::string("accuracy/") + candidate.name + suffix,
                          std::string(candidate.definition) + whose,
                          *suffix ? Direction::neither : Direction::higher});
  return measures;
}

void Accuracy::begin(const Autoencoder& model, const Split& data) {
  pca_ = principal_components(targets_of(model, data.train), elements(model.code_shape()));
  sums_.assign(std::size(kCandidates) * std::size(kReconstructions), 0);
}

void Accuracy::add(const Observation& observation) {
  const auto x = observation.target.flatten(1).cpu(), y = observation.reconstruction.flatten(1).cpu();
  within_unit_ = within_unit_ && is_within_unit(x) && is_within_unit(y);
  if (!within_unit_) return;
  const Tensor reconstructions[] = {y, x, at::zeros_like(x), pca_.mean.expand_as(x),
                                    pca_.decode(pca_.encode(x)).clamp(0, 1)};
  auto* sum = sums_.data();
  for (const auto& candidate : kCandidates)
    for (const auto& reconstruction : reconstructions)
      *sum++ += candidate.of(x, reconstruction).sum(at::kDouble).item<double>();
  numbers_ += static_cast<double>(x.numel());
}

std::vector<std::optional<double>> Accuracy::values() const {
  std::vector<std::optional<double>> values(sums_.size());
  if (!within_unit_) return values;
  for (std::size_t i = 0; i < sums_.size(); ++i) values[i] = sums_[i] / numbers_;
  return values;
}

}  // namespace aelab
