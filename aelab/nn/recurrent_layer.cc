#include "aelab/nn/recurrent_layer.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <vector>

#include "aelab/nn/work.h"

namespace aelab {

std::span<const std::string_view> names(Cell) {
  static constexpr std::array<std::string_view, 2> kNames = {"lstm", "gru"};
  return kNames;
}

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::int64_t gates_of(Cell cell) { return cell == Cell::lstm ? 4 : 3; }

/// The products of all time steps with the inputs, bias included: [steps, batch, gates width], or [batch,
/// gates width] where all steps have the same.
struct Gates {
  Tensor of_inputs;
  std::int64_t steps;

  Tensor at(std::int64_t t) const { return of_inputs.dim() == 3 ? of_inputs[t] : of_inputs; }
};

// ---- by operators, which can be differentiated any number of times

/// [steps, batch, width].
Tensor unrolled(Cell cell, const Gates& gates, const Tensor& weight, const Tensor& bias) {
  Tensor hidden = at::zeros({gates.of_inputs.size(-2), weight.size(1)}, weight.options()), memory = hidden;
  std::vector<Tensor> outputs;
  for (std::int64_t t = 0; t < gates.steps; ++t) {
    const auto of_hidden = at::addmm(bias, hidden, weight.t());
    if (cell == Cell::lstm) {
      const auto gate = (gates.at(t) + of_hidden).chunk(4, 1);
      memory = gate[1].sigmoid() * memory + gate[0].sigmoid() * gate[2].tanh();
      hidden = gate[3].sigmoid() * memory.tanh();
    } else {
      const auto input = gates.at(t).chunk(3, 1), state = of_hidden.chunk(3, 1);
      const auto reset = (input[0] + state[0]).sigmoid(), keep = (input[1] + state[1]).sigmoid();
      const auto candidate = (input[2] + reset * state[2]).tanh();
      hidden = candidate + keep * (hidden - candidate);
    }
    outputs.push_back(hidden);
  }
  return at::stack(outputs);
}

// ---- one operation with its first derivative: a training step takes a third of the time

/// What the backward pass needs of the forward pass.
struct Trace {
  Tensor hidden;  ///< [steps, batch, width]
  Tensor gates;   ///< activated, [steps, batch, gates width]
  Tensor memory;  ///< [steps, batch, width]: the cell's of an LSTM; the candidate's product of a GRU
};

/// x of the time step before, zeros before the first: [steps, batch, width].
Tensor before(const Tensor& x) {
  return at::cat({at::zeros_like(x.narrow(0, 0, 1)), x.narrow(0, 0, x.size(0) - 1)});
}

Trace lstm_trace(const Gates& inputs, const Tensor& weight, const Tensor& bias) {
  const auto width = weight.size(1), batch = inputs.of_inputs.size(-2);
  Trace trace{.hidden = at::empty({inputs.steps, batch, width}, weight.options()),
              .gates = at::empty({inputs.steps, batch, 4 * width}, weight.options()),
              .memory = at::empty({inputs.steps, batch, width}, weight.options())};
  const Gates biased{inputs.of_inputs + bias, inputs.steps};
  const auto transposed = weight.t();
  auto hidden = at::zeros({batch, width}, weight.options()), memory = hidden;
  for (std::int64_t t = 0; t < inputs.steps; ++t) {
    auto gates = trace.gates[t];
    at::addmm_out(gates, biased.at(t), hidden, transposed);
    gates.narrow(1, 0, 2 * width).sigmoid_();
    gates.narrow(1, 2 * width, width).tanh_();
    gates.narrow(1, 3 * width, width).sigmoid_();
    auto next = trace.memory[t];
    at::mul_out(next, gates.narrow(1, width, width), memory);
    next.addcmul_(gates.narrow(1, 0, width), gates.narrow(1, 2 * width, width));
    memory = next;
    hidden = trace.hidden[t];
    at::tanh_out(hidden, memory);
    hidden.mul_(gates.narrow(1, 3 * width, width));
  }
  return trace;
}

Trace gru_trace(const Gates& inputs, const Tensor& weight, const Tensor& bias) {
  const auto width = weight.size(1), batch = inputs.of_inputs.size(-2);
  Trace trace{.hidden = at::empty({inputs.steps, batch, width}, weight.options()),
              .gates = at::empty({inputs.steps, batch, 3 * width}, weight.options()),
              .memory = at::empty({inputs.steps, batch, width}, weight.options())};
  const auto transposed = weight.t();
  auto hidden = at::zeros({batch, width}, weight.options());
  for (std::int64_t t = 0; t < inputs.steps; ++t) {
    const auto input = inputs.at(t), state = at::addmm(bias, hidden, transposed);
    auto both = trace.gates[t].narrow(1, 0, 2 * width),
         candidate = trace.gates[t].narrow(1, 2 * width, width);
    at::add_out(both, input.narrow(1, 0, 2 * width), state.narrow(1, 0, 2 * width)).sigmoid_();
    const auto product = trace.memory[t].copy_(state.narrow(1, 2 * width, width));
    at::addcmul_out(candidate, input.narrow(1, 2 * width, width), both.narrow(1, 0, width), product).tanh_();
    auto next = trace.hidden[t];
    at::sub_out(next, hidden, candidate);
    next.mul_(both.narrow(1, width, width)).add_(candidate);
    hidden = next;
  }
  return trace;
}

/// The gradients of the gates' sums: of the part of the inputs, and of that of the hidden state, which are
/// one tensor where they are the same. [steps, batch, gates width].
struct GateGradients {
  Tensor of_inputs, of_hidden;
};

Tensor slope_of_sigmoid(const Tensor& y) { return y * (1 - y); }
Tensor slope_of_tanh(const Tensor& y) { return 1 - y * y; }

GateGradients lstm_gradients(const Tensor& gradient, const Trace& trace, const Tensor& weight) {
  const auto steps = gradient.size(0), batch = gradient.size(1), width = gradient.size(2);
  const auto gates = trace.gates.chunk(4, 2);
  const auto squashed = trace.memory.tanh();
  // What the gradients of memory and hidden state are multiplied by, of all time steps at once.
  const auto of_memory =
      at::stack({gates[2] * slope_of_sigmoid(gates[0]), before(trace.memory) * slope_of_sigmoid(gates[1]),
                 gates[0] * slope_of_tanh(gates[2])},
                2);  // [steps, batch, 3, width]
  const auto of_output = squashed * slope_of_sigmoid(gates[3]);
  const auto into_memory = gates[3] * slope_of_tanh(squashed);
  auto found = at::empty({steps, batch, 4, width}, gradient.options());
  auto memory = at::zeros({batch, width}, gradient.options());
  Tensor hidden;
  for (auto t = steps; t-- > 0;) {
    const auto here = hidden.defined() ? gradient[t] + hidden : gradient[t];
    memory.addcmul_(here, into_memory[t]);
    auto of_gates = found[t].narrow(1, 0, 3), of_last = found[t].select(1, 3);
    at::mul_out(of_gates, memory.unsqueeze(1), of_memory[t]);
    at::mul_out(of_last, here, of_output[t]);
    memory.mul_(gates[1][t]);
    hidden = at::mm(found[t].view({batch, -1}), weight);
  }
  const auto all = found.view({steps, batch, -1});
  return {all, all};
}

GateGradients gru_gradients(const Tensor& gradient, const Trace& trace, const Tensor& weight) {
  const auto steps = gradient.size(0), batch = gradient.size(1), width = gradient.size(2);
  const auto gates = trace.gates.chunk(3, 2);
  const auto &reset = gates[0], &keep = gates[1], &candidate = gates[2];
  const auto of_candidate = (1 - keep) * slope_of_tanh(candidate);
  const auto of_reset = of_candidate * trace.memory * slope_of_sigmoid(reset);
  const auto of_keep = (before(trace.hidden) - candidate) * slope_of_sigmoid(keep);
  const auto factors = at::stack({of_reset, of_keep, of_candidate}, 2);  // [steps, batch, 3, width]
  const auto of_product = of_candidate * reset;
  auto found = at::empty({steps, batch, 3, width}, gradient.options());
  auto products = at::empty({steps, batch, 3, width}, gradient.options());
  Tensor hidden;
  for (auto t = steps; t-- > 0;) {
    const auto here = hidden.defined() ? gradient[t] + hidden : gradient[t];
    auto of_gates = found[t], of_last = products[t].select(1, 2);
    at::mul_out(of_gates, here.unsqueeze(1), factors[t]);
    products[t].narrow(1, 0, 2).copy_(of_gates.narrow(1, 0, 2));
    at::mul_out(of_last, here, of_product[t]);
    hidden = at::addmm(here * keep[t], products[t].view({batch, -1}), weight);
  }
  return {found.view({steps, batch, -1}), products.view({steps, batch, -1})};
}

class Unrolled : public torch::autograd::Function<Unrolled> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& of_inputs, const Tensor& weight,
                        const Tensor& bias, Cell cell, std::int64_t steps) {
    const Gates gates{of_inputs, steps};
    const auto trace = cell == Cell::lstm ? lstm_trace(gates, weight, bias) : gru_trace(gates, weight, bias);
    context->save_for_backward({of_inputs, weight, bias, trace.hidden, trace.gates, trace.memory});
    context->saved_data["lstm"] = cell == Cell::lstm;
    context->saved_data["steps"] = steps;
    return trace.hidden;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto cell = context->saved_data["lstm"].toBool() ? Cell::lstm : Cell::gru;
    const auto steps = context->saved_data["steps"].toInt();
    auto found = at::GradMode::is_enabled()
                     ? differentiable_gradients(cell, {saved[0], steps}, saved, gradients[0])
                     : once(cell, saved, gradients[0]);
    found.resize(5);  // of the cell and the number of steps none
    return found;
  }

 private:
  static variable_list once(Cell cell, const variable_list& saved, const Tensor& gradient) {
    const auto &of_inputs = saved[0], &weight = saved[1];
    const Trace trace{.hidden = saved[3], .gates = saved[4], .memory = saved[5]};
    const auto found =
        cell == Cell::lstm ? lstm_gradients(gradient, trace, weight) : gru_gradients(gradient, trace, weight);
    const auto sums = found.of_hidden.flatten(0, 1);
    return {of_inputs.dim() == 3 ? found.of_inputs : found.of_inputs.sum(0),
            at::mm(sums.t(), before(trace.hidden).flatten(0, 1)), sums.sum(0)};
  }

  /// Gradients that can be differentiated again, by another forward pass.
  static variable_list differentiable_gradients(Cell cell, const Gates& gates, const variable_list& saved,
                                                const Tensor& gradient) {
    const variable_list inputs(saved.begin(), saved.begin() + 3);
    variable_list wanted;
    for (const auto& input : inputs)
      if (input.requires_grad()) wanted.push_back(input);
    const auto found = torch::autograd::grad({unrolled(cell, gates, saved[1], saved[2])}, wanted, {gradient},
                                             /*retain_graph=*/true, /*create_graph=*/true);
    variable_list results;
    auto of = found.begin();
    for (const auto& input : inputs) results.push_back(input.requires_grad() ? *of++ : Tensor());
    return results;
  }
};

}  // namespace

