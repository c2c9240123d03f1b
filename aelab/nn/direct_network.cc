#include "aelab/nn/direct_network.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <algorithm>
#include <cstring>

#include "aelab/nn/direct_plan.h"

namespace aelab {
namespace {

using direct::Frame;
using direct::Images;
using direct::Operation;
using direct::Plan;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using LayerKind = ImageLayer::Kind;

/// A network at work on one batch: the plan, the weights as the kernels take them, and what is kept.
class Run : public torch::CustomClassHolder {
 public:
  Run(const std::vector<ImageLayer>& network, const at::Tensor& x, bool differentiable)
      : layers(network),
        plan_(direct::plan_of(network, x)),
        kernels_(*direct::chosen()),
        samples_(x.size(0)),
        blocks_((samples_ + kernels_.lanes - 1) / kernels_.lanes),
        places_(at::empty({(differentiable ? blocks_ : at::get_num_threads()), plan_.places * kernels_.lanes},
                          at::kByte)),
        tape_(at::empty({places_.size(0), plan_.tape * kernels_.lanes})),
        differentiable_(differentiable) {
    for (const auto& operation : plan_.operations)
      if (operation.kind == Operation::Kind::convolution) convolutions_.push_back(&operation);
  }

  const std::vector<ImageLayer> layers;

  /// `parameters`: weight and bias of each convolution.
  at::Tensor forward(const at::Tensor& x, at::TensorList parameters) {
    const auto from = x.contiguous();
    std::vector<std::vector<float>> packed;
    std::vector<at::Tensor> biases;
    for (std::size_t i = 0; i < convolutions_.size(); ++i) {
      packed.push_back(pack(enlarged_weight(i, parameters[2 * i]), convolutions_[i]->taps));
      const auto& polyphase = plan_.polyphase[i];
      const auto copies = polyphase ? polyphase->factor * polyphase->factor : 1;
      biases.push_back(parameters[2 * i + 1].repeat_interleave(copies));
    }
    auto y = at::empty({samples_, plan_.out.channels, plan_.out.height, plan_.out.width});
    const auto scratch = at::empty({at::get_num_threads(), plan_.scratch * lanes()});
    const auto* input = from.const_data_ptr<float>();
    auto* output = y.mutable_data_ptr<float>();
    at::parallel_for(0, blocks_, 1, [&](std::int64_t begin, std::int64_t end) {
      const auto thread = at::get_thread_num();
      for (auto b = begin; b < end; ++b) {
        const Memory memory = memory_of(b, thread, scratch);
        const auto first = input_image(0, memory, /*whole=*/false);
        clear_borders(0, memory);
        kernels_.load(input + b * lanes() * x[0].numel(), samples_of(b), x[0].numel(), first);
        for (std::size_t i = 0; i < plan_.operations.size(); ++i) run(i, memory, packed, biases);
        kernels_.store(output_image(plan_.operations.size() - 1, memory), output + b * lanes() * y[0].numel(),
                       samples_of(b), y[0].numel());
      }
    });
    return y;
  }

  /// Gradients of x (undefined unless wanted) and of each parameter.
  variable_list backward(const at::Tensor& gradient, const at::Tensor& x, at::TensorList parameters,
                         bool wants_x) const {
    const auto from = gradient.contiguous();
    std::vector<std::vector<float>> packed;
    for (std::size_t i = 0; i < convolutions_.size(); ++i)
      packed.push_back(
          pack(enlarged_weight(i, parameters[2 * i]).transpose(0, 1).flip({2, 3}), convolutions_[i]->taps));
    const auto threads = at::get_num_threads();
    std::vector<at::Tensor> sums;  // of the weights' and biases' gradients, for every thread and lane
    for (std::size_t i = 0; i < convolutions_.size(); ++i) {
      const auto& operation = *convolutions_[i];
      const auto out = plan_.output_of(place_of(operation)).channels;
      sums.push_back(
          at::zeros({threads, out, operation.in.channels, operation.taps, operation.taps, lanes()}));
      sums.push_back(at::zeros({threads, out, lanes()}));
    }
    at::Tensor of_x = wants_x ? at::empty(x.sizes()) : at::Tensor();
    const auto scratch = at::empty({threads, 3 * largest_gradient() * lanes()});
    at::parallel_for(0, blocks_, 1, [&](std::int64_t begin, std::int64_t end) {
      const auto thread = at::get_thread_num();
      for (auto b = begin; b < end; ++b) run_back(b, thread, from, packed, sums, scratch, of_x);
    });
    variable_list gradients = {of_x};
    for (std::size_t i = 0; i < convolutions_.size(); ++i) {
      const auto weight = sums[2 * i].sum(at::IntArrayRef({0, -1}));
      gradients.push_back(enlarged_weight_gradient(i, weight, parameters[2 * i]));
      const auto bias = sums[2 * i + 1].sum(at::IntArrayRef({0, -1}));
      gradients.push_back(plan_.polyphase[i] ? bias.view({parameters[2 * i + 1].size(0), -1}).sum(1) : bias);
    }
    return gradients;
  }

