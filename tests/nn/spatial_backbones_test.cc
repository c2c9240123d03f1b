// The residual and the 1-d convolutional backbone against LibTorch's operators, put together by hand, and the
// sizes that they must give back.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/nn/convolutional_1d_backbone.h"
#include "aelab/nn/residual_backbone.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using Parameters = torch::OrderedDict<std::string, Tensor>;

Tensor batch(std::int64_t rows, const Shape& shape) {
  auto sizes = shape;
  sizes.insert(sizes.begin(), rows);
  auto random = fixed_generator();
  return at::empty(sizes).normal_(0, 1, random);
}

/// There and back, in training and outside it, with gradients for every parameter.
void expect_gives_back(Backbone& backbone, const Shape& input) {
  const auto x = batch(2, input);
  for (const bool training : {true, false}) {
    const Step step{.training = training};
    const auto code = backbone.encode(x, step);
    EXPECT_EQ(code.sizes(), (at::IntArrayRef{2, 3}));
    const auto output = backbone.decode(code, step);
    ASSERT_EQ(output.sizes(), x.sizes());
    output.square().sum().backward();
  }
  for (const auto& item : backbone.named_parameters())
    EXPECT_TRUE(item.value().grad().defined()) << item.key();
}

/// The output of each layer, "encoder 4x14x14".
std::vector<std::string> shapes_of(const Backbone& backbone) {
  std::vector<std::string> shapes;
  for (const auto& layer : backbone.layers()) shapes.push_back(layer.network + " " + to_string(layer.output));
  return shapes;
}

TEST(ResidualBackbone, HalvesAndDoublesOddSizesAsItsStagesSay) {
  const ResidualBackbone net({.stages = {{.channels = 2}, {.channels = 3}, {.channels = 4}}},
                             {.input = {1, 28, 28}, .code = 3});
  EXPECT_EQ(shapes_of(net),
            (std::vector<std::string>{"encoder 2x28x28", "encoder 2x14x14", "encoder 3x7x7", "encoder 4x4x4",
                                      "encoder 3", "decoder 4x4x4", "decoder 3x7x7", "decoder 2x14x14",
                                      "decoder 2x28x28", "decoder 1x28x28"}));
}

TEST(ResidualBackbone, GivesBackEverySize) {
  std::vector<Shape> inputs = {{1, 1, 1}, {1, 2, 3}, {2, 5, 9}, {3, 31, 33}, {1, 57, 101}, {3, 96, 96}};
  for (std::int64_t size = 28; size <= 128; size += 5) inputs.push_back({size % 2 == 0 ? 1 : 3, size, size});
  for (const auto& input : inputs)
    for (const auto upsampling : {Upsampling::nearest, Upsampling::transposed})
      for (const std::int64_t stride : {2, 3}) {
        SCOPED_TRACE(to_string(input) + " " + std::string(name_of(upsampling)) + std::to_string(stride));
        ResidualBackbone net(
            {.stages = {{.channels = 2, .stride = stride}, {.channels = 3}}, .upsampling = upsampling},
            {.input = input, .code = 3});
        expect_gives_back(net, input);
      }
}

/// Batch or layer normalization or none, in training.
Tensor normal(const Tensor& x, const Parameters& of, const std::string& layer, Normalize normalization) {
  const auto name = layer + (layer == "decoder_0" ? "_normalization" : ".normalization");
  if (normalization == Normalize::none) return x;
  const std::vector<std::int64_t> over = normalization == Normalize::batch
                                             ? std::vector<std::int64_t>{0, 2, 3}
                                             : std::vector<std::int64_t>{1, 2, 3};
  const auto centered = x - x.mean(over, true);
  const auto scaled = centered / (centered.square().mean(over, true) + 1e-5).sqrt();
  return scaled * of[name + ".weight"].view({-1, 1, 1}) + of[name + ".bias"].view({-1, 1, 1});
}

Tensor convolved(const Tensor& x, const Parameters& of, const std::string& layer, std::int64_t stride,
                 std::int64_t padding, Normalize normalization) {
  const auto y =
      at::conv2d(x, of[layer + ".convolution.weight"], of[layer + ".convolution.bias"], stride, padding);
  return normal(y, of, layer, normalization);
}

