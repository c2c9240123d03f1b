// The recurrent backbone against LibTorch's lstm and gru, which take the same parameters.

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "aelab/nn/recurrent_backbone.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

constexpr std::int64_t kBatch = 3, kChannels = 2, kLength = 7;

Tensor series_batch() {
  auto random = fixed_generator();
  return at::empty({kBatch, kChannels, kLength}).normal_(0, 1, random);
}

/// Biases of zero would hide where they belong.
void fill_biases(torch::nn::Module& module) {
  const at::NoGradGuard no_grad;
  auto random = fixed_generator();
  for (const auto& item : module.named_parameters())
    if (item.key().find("bias") != std::string::npos) item.value().normal_(0, 1, random);
}

std::vector<Tensor> parameters_of_layer(const torch::nn::Module& layer) {
  const auto parameters = layer.named_parameters();
  return {parameters["weight_ih"], parameters["weight_hh"], parameters["bias_ih"], parameters["bias_hh"]};
}

/// The outputs of all time steps by LibTorch, [batch, length, width].
Tensor by_libtorch(Cell cell, const RecurrentLayer& layer, const Tensor& x) {
  const auto state = at::zeros({1, x.size(0), layer.width()});
  const auto parameters = parameters_of_layer(layer);
  if (cell == Cell::gru) return std::get<0>(at::gru(x, state, parameters, true, 1, 0, false, false, true));
  return std::get<0>(at::lstm(x, {state, state}, parameters, true, 1, 0, false, false, true));
}

TEST(RecurrentLayer, IsLibTorchs) {
  for (const auto cell : {Cell::lstm, Cell::gru}) {
    SCOPED_TRACE(name_of(cell));
    Initializer initializer(3);
    RecurrentLayer layer(cell, kChannels, 5, Initialization::glorot_uniform, initializer);
    fill_biases(layer);
    const auto x = series_batch().transpose(1, 2).contiguous().requires_grad_();
    const auto expected = by_libtorch(cell, layer, x), found = layer.forward(x);
    ASSERT_EQ(found.sizes(), expected.sizes());
    EXPECT_TRUE(at::allclose(found, expected, 1e-5, 1e-6));
    auto inputs = parameters_of_layer(layer);
    inputs.push_back(x);
    const auto weights = at::arange(found.numel(), at::kFloat).view_as(found).sin();
    const auto of_found = torch::autograd::grad({(found * weights).sum()}, inputs),
               of_expected = torch::autograd::grad({(expected * weights).sum()}, inputs);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      EXPECT_TRUE(at::allclose(of_found[i], of_expected[i], 1e-4, 1e-5)) << i;
    // Second derivatives, by another forward pass.
    const auto second = [&](const Tensor& output) {
      const auto first =
          torch::autograd::grad({(output * weights).sum()}, {x}, {}, true, /*create_graph=*/true);
      return torch::autograd::grad({first[0].square().sum()}, {x}).front();
    };
    EXPECT_TRUE(at::allclose(second(layer.forward(x)), second(by_libtorch(cell, layer, x)), 1e-4, 1e-5));
    // The same input in every time step.
    const auto repeated = x.select(1, 0).unsqueeze(1).expand({kBatch, 4, kChannels}).contiguous();
    EXPECT_TRUE(
        at::allclose(layer.forward(x.select(1, 0), 4), by_libtorch(cell, layer, repeated), 1e-5, 1e-6));
  }
}

TEST(RecurrentLayer, BeginsWithAnOpenForgetGate) {
  Initializer initializer(3);
  const RecurrentLayer layer(Cell::lstm, kChannels, 5, Initialization::glorot_uniform, initializer);
  const auto parameters = layer.named_parameters();
  const auto bias = parameters["bias_ih"] + parameters["bias_hh"];
  EXPECT_TRUE(at::equal(bias.narrow(0, 5, 5), at::ones({5})));
  EXPECT_EQ(bias.sum().item<double>(), 5);
}

TEST(RecurrentBackbone, ReadsTheLastStateAndDecodesFromTheLastStep) {
  for (const bool reversed : {true, false}) {
    RecurrentBackbone net({.cell = Cell::gru, .hidden = {5, 4}, .reversed = reversed},
                          {.input = {kChannels, kLength}, .code = 3});
    fill_biases(net);
    const auto layer = [&](const char* name) {
      return std::dynamic_pointer_cast<RecurrentLayer>(net.named_children()[name]);
    };
    const auto parameters = net.named_parameters();
    const auto dense = [&](const Tensor& x, const std::string& name) {
      return at::linear(x, parameters[name + ".weight"], parameters[name + ".bias"]);
    };
    const auto x = series_batch();
    auto hidden = by_libtorch(Cell::gru, *layer("encoder_0"), x.transpose(1, 2));
    hidden = by_libtorch(Cell::gru, *layer("encoder_1"), hidden);
    const auto code = dense(hidden.select(1, kLength - 1), "encoder_2");
    EXPECT_TRUE(at::allclose(net.encode(x, {}), code, 1e-5, 1e-6));
    hidden = code.unsqueeze(1).expand({kBatch, kLength, 3});
    hidden = by_libtorch(Cell::gru, *layer("decoder_0"), hidden.contiguous());
    hidden = by_libtorch(Cell::gru, *layer("decoder_1"), hidden);
    auto output = dense(hidden, "decoder_2").transpose(1, 2);
    if (reversed) output = output.flip({2});
    EXPECT_TRUE(at::allclose(net.decode(code, {}), output, 1e-5, 1e-6));
  }
}

TEST(RecurrentBackbone, DescribesItsLayers) {
  const RecurrentBackbone net({.hidden = {5}}, {.input = {kChannels, kLength}, .code = 3});
  std::int64_t parameters = 0;
  std::vector<std::string> words;
  for (const auto& layer : net.layers()) {
    words.push_back(layer.network + ": " + layer.what + " " + to_string(layer.output));
    parameters += layer.parameters;
  }
  EXPECT_EQ(words, (std::vector<std::string>{"encoder: lstm 5x7", "encoder: dense, of the last time step 3",
                                             "decoder: lstm 5x7", "decoder: dense, of each time step 2x7"}));
  // LSTM: 4 x 5 (in + 5 + 2); dense: 3 x (5 + 1) and 2 x (5 + 1).
  EXPECT_EQ(parameters, 20 * (2 + 7) + 18 + 20 * (3 + 7) + 12);
  EXPECT_EQ(parameters, parameter_count(net));
}

TEST(RecurrentBackbone, RefusesWhatIsNoSeries) {
  const auto refusal = [](const Shape& input) {
    return message_of<Error>([&] { RecurrentBackbone({}, {.input = input, .code = 3}); });
  };
  EXPECT_SAYS(refusal({12}), "\"shape\": [1, 12]");
  EXPECT_SAYS(refusal({1, 8, 8}), "choose another backbone, such as \"dense\"");
}

}  // namespace
}  // namespace aelab
