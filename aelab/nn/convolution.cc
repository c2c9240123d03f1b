#include "aelab/nn/convolution.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <array>
#include <map>
#include <mutex>
#include <tuple>

#include "aelab/nn/direct_network.h"
#include "aelab/nn/kernels.h"
#include "aelab/nn/threads.h"
#include "aelab/nn/work.h"

namespace aelab {

std::span<const std::string_view> names(Pooling) {
  static constexpr std::array<std::string_view, 2> kNames = {"max", "average"};
  return kNames;
}

std::int64_t ImageLayer::output(std::int64_t input) const {
  if (kind == Kind::upsampling) return input * size;
  if (kind == Kind::pooling) return (input + (ceil ? size - 1 : 0)) / size;
  return (input + 2 * padding - weight.size(2)) / stride + 1;
}

bool enlarges_a_convolution(const std::vector<ImageLayer>& layers, std::size_t i) {
  return layers[i].kind == ImageLayer::Kind::upsampling && i + 1 < layers.size() &&
         layers[i + 1].kind == ImageLayer::Kind::convolution && layers[i + 1].stride == 1;
}

Polyphase::Polyphase(std::int64_t enlargement, std::int64_t kernel_size, std::int64_t padding)
    : factor(enlargement),
      kernel(kernel_size),
      shift((factor - padding % factor) % factor),
      before((shift + padding) / factor),
      taps((kernel + factor - 2) / factor + 1) {}

namespace {

using LayerKind = ImageLayer::Kind;

/// Channels last, in which LibTorch's convolutions and pooling are fastest (Golan's net, batch 128: a
/// step of 21 -> 15 ms). For one channel contiguous(ChannelsLast) would do nothing, and later operators fall
/// back to channels first; the strides have to say it.
at::Tensor channels_last(const at::Tensor& x) {
  if (x.size(1) != 1) return x.contiguous(at::MemoryFormat::ChannelsLast);
  return x.reshape({x.size(0), x.size(2), x.size(3), 1}).permute({0, 3, 1, 2});
}

/// Which of a kernel's weights fall on which tap of which phase: [kernel^2, factor^2 taps^2] of 0 and 1.
at::Tensor make_polyphase_matrix(const Polyphase& polyphase, const at::TensorOptions& options) {
  const auto [u, k, t] = std::array{polyphase.factor, polyphase.kernel, polyphase.taps};
  const auto count = [&](std::int64_t n) { return at::arange(n, options.dtype(at::kInt)); };
  const auto first = count(u).unsqueeze(1) + count(k).view({k, 1, 1}) - count(t) * u;
  // [kernel, factor, taps]: whether the tap is that of Polyphase::tap.
  const auto on_side = (first >= 0).mul_(first < u).to(options);
  return (on_side.view({k, 1, u, 1, t, 1}) * on_side.view({1, k, 1, u, 1, t})).view({k * k, u * u * t * t});
}

/// The same, of the type and on the device of a weight. It is a constant, made once: its eight operators
/// would be 5 % of a step of Golan's net with batches of 128.
at::Tensor polyphase_matrix(const Polyphase& polyphase, const at::Tensor& weight) {
  using Key = std::tuple<std::int64_t, std::int64_t, at::ScalarType, at::DeviceType, at::DeviceIndex>;
  static std::mutex mutex;
  static std::map<Key, at::Tensor> matrices;
  const Key key(polyphase.factor, polyphase.kernel, weight.scalar_type(), weight.device().type(),
                weight.device().index());
  const std::lock_guard lock(mutex);
  auto& matrix = matrices[key];
  if (!matrix.defined()) {
    const c10::InferenceMode usable_in_training(false);
    matrix = make_polyphase_matrix(polyphase, weight.options().requires_grad(false));
  }
  return matrix;
}

}  // namespace

at::Tensor polyphase_weight(const Polyphase& polyphase, const at::Tensor& weight) {
  const auto out = weight.size(0), in = weight.size(1), u = polyphase.factor, t = polyphase.taps;
  return at::mm(weight.reshape({out * in, -1}), polyphase_matrix(polyphase, weight))
      .view({out, in, u * u, t, t})
      .transpose(1, 2)
      .reshape({out * u * u, in, t, t});
}

at::Tensor polyphase_weight_gradient(const Polyphase& polyphase, const at::Tensor& gradient,
                                     at::IntArrayRef shape) {
  const auto out = shape[0], in = shape[1], u = polyphase.factor, t = polyphase.taps;
  const auto rows = gradient.view({out, u * u, in, t * t}).transpose(1, 2).reshape({out * in, u * u * t * t});
  return at::mm(rows, polyphase_matrix(polyphase, gradient).t()).view(shape);
}

namespace {

/// The convolution `layer` of x enlarged by `factor` (Golan's net, batch 128: its last layer forward
/// 2.6 -> .3 ms, backward 3 -> .4).
at::Tensor convolve_enlarged(std::int64_t factor, const ImageLayer& layer, const at::Tensor& x) {
  const Polyphase polyphase(factor, layer.weight.size(2), layer.padding);
  const auto u = polyphase.factor;
  const auto large = [&](std::int64_t size) { return layer.output(u * size); };
  const auto after = [&](std::int64_t size) {
    return polyphase.small_rows(large(size)) + polyphase.taps - 1 - polyphase.before - size;
  };
  const auto height = large(x.size(2)), width = large(x.size(3));
  const auto padded =
      at::constant_pad_nd(x, {polyphase.before, after(x.size(3)), polyphase.before, after(x.size(2))});
  const auto small =
      at::conv2d(channels_last(padded), channels_last(polyphase_weight(polyphase, layer.weight)),
                 layer.bias.repeat_interleave(u * u));
  return at::pixel_shuffle(small, u)
      .slice(2, polyphase.shift, polyphase.shift + height)
      .slice(3, polyphase.shift, polyphase.shift + width);
}

at::Tensor pool(const ImageLayer& layer, const at::Tensor& x) {
  if (layer.pooling == Pooling::max) return at::max_pool2d(x, layer.size, layer.size, 0, 1, layer.ceil);
  return at::avg_pool2d(x, layer.size, layer.size, 0, layer.ceil, /*count_include_pad=*/false);
}

bool is_maximum(const ImageLayer& layer) {
  return layer.kind == LayerKind::pooling && layer.pooling == Pooling::max;
}

void count_work(const std::vector<ImageLayer>& layers, const at::Tensor& x) {
  auto height = x.size(2), width = x.size(3);
  bool gradient = x.requires_grad();
  std::int64_t factor = 1;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto& layer = layers[i];
    height = layer.output(height);
    width = layer.output(width);
    if (layer.kind == LayerKind::convolution) {
      const auto kernel = layer.weight.size(2);
      const auto taps = factor > 1 ? Polyphase(factor, kernel, layer.padding).taps : kernel;
      count_multiply_adds(
          x.size(0) * layer.weight.size(0) * layer.weight.size(1) * taps * taps * height * width, gradient,
          layer.weight.requires_grad());
      gradient = gradient || layer.weight.requires_grad();
    }
    factor = enlarges_a_convolution(layers, i) ? layer.size : 1;
  }
}

}  // namespace