 private:
  /// What a block's operations work in.
  struct Memory {
    float *tape, *scratch;
    std::uint8_t* places;
  };

  const Plan plan_;
  const direct::Functions& kernels_;
  std::int64_t samples_, blocks_;
  at::Tensor places_, tape_;
  bool differentiable_;
  std::vector<const Operation*> convolutions_;

  std::int64_t lanes() const { return kernels_.lanes; }
  std::int64_t samples_of(std::int64_t block) const { return std::min(lanes(), samples_ - block * lanes()); }
  std::size_t place_of(const Operation& operation) const {
    return static_cast<std::size_t>(&operation - plan_.operations.data());
  }

  Memory memory_of(std::int64_t block, std::int64_t thread, const at::Tensor& scratch) const {
    const auto kept = differentiable_ ? block : thread;
    return {
        .tape = tape_.mutable_data_ptr<float>() + kept * tape_.size(1),
        .scratch = scratch.defined() ? scratch.mutable_data_ptr<float>() + thread * scratch.size(1) : nullptr,
        .places = places_.mutable_data_ptr<std::uint8_t>() + kept * places_.size(1)};
  }

  float* input_data(std::size_t i, const Memory& memory) const {
    const auto& operation = plan_.operations[i];
    return (operation.in_kept ? memory.tape : memory.scratch) + operation.in_at * lanes();
  }
  Images input_image(std::size_t i, const Memory& memory, bool whole) const {
    const auto& frame = plan_.operations[i].in;
    return whole ? frame.whole(input_data(i, memory), lanes()) : frame.inner(input_data(i, memory), lanes());
  }
  Images output_image(std::size_t i, const Memory& memory) const {
    if (i + 1 < plan_.operations.size()) return input_image(i + 1, memory, /*whole=*/false);
    return plan_.out.inner(memory.tape + plan_.out_at * lanes(), lanes());
  }
  void clear_borders(std::size_t i, const Memory& memory) const {
    if (i < plan_.operations.size()) plan_.operations[i].in.clear_borders(input_data(i, memory), lanes());
  }

  void run(std::size_t i, const Memory& memory, const std::vector<std::vector<float>>& packed,
           const std::vector<at::Tensor>& biases) const {
    const auto& operation = plan_.operations[i];
    clear_borders(i + 1, memory);
    const auto in = input_image(i, memory, operation.kind == Operation::Kind::convolution);
    const auto out = output_image(i, memory);
    switch (operation.kind) {
      case Operation::Kind::convolution:
        return kernels_.convolve(in, packed[operation.convolution].data(),
                                 biases[operation.convolution].const_data_ptr<float>(), out, operation.taps,
                                 operation.stride, operation.relu);
      case Operation::Kind::maximum:
        return kernels_.max_pool(in, out, operation.size, operation.relu,
                                 memory.places + operation.places_at * lanes());
      case Operation::Kind::average:
        return kernels_.average_pool(in, out, operation.size);
      case Operation::Kind::upsampling:
        return kernels_.upsample(in, out, operation.size);
      case Operation::Kind::interleaving:
        return kernels_.interleave(in, out, operation.size, operation.shift, operation.relu);
    }
  }

  /// How the gradient of operation i's output lies: with the zeros that the convolution back asks for.
  Frame gradient_frame(std::size_t i) const {
    const auto frame = unframed(plan_.output_of(i));
    const auto& operation = plan_.operations[i];
    if (operation.kind == Operation::Kind::convolution && operation.stride == 1)
      return framed(frame, operation);
    return frame;
  }
  /// The gradient of a convolution's output, `out`, as it is convolved back over its input.
  static Frame framed(Frame out, const Operation& operation) {
    out.before = operation.taps - 1 - operation.in.before;
    out.below = operation.in.height - 1 + operation.in.before - (out.height - 1);
    out.right = operation.in.width - 1 + operation.in.before - (out.width - 1);
    return out;
  }
  Frame spread_frame(std::size_t i) const {
    auto frame = plan_.output_of(i);
    frame.height = (frame.height - 1) * plan_.operations[i].stride + 1;
    frame.width = (frame.width - 1) * plan_.operations[i].stride + 1;
    return framed(frame, plan_.operations[i]);
  }
  std::int64_t largest_gradient() const {
    auto largest = plan_.operations.front().in.pixels();
    for (std::size_t i = 0; i < plan_.operations.size(); ++i) {
      largest = std::max(largest, gradient_frame(i).pixels());
      if (plan_.operations[i].stride > 1) largest = std::max(largest, spread_frame(i).pixels());
    }
    return largest;
  }