/// One stage of two blocks there, and back to 5x7.
Tensor residual_by_hand(const Tensor& x, const Parameters& of, Normalize normalization,
                        Upsampling upsampling) {
  const auto conv = [&](const Tensor& from, const std::string& layer, std::int64_t stride = 1,
                        std::int64_t padding = 1) {
    return convolved(from, of, layer, stride, padding, normalization);
  };
  const auto block = [&](const Tensor& from, const Tensor& first, const std::string& layer) {
    return at::relu(conv(at::relu(first), layer + ".second") + from);
  };
  auto h = at::relu(conv(x, "encoder_0"));
  h = block(conv(h, "encoder_1.shortcut", 2, 0), conv(h, "encoder_1.first", 2), "encoder_1");
  h = block(h, conv(h, "encoder_2.first"), "encoder_2");
  h = at::linear(h.flatten(1), of["encoder_3.weight"], of["encoder_3.bias"]);
  h = at::linear(h, of["decoder_0.weight"], of["decoder_0.bias"]).view({-1, 3, 3, 4});
  h = at::relu(normal(h, of, "decoder_0", normalization));
  h = block(h, conv(h, "decoder_1.first"), "decoder_1");
  const auto large = h.repeat_interleave(2, 2).repeat_interleave(2, 3).slice(2, 0, 5).slice(3, 0, 7);
  const auto first = upsampling == Upsampling::nearest
                         ? conv(large, "decoder_2.first")
                         : normal(at::conv_transpose2d(h, of["decoder_2.first.convolution.weight"],
                                                       of["decoder_2.first.convolution.bias"], 2, 1),
                                  of, "decoder_2.first", normalization);
  h = block(conv(large, "decoder_2.shortcut", 1, 0), first, "decoder_2");
  return convolved(h, of, "decoder_3", 1, 1, Normalize::none);
}

TEST(ResidualBackbone, IsThatOfLibTorchsOperators) {
  const auto x = batch(6, {2, 5, 7}).to(at::kDouble);
  for (const auto normalization : {Normalize::none, Normalize::batch, Normalize::layer})
    for (const auto upsampling : {Upsampling::nearest, Upsampling::transposed}) {
      SCOPED_TRACE(std::string(name_of(normalization)) + " " + std::string(name_of(upsampling)));
      ResidualBackbone net({.stages = {{.channels = 3, .blocks = 2}},
                            .upsampling = upsampling,
                            .hidden = {.regularization = {.normalization = normalization}}},
                           {.input = {2, 5, 7}, .code = 3});
      net.to(at::kDouble);
      shake(net);
      const Step step{.training = true};
      EXPECT_TRUE(at::allclose(net.decode(net.encode(x, step), step),
                               residual_by_hand(x, net.named_parameters(), normalization, upsampling)));
    }
}

TEST(ResidualBackbone, StartsEachBlockAsItsShortcut) {
  for (const auto normalization : {Normalize::none, Normalize::batch, Normalize::layer}) {
    ResidualBackbone net({.stages = {{.channels = 4, .stride = 1}},
                          .hidden = {.regularization = {.normalization = normalization}}},
                         {.input = {1, 6, 6}, .code = 3});
    // Without a shortcut of its own, the block passes on what the first convolution's ReLU gives.
    const auto x = batch(3, {1, 6, 6});
    const auto parameters = net.named_parameters();
    const auto stem = at::relu(convolved(x, parameters, "encoder_0", 1, 1, normalization));
    const auto code =
        at::linear(stem.flatten(1), parameters["encoder_2.weight"], parameters["encoder_2.bias"]);
    EXPECT_TRUE(at::allclose(net.encode(x, {.training = true}), code, 1e-3, 1e-4));
    for (const auto& item : parameters) {
      if (!item.key().ends_with("second.normalization.weight")) continue;
      EXPECT_TRUE((item.value() == 0).all().item<bool>()) << item.key();
    }
  }
}

TEST(ResidualBackbone, HasHesVarianceByDefault) {
  ResidualBackbone net({.stages = {{.channels = 64}}}, {.input = {3, 16, 16}, .code = 3});
  const auto weight = net.named_parameters()["encoder_1.first.convolution.weight"];
  EXPECT_NEAR(weight.std().item<double>(), std::sqrt(2.0 / (64 * 9)), 0.002);
  EXPECT_EQ(net.filters().sizes(), (at::IntArrayRef{64, 3, 3, 3}));
}