at::Tensor convolve_by_operators(const std::vector<ImageLayer>& layers, const at::Tensor& x) {
  auto hidden = channels_last(x);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto& layer = layers[i];
    const auto* next = i + 1 < layers.size() ? &layers[i + 1] : nullptr;
    if (layer.kind == LayerKind::pooling) {
      hidden = pool(layer, hidden);
    } else if (enlarges_a_convolution(layers, i)) {
      hidden = convolve_enlarged(layer.size, *next, hidden);
      hidden = activate(next->activation, hidden);
      ++i;
    } else if (layer.kind == LayerKind::upsampling) {
      hidden = at::upsample_nearest2d(hidden, {hidden.size(2) * layer.size, hidden.size(3) * layer.size});
    } else {
      hidden = at::conv2d(channels_last(hidden), channels_last(layer.weight), layer.bias, layer.stride,
                          layer.padding);
      // ReLU grows with its argument, so it may follow the maximum, on fewer pixels: a step loses 8 %.
      if (layer.activation == Activation::relu && next && is_maximum(*next)) {
        hidden = pool(*next, hidden);
        ++i;
      }
      hidden = activate(layer.activation, hidden);
    }
  }
  return hidden;
}

at::Tensor convolve(const std::vector<ImageLayer>& layers, const at::Tensor& x) {
  count_work(layers, x);
  settle_threads();
  if (kernels().convolution == DirectKernel::direct && suits_direct(layers, x))
    return convolve_directly(layers, x);
  return convolve_by_operators(layers, x);
}

}  // namespace aelab