  /// One block's way back. Gradients of images go to and fro between two places; a third serves strides.
  void run_back(std::int64_t block, std::int64_t thread, const at::Tensor& gradient,
                const std::vector<std::vector<float>>& packed, const std::vector<at::Tensor>& sums,
                const at::Tensor& scratch, at::Tensor& of_x) const {
    const auto memory = memory_of(block, thread, {});
    const auto each = largest_gradient() * lanes();
    float* here = scratch.mutable_data_ptr<float>() + thread * scratch.size(1);
    float *there = here + each, *aside = here + 2 * each;
    const auto count = plan_.operations.size();
    gradient_frame(count - 1).clear_borders(here, lanes());
    const auto numbers = gradient[0].numel();
    kernels_.load(gradient.const_data_ptr<float>() + block * lanes() * numbers, samples_of(block), numbers,
                  gradient_frame(count - 1).inner(here, lanes()));
    for (std::size_t i = count; i-- > 0;) {
      const auto& operation = plan_.operations[i];
      const auto frame = gradient_frame(i);
      const auto of_output = frame.inner(here, lanes());
      if (operation.relu) kernels_.mask(of_output, output_image(i, memory));
      if (operation.kind == Operation::Kind::convolution)
        kernels_.add_weight_gradient(input_image(i, memory, /*whole=*/true), of_output,
                                     thread_sum(sums[2 * operation.convolution], thread),
                                     thread_sum(sums[2 * operation.convolution + 1], thread), operation.taps,
                                     operation.stride);
      if (i == 0 && !of_x.defined()) return;
      const auto below = i > 0 ? gradient_frame(i - 1) : unframed(operation.in);
      below.clear_borders(there, lanes());
      run_back_over(i, frame, here, below.inner(there, lanes()), aside, memory, packed);
      std::swap(here, there);
    }
    kernels_.store(unframed(plan_.operations.front().in).inner(here, lanes()),
                   of_x.mutable_data_ptr<float>() + block * lanes() * of_x[0].numel(), samples_of(block),
                   of_x[0].numel());
  }

  static Frame unframed(Frame frame) {
    frame.before = frame.below = frame.right = 0;
    return frame;
  }

  static float* thread_sum(const at::Tensor& sums, std::int64_t thread) {
    return sums.mutable_data_ptr<float>() + thread * sums.stride(0);
  }

  /// From the gradient of operation i's output, in `frame`, to that of its input.
  void run_back_over(std::size_t i, const Frame& frame, float* from, const Images& to, float* aside,
                     const Memory& memory, const std::vector<std::vector<float>>& packed) const {
    const auto& operation = plan_.operations[i];
    const auto gradient = frame.inner(from, lanes());
    switch (operation.kind) {
      case Operation::Kind::convolution: {
        auto whole = frame.whole(from, lanes());
        if (operation.stride > 1) {
          const auto wide = spread_frame(i);
          wide.clear_borders(aside, lanes());
          kernels_.spread(gradient, wide.inner(aside, lanes()), operation.stride);
          whole = wide.whole(aside, lanes());
        }
        return kernels_.convolve(whole, packed[operation.convolution].data(), nullptr, to, operation.taps, 1,
                                 /*relu=*/false);
      }
      case Operation::Kind::maximum:
        clear_uncovered(to, operation);
        return kernels_.max_pool_gradient(gradient, memory.places + operation.places_at * lanes(), to,
                                          operation.size);
      case Operation::Kind::average:
        clear_uncovered(to, operation);
        return kernels_.average_pool_gradient(gradient, to, operation.size);
      case Operation::Kind::upsampling:
        return kernels_.upsample_gradient(gradient, to, operation.size);
      case Operation::Kind::interleaving:
        return kernels_.interleave_gradient(gradient, to, operation.size, operation.shift);
    }
  }

  /// The pixels at the border that no window of a pool covers.
  void clear_uncovered(const Images& to, const Operation& operation) const {
    if (to.height % operation.size == 0 && to.width % operation.size == 0) return;
    for (std::int64_t c = 0; c < to.channels; ++c)
      for (std::int64_t y = 0; y < to.height; ++y)
        std::memset(to.data + c * to.plane + y * to.row, 0,
                    static_cast<std::size_t>(to.width * lanes()) * sizeof(float));
  }

  // ---- weights

  std::vector<float> pack(const at::Tensor& weight, std::int64_t taps) const {
    const auto from = weight.contiguous();
    std::vector<float> packed(static_cast<std::size_t>(from.numel()));
    kernels_.pack(from.const_data_ptr<float>(), packed.data(), from.size(0), from.size(1), taps);
    return packed;
  }

