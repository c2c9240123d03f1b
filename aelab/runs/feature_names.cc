#include "aelab/runs/feature_names.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "aelab/core/shape.h"
#include "aelab/data/columns_transform.h"

namespace aelab {
namespace {

/// "_3_5" of the i-th element of this shape, without leading dimensions of 1.
std::string place_in_shape(const Shape& shape, std::int64_t i) {
  std::string place;
  for (auto d = shape.size(); d-- > 0;) {
    const auto size = shape[d];
    const bool is_only_channel = d == 0 && size == 1 && shape.size() > 1;
    if (!is_only_channel) place = "_" + std::to_string(i % size) + place;
    i /= size;
  }
  return place;
}

}  // namespace

std::vector<std::string> feature_names(const Transforms& transforms, const InputSchema& input,
                                       const Autoencoder& model) {
  const auto count = elements(model.target_shape()), all = elements(model.input_shape());
  const auto first = model.reconstructs_input() ? 0 : all - count;
  const bool apart = std::all_of(transforms.begin(), transforms.end(),
                                 [](const auto& transform) { return transform->keeps_features(); }) &&
                     elements(input.shape) == all;
  std::vector<std::string> names;
  for (std::int64_t i = first; i < first + count; ++i) {
    const auto place = static_cast<std::size_t>(i);
    if (!apart)
      names.push_back("transformed_" + std::to_string(i));
    else if (place < input.columns.size())
      names.push_back(input.columns[place]);
    else if (!input.channels.empty() && input.shape.size() == 2)
      names.push_back(input.channels[place / static_cast<std::size_t>(input.shape[1])].name + "_" +
                      std::to_string(i % input.shape[1]));
    else if (input.shape.size() == 1)
      names.push_back("feature_" + std::to_string(i));
    else
      names.push_back((input.shape.size() == 3 ? "pixel" : "value") + place_in_shape(input.shape, i));
  }
  return names;
}

Tensor KnownFeatures::summed(const Tensor& amounts) const {
  if (!column_of.defined()) return amounts;
  return at::zeros({amounts.size(0), static_cast<std::int64_t>(names.size())}, amounts.options())
      .index_add_(1, column_of, amounts);
}

KnownFeatures known_features(const Transforms& transforms, const InputSchema& input,
                             const Autoencoder& model) {
  if (input.types.empty()) return {.names = feature_names(transforms, input, model)};
  KnownFeatures known;
  std::vector<std::int64_t> columns;
  for (const auto& type : input.types) {
    columns.insert(columns.end(), static_cast<std::size_t>(encoded_width(type)),
                   static_cast<std::int64_t>(known.names.size()));
    known.names.push_back(type.name);
  }
  known.column_of = at::tensor(columns);
  return known;
}

}  // namespace aelab