TEST(ResidualBackbone, DropsOutWithinItsBranchesInTrainingOnly) {
  ResidualBackbone net({.stages = {{.channels = 4}}, .hidden = {.regularization = {.dropout = 0.5}}},
                       {.input = {1, 8, 8}, .code = 3});
  shake(net);  // so that branches do not give zero
  const auto x = batch(2, {1, 8, 8});
  const Step one{.seed = 1, .training = true}, two{.seed = 2, .training = true};
  EXPECT_TRUE(same_bits(net.encode(x, one), net.encode(x, one)));
  EXPECT_FALSE(at::allclose(net.encode(x, one), net.encode(x, two)));
  EXPECT_TRUE(same_bits(net.encode(x, {.seed = 1}), net.encode(x, {.seed = 2})));
}

TEST(Convolutional1dBackbone, GivesBackEveryLength) {
  for (const std::int64_t length : {1, 2, 3, 7, 16, 37, 64, 97, 128, 251, 1000})
    for (const auto padding : {Padding::same, Padding::valid, Padding::full})
      for (const std::int64_t stride : {1, 2, 3, 5, 8}) {
        const std::int64_t kernel = padding == Padding::same ? 5 : 4;
        if (padding == Padding::valid && length < 37) continue;
        SCOPED_TRACE(std::to_string(length) + " " + std::string(name_of(padding)) + std::to_string(stride));
        Convolutional1dBackbone net(
            {.layers = {{.channels = 2, .kernel = kernel, .stride = stride, .padding = padding},
                        {.channels = 3, .kernel = 3}}},
            {.input = {2, length}, .code = 3});
        expect_gives_back(net, {2, length});
      }
}

TEST(Convolutional1dBackbone, IsThatOfLibTorchsOperators) {
  Convolutional1dBackbone net(
      {.layers = {{.channels = 3, .kernel = 4, .stride = 3, .padding = Padding::valid}, {.channels = 5}},
       .hidden = {.activation = Activation::tanh}},
      {.input = {2, 18}, .code = 4});
  shake(net);
  const auto of = net.named_parameters();
  const auto weight = [&](const std::string& layer) { return of[layer + ".convolution.weight"]; };
  const auto bias = [&](const std::string& layer) { return of[layer + ".convolution.bias"]; };
  const auto x = batch(3, {2, 18});
  auto h =
      at::tanh(at::conv1d(x, weight("encoder_0"), bias("encoder_0"), 3));  // 18 -> 5, one passed over twice
  h = at::tanh(at::conv1d(h, weight("encoder_1"), bias("encoder_1"), 2, 2));
  ASSERT_EQ(h.sizes(), (at::IntArrayRef{3, 5, 3}));
  const auto code = at::linear(h.flatten(1), of["encoder_2.weight"], of["encoder_2.bias"]);
  EXPECT_TRUE(at::allclose(net.encode(x, {}), code, 1e-4, 1e-5));
  h = at::tanh(at::linear(code, of["decoder_0.weight"], of["decoder_0.bias"])).view({3, 5, 3});
  h = at::tanh(at::conv_transpose1d(h, weight("decoder_1"), bias("decoder_1"), 2, 2));
  h = at::conv_transpose1d(h, weight("decoder_2"), bias("decoder_2"), 3, 0, /*output_padding=*/2);
  EXPECT_TRUE(at::allclose(net.decode(code, {}), h, 1e-4, 1e-5));
}

TEST(Convolutional1dBackbone, NormalizesActivatesAndDropsOutItsHiddenLayers) {
  Convolutional1dBackbone net(
      {.layers = {{.channels = 3}},
       .hidden = {.regularization = {.normalization = Normalize::batch, .dropout = 0.5}}},
      {.input = {2, 9}, .code = 4});
  const auto of = net.named_parameters();
  const Step step{.seed = 3, .training = true};
  const auto x = batch(6, {2, 9});
  const auto linear =
      at::conv1d(x, of["encoder_0.convolution.weight"], of["encoder_0.convolution.bias"], 2, 2);
  const auto normal = at::batch_norm(linear, {}, {}, {}, {}, /*training=*/true, 0.1, 1e-5, false);
  const auto hidden = dropout(at::relu(normal), 0.5, "encoder_0", step);
  EXPECT_TRUE(at::allclose(net.encode(x, step),
                           at::linear(hidden.flatten(1), of["encoder_1.weight"], of["encoder_1.bias"]), 1e-4,
                           1e-5));
  net.after_step();
  EXPECT_TRUE(at::allclose(net.named_buffers()["encoder_0.normalization.mean"], 0.1 * linear.mean({0, 2}),
                           1e-4, 1e-5));
}

