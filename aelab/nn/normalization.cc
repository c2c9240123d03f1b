#include "aelab/nn/normalization.h"

#include <ATen/ATen.h>

#include <array>

#include "aelab/core/text.h"

namespace aelab {
namespace {

constexpr double kEpsilon = 1e-5, kMomentum = 0.1;

}  // namespace

std::span<const std::string_view> names(Normalize) {
  static constexpr std::array<std::string_view, 3> kNames = {"none", "batch", "layer"};
  return kNames;
}

Normalization::Normalization(Normalize method, std::int64_t features, const Initializer& initializer,
                             bool zero_scale)
    : method_(method),
      weight_(register_parameter("weight",
                                 zero_scale ? initializer.zeros({features}) : initializer.ones({features}))),
      bias_(register_parameter("bias", initializer.zeros({features}))) {
  if (method != Normalize::batch) return;
  mean_ = register_buffer("mean", initializer.zeros({features}));
  variance_ = register_buffer("variance", initializer.ones({features}));
}

at::Tensor Normalization::forward(const at::Tensor& x, bool training) {
  if (method_ == Normalize::layer) return at::group_norm(x, /*num_groups=*/1, weight_, bias_, kEpsilon);
  if (training) return by_batch(x);
  return std::get<0>(
      at::native_batch_norm(x, weight_, bias_, mean_, variance_, /*training=*/false, kMomentum, kEpsilon));
}

at::Tensor Normalization::by_batch(const at::Tensor& x) {
  const auto [output, mean, inverse_deviation] =
      at::native_batch_norm(x, weight_, bias_, {}, {}, /*training=*/true, kMomentum, kEpsilon);
  const auto count = static_cast<double>(x.numel() / x.size(1));
  if (count < 2) return output;
  const at::NoGradGuard no_grad;
  batch_mean_ = mean.detach();
  batch_variance_ = (inverse_deviation.pow(-2) - kEpsilon).clamp_min(0) * (count / (count - 1));
  return output;
}

void Normalization::after_step() {
  if (!batch_mean_.defined()) return;
  const at::NoGradGuard no_grad;
  mean_.lerp_(batch_mean_, kMomentum);
  variance_.lerp_(batch_variance_, kMomentum);
  batch_mean_ = batch_variance_ = at::Tensor();
}

void Regularization::fields(Fields& f) {
  f("normalization", normalization,
    "of hidden layers, before their activation; batch: by the batch's statistics; layer: by each row's own")
      .also_known_as({"norm", "batch_norm", "batchnorm", "layer_norm", "use_batch_norm"});
  f("dropout", dropout, "probability that a value of a hidden layer is set to zero in training",
    {.least = 0, .most = 0.99})
      .also_known_as({"dropout_rate", "dropout_probability", "drop", "p"});
}

std::string Regularization::in_words(const std::string& layer, Activation activation) const {
  auto words = layer;
  if (normalization != Normalize::none)
    words += ", " + std::string(name_of(normalization)) + " normalization";
  words = with_activation(std::move(words), activation);
  if (dropout > 0) words += ", dropout " + shortest(dropout);
  return words;
}

at::Tensor Regularization::finish(const at::Tensor& x, Normalization* normalization_of_layer,
                                  Activation activation, std::string_view layer, const Step& step) const {
  const auto normal = normalization_of_layer ? normalization_of_layer->forward(x, step.training) : x;
  return aelab::dropout(activate(activation, normal), dropout, layer, step);
}

at::Tensor dropout(const at::Tensor& x, double probability, std::string_view layer, const Step& step) {
  if (!step.training || probability == 0) return x;
  const auto kept = step.noise().uniform_like("dropout " + std::string(layer), x) >= probability;
  return at::where(kept, x * (1 / (1 - probability)), 0);
}

}  // namespace aelab
