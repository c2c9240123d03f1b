#include "aelab/nn/direct_plan.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

namespace aelab::direct {

void Frame::clear_borders(float* data, std::int64_t lanes) const {
  const auto clear = [&](float* from, std::int64_t count) {
    std::memset(from, 0, static_cast<std::size_t>(count * lanes) * sizeof(float));
  };
  if (before + below + right == 0) return;
  for (std::int64_t c = 0; c < channels; ++c, data += rows() * columns() * lanes) {
    clear(data, before * columns());
    for (std::int64_t y = before; y < before + height; ++y) {
      clear(data + y * columns() * lanes, before);
      clear(data + (y * columns() + before + width) * lanes, right);
    }
    clear(data + (before + height) * columns() * lanes, below * columns());
  }
}
namespace {

/// Sizes of the operations' inputs, one after the other.
class Planner {
 public:
  Planner(const std::vector<ImageLayer>& layers, const at::Tensor& x)
      : size_{.channels = x.size(1), .height = x.size(2), .width = x.size(3)} {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (!enlarges_a_convolution(layers, i)) {
        add(layers[i]);
        continue;
      }
      const auto factor = layers[i].size;
      add_enlarged(factor, layers[++i]);
    }
    plan_.out = size_;
    lay_out();
  }
  Plan take() { return std::move(plan_); }

 private:
  using Kind = Operation::Kind;
  Plan plan_;
  Frame size_;  // of what comes next

  Operation& append(Operation operation, std::int64_t channels, std::int64_t height, std::int64_t width) {
    operation.in.channels = size_.channels;
    operation.in.height = size_.height;
    operation.in.width = size_.width;
    plan_.operations.push_back(operation);
    size_ = {.channels = channels, .height = height, .width = width};
    return plan_.operations.back();
  }

  void append_convolution(std::int64_t channels, std::int64_t height, std::int64_t width, std::int64_t taps,
                          std::int64_t stride, std::int64_t before, bool relu) {
    const auto in = size_;
    auto& operation = append({.kind = Kind::convolution,
                              .taps = taps,
                              .stride = stride,
                              .convolution = plan_.polyphase.size(),
                              .relu = relu},
                             channels, height, width);
    operation.in.before = before;
    operation.in.below = std::max<std::int64_t>(0, (height - 1) * stride + taps - before - in.height);
    operation.in.right = std::max<std::int64_t>(0, (width - 1) * stride + taps - before - in.width);
  }

  void add_enlarged(std::int64_t factor, const ImageLayer& layer) {
    const Polyphase polyphase(factor, layer.weight.size(2), layer.padding);
    const auto height = layer.output(factor * size_.height), width = layer.output(factor * size_.width),
               out = layer.weight.size(0);
    append_convolution(out * factor * factor, polyphase.small_rows(height), polyphase.small_rows(width),
                       polyphase.taps, 1, polyphase.before, /*relu=*/false);
    plan_.polyphase.emplace_back(polyphase);
    append({.kind = Kind::interleaving,
            .size = factor,
            .shift = polyphase.shift,
            .relu = layer.activation == Activation::relu},
           out, height, width);
  }

  void add(const ImageLayer& layer) {
    const auto height = layer.output(size_.height), width = layer.output(size_.width);
    if (layer.kind == ImageLayer::Kind::upsampling) {
      append({.kind = Kind::upsampling, .size = layer.size}, size_.channels, height, width);
    } else if (layer.kind == ImageLayer::Kind::pooling) {
      const bool maximum = layer.pooling == Pooling::max;
      // ReLU grows with its argument, so that of the convolution before may follow the maximum.
      auto* before = plan_.operations.empty() ? nullptr : &plan_.operations.back();
      const bool relu = maximum && before && before->kind == Kind::convolution && before->relu;
      if (relu) before->relu = false;
      append({.kind = maximum ? Kind::maximum : Kind::average, .size = layer.size, .relu = relu},
             size_.channels, height, width);
    } else {
      append_convolution(layer.weight.size(0), height, width, layer.weight.size(2), layer.stride,
                         layer.padding, layer.activation == Activation::relu);
      plan_.polyphase.emplace_back();
    }
  }

  void lay_out() {
    std::int64_t scratch = 0;
    for (std::size_t i = 0; i < plan_.operations.size(); ++i) {
      auto& operation = plan_.operations[i];
      // Gradients need what a convolution sees and what a ReLU gave, nothing else.
      operation.in_kept = i == 0 || operation.kind == Kind::convolution || plan_.operations[i - 1].relu;
      auto& end = operation.in_kept ? plan_.tape : scratch;
      operation.in_at = end;
      end += operation.in.pixels();
      if (operation.kind == Kind::maximum) {
        operation.places_at = plan_.places;
        plan_.places += plan_.output_of(i).pixels();
      }
    }
    plan_.out_at = plan_.tape;
    plan_.tape += plan_.out.pixels();
    plan_.scratch = scratch;
  }
};

}  // namespace

Plan plan_of(const std::vector<ImageLayer>& layers, const at::Tensor& x) { return Planner(layers, x).take(); }

}  // namespace aelab::direct