  at::Tensor enlarged_weight(std::size_t convolution, const at::Tensor& weight) const {
    const auto& polyphase = plan_.polyphase[convolution];
    return polyphase ? polyphase_weight(*polyphase, weight) : weight;
  }
  at::Tensor enlarged_weight_gradient(std::size_t convolution, const at::Tensor& gradient,
                                      const at::Tensor& weight) const {
    const auto& polyphase = plan_.polyphase[convolution];
    return polyphase ? polyphase_weight_gradient(*polyphase, gradient, weight.sizes()) : gradient;
  }
};

/// The parameters of the convolutions, each weight before its bias.
std::vector<at::Tensor> parameters_in(const std::vector<ImageLayer>& layers) {
  std::vector<at::Tensor> parameters;
  for (const auto& layer : layers)
    if (layer.kind == LayerKind::convolution) {
      parameters.push_back(layer.weight);
      parameters.push_back(layer.bias);
    }
  return parameters;
}

class DirectNetwork : public torch::autograd::Function<DirectNetwork> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, at::TensorList parameters,
                            const c10::intrusive_ptr<Run>& run) {
    auto saved = parameters.vec();
    saved.push_back(x);
    context->save_for_backward(std::move(saved));
    context->saved_data["run"] = c10::IValue::make_capsule(run);
    return run->forward(x, parameters);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    auto parameters = context->get_saved_variables();
    const auto x = parameters.back();
    parameters.pop_back();
    const auto run = c10::static_intrusive_pointer_cast<Run>(context->saved_data["run"].toCapsule());
    const bool wants_x = context->needs_input_grad(0);
    auto results = at::GradMode::is_enabled()
                       ? differentiable_gradients(run->layers, x, parameters, gradients[0])
                       : run->backward(gradients[0], x, parameters, wants_x);
    results.emplace_back();  // of the run
    return results;
  }

 private:
  /// Gradients that can be differentiated again, by LibTorch's operators and another forward pass.
  static variable_list differentiable_gradients(std::vector<ImageLayer> layers, const at::Tensor& x,
                                                const variable_list& parameters, const at::Tensor& gradient) {
    std::size_t next = 0;
    for (auto& layer : layers)
      if (layer.kind == LayerKind::convolution) {
        layer.weight = parameters[next++];
        layer.bias = parameters[next++];
      }
    variable_list inputs = {x}, wanted;
    inputs.insert(inputs.end(), parameters.begin(), parameters.end());
    for (const auto& input : inputs)
      if (input.requires_grad()) wanted.push_back(input);
    const auto found = torch::autograd::grad({convolve_by_operators(layers, x)}, wanted, {gradient}, true,
                                             /*create_graph=*/true);
    variable_list results;
    auto of = found.begin();
    for (const auto& input : inputs) results.push_back(input.requires_grad() ? *of++ : at::Tensor());
    return results;
  }
};

bool has_own_activation(const ImageLayer& layer) {
  return layer.kind == LayerKind::convolution && layer.activation != Activation::linear &&
         layer.activation != Activation::relu;
}

}  // namespace

bool suits_direct(const std::vector<ImageLayer>& layers, const at::Tensor& x) {
  constexpr std::int64_t kMostWork = 32 * 32;  // in times out channels; beyond, oneDNN is as fast
  const bool leaf = x.requires_grad() && x.is_leaf();
  if (layers.empty() || x.scalar_type() != at::kFloat || !x.is_cpu() || x.numel() == 0 || leaf) return false;
  return std::all_of(layers.begin(), layers.end(), [](const ImageLayer& layer) {
    if (layer.kind == LayerKind::pooling) return layer.size < 16;  // a place in a window fits a byte
    if (layer.kind == LayerKind::upsampling) return true;
    const auto& weight = layer.weight;
    return weight.scalar_type() == at::kFloat && weight.is_cpu() && layer.padding < weight.size(2) &&
           weight.size(0) * weight.size(1) <= kMostWork;
  });
}

at::Tensor convolve_directly(const std::vector<ImageLayer>& layers, const at::Tensor& x) {
  const auto end = std::find_if(layers.begin(), layers.end(), has_own_activation);
  if (end == layers.end()) {
    const auto parameters = parameters_in(layers);
    const bool differentiable = torch::autograd::compute_requires_grad(x, at::TensorList(parameters));
    const auto run = c10::make_intrusive<Run>(layers, x, differentiable);
    return DirectNetwork::apply(x, at::TensorList(parameters), run);
  }
  // The kernels know ReLU alone: other activations stand between two networks.
  std::vector<ImageLayer> first(layers.begin(), end + 1);
  first.back().activation = Activation::linear;
  const auto activated = activate(end->activation, convolve_directly(first, x));
  return end + 1 == layers.end() ? activated : convolve_directly({end + 1, layers.end()}, activated);
}

}  // namespace aelab