/// After a step all running statistics have moved, and none before its end.
void expect_statistics_advance(Backbone& backbone, const Shape& input) {
  std::map<std::string, Tensor> before;
  for (const auto& item : backbone.named_buffers()) before[item.key()] = item.value().clone();
  ASSERT_FALSE(before.empty());
  EXPECT_TRUE(backbone.couples_rows());
  const Step step{.training = true};
  shake(backbone);  // so that branches do not give zero
  backbone.decode(backbone.encode(batch(8, input), step), step);
  for (const auto& item : backbone.named_buffers())
    EXPECT_TRUE(at::equal(item.value(), before[item.key()])) << item.key();
  backbone.after_step();
  for (const auto& item : backbone.named_buffers())
    EXPECT_FALSE((item.value() == before[item.key()]).any().item<bool>()) << item.key();
}

TEST(SpatialBackbones, AdvanceTheStatisticsOfEveryNormalization) {
  const HiddenLayers hidden = {.activation = Activation::tanh,
                               .regularization = {.normalization = Normalize::batch}};
  ResidualBackbone images({.stages = {{.channels = 3, .blocks = 2}}, .hidden = hidden},
                          {.input = {1, 9, 9}, .code = 3});
  expect_statistics_advance(images, {1, 9, 9});
  Convolutional1dBackbone series({.layers = {{.channels = 3}, {.channels = 4}}, .hidden = hidden},
                                 {.input = {2, 19}, .code = 3});
  expect_statistics_advance(series, {2, 19});
}

TEST(SpatialBackbones, RefuseWhatDoesNotFit) {
  const auto residual = [](const Shape& input) {
    return message_of<Error>([&] { ResidualBackbone({}, {.input = input, .code = 3}); });
  };
  EXPECT_SAYS(residual({64}), "need images, [channels, height, width]; the data have shape [64]");
  EXPECT_SAYS(residual({64}), "\"shape\": [1, 8, 8]");
  EXPECT_SAYS(message_of<Error>([] { ResidualBackbone({}, {.input = {1, 8, 8}}); }), "../code: ");
  const auto series = [](const Convolutional1dBackbone::Config& config, const Shape& input) {
    return message_of<Error>([&] { Convolutional1dBackbone(config, {.input = input, .code = 3}); });
  };
  EXPECT_SAYS(series({}, {64}), "1-d convolutions need series, [channels, length]");
  EXPECT_SAYS(series({}, {64}), "\"shape\": [1, 64]");
  EXPECT_SAYS(series({}, {1, 8, 8}), "the data have shape [1, 8, 8]");
  EXPECT_SAYS(series({.layers = {{}, {.kernel = 9, .padding = Padding::valid}}}, {1, 16}),
              "layers[1]: its kernel of 9 is larger than its input of 16x8");
  EXPECT_EQ(series({}, {1, 1}), "nothing was thrown");
}

TEST(SpatialBackbones, StateTheRulesOfTheirConfigs) {
  const auto refusal = [](const std::string& text) {
    return message_of<Error>([&] {
      Choice<Backbone> backbone;
      read_config(nlohmann::json::parse(text), backbone, "file");
    });
  };
  EXPECT_SAYS(refusal(R"({"kind": "residual", "stages": []})"), "stages: must have at least one stage");
  EXPECT_SAYS(refusal(R"({"kind": "residual", "stages": [{"channels": 0}]})"), "stages[0].channels: must be");
  EXPECT_SAYS(refusal(R"({"kind": "residual", "upsampling": "linear"})"), "one of nearest, transposed");
  EXPECT_SAYS(refusal(R"({"kind": "convolutional-1d", "layers": []})"), "at least one convolution");
  EXPECT_SAYS(refusal(R"({"kind": "convolutional-1d", "layers": [{"kernel": 4}]})"),
              "layers[0].kernel: must be odd with \"same\" padding");
  EXPECT_SAYS(refusal(R"({"kind": "resnet"})"), "residual");
}

TEST(ResidualBackbone, RefusesToBeWithoutStages) {
  EXPECT_SAYS(message_of<Error>([] {
                ResidualBackbone({.stages = {}}, {.input = {1, 8, 8}, .default_code = 2});
              }),
              "must have at least one stage");
}

}  // namespace
}  // namespace aelab
