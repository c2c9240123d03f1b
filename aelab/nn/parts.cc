#include "aelab/nn/parts.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "aelab/nn/sparse_codes.h"

namespace aelab {

void Terms::add(std::string name, const Tensor& value, double weight, Additivity additivity, Role role) {
  const bool rows = value.dim() > 0;
  terms_.push_back({.name = std::move(name),
                    .value = rows ? value.mean() : value,
                    .weight = weight,
                    .additivity = additivity,
                    .rows = rows ? value : Tensor(),
                    .role = role});
}

void Terms::scale(std::string_view name, const Tensor& factor) {
  for (auto& term : terms_)
    if (term.name == name) term.factor = factor;
}

Tensor Terms::costs(std::int64_t batch) const {
  Tensor sum;
  for (const auto& term : terms_) {
    if (term.role != Role::within_bound || term.weight == 0) continue;
    const auto cost = term.weight * (term.rows.defined() ? term.rows.reshape({batch, -1}) : term.value);
    sum = sum.defined() ? sum + cost : cost;
  }
  return sum.defined() ? sum : at::zeros({batch, 1}, terms_.at(0).value.options());
}

Tensor Terms::total() const {
  auto total = bound_;
  for (const auto& term : terms_) {
    if (term.weight == 0 || (bound_.defined() && term.role == Role::within_bound)) continue;
    auto weighted = term.weight == 1 ? term.value : term.value * term.weight;
    if (term.factor.defined()) weighted = weighted * term.factor;
    total = total.defined() ? total + weighted : weighted;
  }
  return total.defined() ? total : at::zeros({}, terms_.at(0).value.options());
}

std::int64_t parameter_count(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

std::vector<Tensor> Backbone::weights_of(std::string_view network) const {
  const auto prefix = std::string(network) + "_";
  std::vector<Tensor> weights;
  for (const auto& item : named_parameters()) {
    const auto& name = item.key();
    const bool named = name.starts_with(prefix) || name.find("." + prefix) != std::string::npos;
    if (named && item.value().dim() > 1) weights.push_back(item.value());
  }
  return weights;
}

Tensor Backbone::decode_active(const ActiveElements& active, const Step& step) const {
  auto shape = code_shape();
  shape.insert(shape.begin(), active.rows());
  return decode(dense(active).view(shape), step);
}

Tensor Backbone::vector_norms() const { return sums_of_norms(dictionary().vectors, blocks()); }

Tensor with_condition(const Tensor& x, const Step& step) {
  if (!step.condition.defined()) return x;
  auto shape = x.sizes().vec();
  shape[1] = step.condition.size(1);
  const auto samples = x.size(0) / step.condition.size(0);
  at::DimVector places(shape.size(), 1);
  places[0] = x.size(0);
  places[1] = shape[1];
  return at::cat({x, repeated(step.condition, samples).view(places).expand(shape)}, 1);
}

Shape BackboneContext::conditioned(Shape shape) const {
  shape.at(0) += condition;
  return shape;
}

std::int64_t BackboneContext::code_dimension() const {
  if (code) return *code;
  if (default_code) return *default_code;
  throw FieldError("../code", "this backbone needs the dimension of the code, such as \"code\": 32");
}

std::int64_t BackboneContext::output_channels() const {
  const auto outputs = output_shape();
  if (outputs.size() != input.size() || !std::equal(outputs.begin() + 1, outputs.end(), input.begin() + 1))
    throw FieldError("../likelihood", "needs outputs of shape " + to_string(outputs) +
                                          ", but this backbone's decoder gives outputs of the size of its "
                                          "inputs, " +
                                          to_string(input));
  return outputs[0];
}

Tensor Bottleneck::slope(const Tensor&, const Tensor&, const Step&) const {
  throw std::logic_error("a bottleneck without a slope");
}

Tensor Bottleneck::log_density(const Tensor&, const Tensor&) const {
  throw std::logic_error("a bottleneck without a density");
}

DiagonalGaussian Bottleneck::gaussian(const Tensor&) const {
  throw std::logic_error("a bottleneck whose codes are not Gaussian");
}

Tensor Bottleneck::from_indices(const Tensor&) const {
  throw std::logic_error("a bottleneck without a codebook");
}

Tensor Bottleneck::indices_of(const Tensor&) const {
  throw std::logic_error("a bottleneck without a codebook");
}

Tensor Bottleneck::log_prior(const Tensor&) const { throw std::logic_error("a bottleneck without a prior"); }

Tensor reading(const Pass& pass, const Bottleneck& bottleneck, const Step& step) {
  return bottleneck.samples_codes() ? bottleneck.read(pass.pre_code, step) : pass.code;
}

Tensor drawn_divergence(const Pass& pass, const Bottleneck& bottleneck) {
  const bool pathwise = pass.divergence == Divergence::pathwise;
  const auto known = pass.extras.find("log_density");
  const auto density =
      known != pass.extras.end() && !pathwise
          ? known->second
          : bottleneck.log_density(pass.code, pathwise ? pass.pre_code.detach() : pass.pre_code);
  return density - bottleneck.log_prior(pass.code);
}

}  // namespace aelab