RecurrentLayer::RecurrentLayer(Cell cell, std::int64_t in, std::int64_t width, Initialization initialization,
                               Initializer& initializer)
    : cell_(cell), width_(width) {
  const auto gates = gates_of(cell) * width;
  weight_ih_ = register_parameter("weight_ih", initializer.weight({gates, in}, initialization));
  weight_hh_ = register_parameter("weight_hh", initializer.weight({gates, width}, initialization));
  auto bias = initializer.zeros({gates});
  if (cell == Cell::lstm) bias.narrow(0, width, width).fill_(1);  // the forget gate's
  bias_ih_ = register_parameter("bias_ih", bias);
  bias_hh_ = register_parameter("bias_hh", initializer.zeros({gates}));
}

Tensor RecurrentLayer::forward(const Tensor& x, std::optional<std::int64_t> length) const {
  // The products with the inputs of all time steps are one.
  const auto of_inputs = linear(x.flatten(0, -2), weight_ih_, bias_ih_);
  const auto steps = length ? *length : x.size(1);
  const auto by_time = length ? of_inputs : of_inputs.view({x.size(0), steps, -1}).transpose(0, 1);
  count_multiply_adds(x.size(0) * steps * weight_hh_.numel(), /*gradient=*/true, weight_hh_.requires_grad());
  return Unrolled::apply(by_time, weight_hh_, bias_hh_, cell_, steps).transpose(0, 1);
}

}  // namespace aelab
