#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/dense_backbone.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using Layers = std::vector<ConvolutionalLayer>;

std::int64_t numbers_in(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

BackboneContext for_images(Shape input = {1, 28, 28}, std::optional<std::int64_t> code = {}) {
  return {.input = std::move(input), .code = code, .seed = 0};
}

TEST(LectureNet, HasTheLecturesParameters) {
  const ConvolutionalBackbone net({}, for_images());
  // 16(1*9+1) + 8(16*9+1) + 3 * 8(8*9+1) + 16(8*9+1) + 1(16*25+1)
  EXPECT_EQ(numbers_in(net), 160 + 1160 + 3 * 584 + 1168 + 401);
  EXPECT_EQ(numbers_in(net), 4641);
  EXPECT_EQ(net.code_shape(), (Shape{8, 4, 4}));
  const auto code = net.encode(at::rand({2, 1, 28, 28}), {});
  EXPECT_EQ(code.sizes(), (at::IntArrayRef{2, 8, 4, 4}));
  EXPECT_EQ(net.decode(code, {}).sizes(), (at::IntArrayRef{2, 1, 28, 28}));
  EXPECT_EQ(net.filters().sizes(), (at::IntArrayRef{16, 1, 3, 3}));
}

/// The shape after the first `count` of the layers, as the refusal of a decoder that ends there tells it.
std::string shape_after(const Layers& encoder, Layers decoder, std::size_t count) {
  decoder.resize(count);
  decoder.push_back({.conv = 99, .kernel = 1});  // so that it is refused
  const auto message = message_of<Error>(
      [&] { ConvolutionalBackbone({.encoder = encoder, .decoder = decoder}, for_images()); });
  const std::string before = "its output is 99x";
  const auto begin = message.find(before) + before.size();
  return message.substr(begin, message.find(',', begin) - begin);
}

TEST(LectureNet, HasTheLecturesSizesLayerByLayer) {
  const auto encoder = ConvolutionalBackbone::Config::lecture_encoder();
  const auto decoder = ConvolutionalBackbone::Config::lecture_decoder();
  const std::vector<std::string> encoded = {"28x28", "14x14", "14x14", "7x7", "7x7", "4x4"};
  const std::vector<std::string> decoded = {"4x4", "8x8", "8x8", "16x16", "14x14", "28x28", "28x28"};
  const std::vector<std::int64_t> channels = {16, 8, 8}, back = {8, 8, 16, 1};
  for (std::size_t i = 0; i < encoded.size(); ++i)
    EXPECT_EQ(
        shape_after(Layers(encoder.begin(), encoder.begin() + static_cast<std::ptrdiff_t>(i) + 1), {}, 0),
        encoded[i]);
  for (std::size_t i = 0; i < decoded.size(); ++i)
    EXPECT_EQ(shape_after(encoder, decoder, i + 1), decoded[i]);
  for (std::size_t i = 0; i < channels.size(); ++i) EXPECT_EQ(encoder[2 * i].conv, channels[i]);
  for (std::size_t i = 0; i < back.size(); ++i) EXPECT_EQ(decoder[2 * i].conv, back[i]);
}

TEST(LectureNet, HasReluAfterEveryConvolutionButTheLast) {
  auto layers = ConvolutionalBackbone::Config::lecture_encoder();
  const auto decoder = ConvolutionalBackbone::Config::lecture_decoder();
  layers.insert(layers.end(), decoder.begin(), decoder.end());
  EXPECT_EQ(layers.back().activation, Activation::linear);  // the likelihood owns the sigmoid
  layers.pop_back();
  for (const auto& layer : layers) EXPECT_TRUE(!layer.conv || layer.activation == Activation::relu);
}

TEST(ConvolutionalBackbone, PoolsAndEnlargesByHand) {
  const auto run = [](const Layers& encoder, std::vector<float> pixels, std::int64_t side,
                      std::int64_t back) {
    const ConvolutionalBackbone net(
        {.encoder = encoder,
         .decoder = {{.conv = 1, .kernel = 1}, {.upsample = back}, {.pool = Pooling::max}}},
        for_images({1, side, side}));
    return net.encode(at::tensor(pixels).view({1, 1, side, side}), {}).flatten();
  };
  const std::vector<float> pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  EXPECT_TRUE(at::equal(run({{.pool = Pooling::max}}, pixels, 4, 4), at::tensor({6.f, 8.f, 14.f, 16.f})));
  EXPECT_TRUE(
      at::equal(run({{.pool = Pooling::average}}, pixels, 4, 4), at::tensor({3.5f, 5.5f, 11.5f, 13.5f})));
  // 3x3 by windows of 2 with ceil: those cut off at the border average what they have.
  const std::vector<float> nine = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_TRUE(at::equal(run({{.pool = Pooling::average, .ceil = true}}, nine, 3, 3),
                        at::tensor({3.f, 4.5f, 7.5f, 9.f})));
  EXPECT_TRUE(at::equal(
      run({{.upsample = 2}}, {1, 2, 3, 4}, 2, 1),
      at::tensor({1.f, 1.f, 2.f, 2.f, 1.f, 1.f, 2.f, 2.f, 3.f, 3.f, 4.f, 4.f, 3.f, 3.f, 4.f, 4.f})));
}

TEST(ConvolutionalBackbone, RefusesWhatDoesNotFit) {
  const auto refusal = [](const Layers& encoder, const Layers& decoder, const BackboneContext& context) {
    return message_of<Error>(
        [&] { ConvolutionalBackbone({.encoder = encoder, .decoder = decoder}, context); });
  };
  const Layers same = {{.conv = 1}};
  const auto small = for_images({1, 4, 4});
  EXPECT_EQ(refusal(same, same, small), "nothing was thrown");
  EXPECT_SAYS(refusal(same, same, for_images({16})),
              "need images, [channels, height, width]; the data have shape [16]");
  EXPECT_SAYS(refusal(same, {{.conv = 2}}, small), "decoder: its output is 2x4x4, but the data are 1x4x4");
  EXPECT_SAYS(refusal(same, {{.upsample = 2}}, small), "its output is 1x8x8");
  EXPECT_SAYS(refusal({{.conv = 1}, {.conv = 1, .kernel = 5, .padding = Padding::valid}}, same, small),
              "encoder[1]: its kernel of 5 is larger than its input of 1x4x4");
  EXPECT_SAYS(refusal({{.pool = Pooling::max, .size = 5}}, same, small),
              "encoder[0]: its window of 5 is larger than its input of 1x4x4");
  EXPECT_SAYS(refusal(same, {{.pool = Pooling::max, .size = 5}}, small), "decoder[0]");
  EXPECT_SAYS(refusal(same, same, for_images({1, 4, 4}, 15)), "../code: ");
  EXPECT_EQ(refusal(same, same, for_images({1, 4, 4}, 16)), "nothing was thrown");
}

TEST(ConvolutionalBackbone, ConfigStatesItsRules) {
  const auto refusal = [](const std::string& encoder) {
    ConvolutionalBackbone::Config config;
    return message_of<Error>(
        [&] { read_config(nlohmann::json::parse("{\"encoder\":" + encoder + "}"), config, "file"); });
  };
  EXPECT_SAYS(refusal("[]"), "encoder: must have at least one layer");
  EXPECT_SAYS(refusal("[{}]"), "encoder[0]: must have exactly one of");
  EXPECT_SAYS(refusal(R"([{"conv": 1, "pool": "max"}])"), "encoder[0]: must have exactly one of");
  EXPECT_SAYS(refusal(R"([{"conv": 1, "kernel": 2}])"),
              "encoder[0].kernel: must be odd with \"same\" padding");
  EXPECT_EQ(refusal(R"([{"conv": 1, "kernel": 2, "padding": "valid"}])"), "nothing was thrown");
  EXPECT_SAYS(refusal(R"([{"pool": "max", "kernel": 3}])"), "encoder[0].kernel: unknown key");
  EXPECT_SAYS(refusal(R"([{"pool": "mean"}])"), "encoder[0].pool: must be one of max, average");
}

TEST(DenseBackbone, HasTheParametersOfItsWidths) {
  const auto count = [](const DenseBackbone::Config& config) {
    return numbers_in(DenseBackbone(config, for_images({1, 8, 8}, 6)));
  };
  EXPECT_EQ(count({}), 64 * 6 + 6 + 6 * 64 + 64);
  EXPECT_EQ(count({.tied = true}), 64 * 6 + 6 + 64);
  EXPECT_EQ(count({.hidden = {20, 10}}), 2 * (64 * 20 + 20 * 10 + 10 * 6) + (20 + 10 + 6) + (10 + 20 + 64));
  EXPECT_EQ(count({.hidden = {20, 10}, .tied = true}),
            64 * 20 + 20 * 10 + 10 * 6 + (20 + 10 + 6) + (10 + 20 + 64));
}

TEST(DenseBackbone, NeedsACode) {
  EXPECT_SAYS(message_of<Error>([] { DenseBackbone({}, for_images({4})); }), "../code: ");
}

TEST(DenseBackbone, HasActivationsBetweenItsLayersOnly) {
  const DenseBackbone shallow({.activation = Activation::sigmoid}, for_images({4}, 3));
  const auto x = at::randn({7, 4}), y = at::randn({7, 4});
  const auto affine = [&](const auto& f, const Tensor& a, const Tensor& b) {
    return at::allclose(f(a + b) + f(at::zeros_like(a)), f(a) + f(b), 1e-4, 1e-5);
  };
  EXPECT_TRUE(affine([&](const Tensor& v) { return shallow.encode(v, {}); }, x, y));
  EXPECT_TRUE(
      affine([&](const Tensor& v) { return shallow.decode(v, {}); }, at::randn({7, 3}), at::randn({7, 3})));
  const DenseBackbone deep({.hidden = {5}, .activation = Activation::sigmoid}, for_images({4}, 3));
  EXPECT_FALSE(affine([&](const Tensor& v) { return deep.encode(v, {}); }, x, y));
}

/// Gradients of a fixed function of the reconstruction, by the parameters' names.
std::map<std::string, Tensor> gradients(const DenseBackbone& backbone) {
  auto random = fixed_generator();
  const auto x = at::empty({9, 8}, at::kDouble).normal_(0, 1, random);
  const auto value = backbone.decode(backbone.encode(x, {}), {}).square().sum();
  std::map<std::string, Tensor> named;
  for (const auto& item : backbone.named_parameters())
    named[item.key()] = torch::autograd::grad({value}, {item.value()}, {}, true).front();
  return named;
}

TEST(DenseBackbone, TiedWeightsGatherTheGradientsOfBothUses) {
  const DenseBackbone::Config config{.hidden = {5}, .activation = Activation::tanh};
  auto tied_config = config;
  tied_config.tied = true;
  DenseBackbone tied(tied_config, for_images({8}, 3)), untied(config, for_images({8}, 3));
  tied.to(at::kDouble);
  untied.to(at::kDouble);
  {
    const at::NoGradGuard no_grad;
    const auto from = tied.named_parameters();
    for (const auto& item : untied.named_parameters()) {  // the same function, biases zero
      if (item.key() == "encoder_0.weight" || item.key() == "encoder_1.weight")
        item.value().copy_(from[item.key()]);
      if (item.key() == "decoder_0.weight") item.value().copy_(from["encoder_1.weight"].t());
      if (item.key() == "decoder_1.weight") item.value().copy_(from["encoder_0.weight"].t());
    }
  }
  auto one = gradients(tied), two = gradients(untied);
  EXPECT_TRUE(at::allclose(one["encoder_0.weight"], two["encoder_0.weight"] + two["decoder_1.weight"].t()));
  EXPECT_TRUE(at::allclose(one["encoder_1.weight"], two["encoder_1.weight"] + two["decoder_0.weight"].t()));
}

}  // namespace
}  // namespace aelab
