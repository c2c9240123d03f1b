// The decoders that a convolutional backbone chooses for itself, and those that its messages propose.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/nn/compute.h"
#include "aelab/nn/convolutional_backbone.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using nlohmann::json;
using Layers = std::vector<ConvolutionalLayer>;

json in_json(const Layers& layers) {
  auto list = json::array();
  for (const auto& layer : layers) list.push_back(write_config(layer));
  return list;
}

/// There and back, with the shapes that they must have.
void expect_works(const ConvolutionalBackbone& net, const Shape& input) {
  auto sizes = input;
  sizes.insert(sizes.begin(), 2);
  const auto x = at::rand(sizes);
  const auto code = net.encode(x, {});
  auto code_sizes = net.code_shape();
  code_sizes.insert(code_sizes.begin(), 2);
  EXPECT_EQ(code.sizes().vec(), code_sizes);
  const auto output = net.decode(code, {});
  ASSERT_EQ(output.sizes().vec(), sizes);
  output.square().sum().backward();
  for (const auto& item : net.named_parameters()) EXPECT_TRUE(item.value().grad().defined()) << item.key();
}

const std::vector<Shape> kSizes = {{1, 8, 8},    {1, 9, 9},   {3, 8, 13},  {1, 13, 8},   {2, 11, 17},
                                   {3, 32, 32},  {1, 28, 28}, {3, 28, 28}, {1, 27, 28},  {1, 28, 29},
                                   {3, 64, 48},  {1, 31, 33}, {4, 15, 15}, {1, 100, 10}, {3, 96, 96},
                                   {1, 57, 101}, {1, 16, 16}};

TEST(DefaultDecoder, IsGolansFor28x28) {
  for (const std::int64_t channels : {1, 3}) {
    const ConvolutionalBackbone net({}, {.input = {channels, 28, 28}});
    const auto choice = net.completed();
    const auto* completed = choice->get_if<ConvolutionalBackbone::Config>();
    EXPECT_EQ(in_json(completed->decoder), in_json(ConvolutionalBackbone::Config::lecture_decoder(channels)));
  }
}

TEST(DefaultDecoder, LeadsBackToEverySize) {
  for (const auto& input : kSizes) {
    SCOPED_TRACE(to_string(input));
    expect_works(ConvolutionalBackbone({}, {.input = input}), input);
  }
}

TEST(DefaultDecoder, PutsEachPixelWhereTheEncoderFoundIt) {
  // A pixel of a code of one dimension per 8x8 block enlarges to that block, whatever the size of the image.
  for (const auto& input : {Shape{1, 19, 22}, Shape{1, 9, 8}}) {
    const Layers pools = {{.pool = Pooling::max, .size = 4, .ceil = true},
                          {.pool = Pooling::max, .ceil = true}};
    const auto decoder = mirrored_decoder(pools, input, /*channels=*/1);
    const ConvolutionalBackbone net({.encoder = pools, .decoder = decoder}, {.input = input});
    // Of its last layers, the convolution is made the identity.
    auto weight = net.named_parameters()["decoder_1.weight"];
    at::NoGradGuard no_grad;
    weight.zero_();
    weight[0][0][2][2] = 1;
    net.named_parameters()["decoder_1.bias"].zero_();
    const auto rows = at::arange(input[1]).unsqueeze(1).floor_divide(8),
               columns = at::arange(input[2]).floor_divide(8);
    const auto blocks = (10 * rows + columns).to(at::kFloat).view({1, 1, input[1], input[2]});
    EXPECT_TRUE(at::allclose(net.decode(net.encode(blocks, {}), {}), blocks)) << to_string(input);
  }
}

/// Encoders of all kinds of layers.
std::vector<Layers> encoders() {
  const auto relu = Activation::relu;
  return {
      ConvolutionalBackbone::Config::lecture_encoder(),
      {{.conv = 4, .activation = relu}, {.pool = Pooling::max}},
      {{.conv = 4, .kernel = 5, .padding = Padding::valid, .activation = relu},
       {.conv = 2, .padding = Padding::valid}},
      {{.conv = 4, .stride = 2, .activation = relu}, {.conv = 6, .stride = 2, .activation = relu}},
      {{.conv = 3, .kernel = 4, .stride = 3, .padding = Padding::valid}},
      {{.pool = Pooling::average, .size = 3}},
      {{.pool = Pooling::max, .ceil = true}, {.conv = 5, .kernel = 2, .padding = Padding::valid}},
      {{.conv = 2, .activation = Activation::tanh},
       {.pool = Pooling::max, .size = 3},
       {.pool = Pooling::average}},
      {{.conv = 2, .kernel = 3, .padding = Padding::full}, {.pool = Pooling::max}},
      {{.upsample = 2}, {.conv = 2}, {.pool = Pooling::max, .size = 4}},
      {{.conv = 2}, {.crop = {{7, 7}}}},
  };
}

/// Whether the encoder is worth a try: what it crops from a large image takes a huge kernel to bring back.
bool suits(const Layers& encoder, const Shape& input) {
  return !encoder.back().crop || elements(input) < 400;
}

TEST(DefaultDecoder, LeadsBackFromEveryEncoder) {
  for (const auto& input : kSizes)
    for (const auto& encoder : encoders()) {
      if (!suits(encoder, input)) continue;
      SCOPED_TRACE(to_string(input) + " " + in_json(encoder).dump());
      expect_works(ConvolutionalBackbone({.encoder = encoder}, {.input = input}), input);
    }
}

/// The decoder that a message proposes: the JSON after the word.
Layers proposed_in(const std::string& message) {
  const std::string before = "or write for example \"decoder\": ";
  const auto begin = message.find(before);
  EXPECT_NE(begin, message.npos) << message;
  const auto list = json::parse(message.substr(begin + before.size()));
  Layers layers(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) read_config(list[i], layers[i], message);
  return layers;
}

TEST(ProposedDecoder, WorksWhateverDoesNotFit) {
  const std::vector<Layers> wrong = {{{.conv = 1}},
                                     {{.upsample = 3}, {.conv = 7}},
                                     {{.conv = 1, .kernel = 99, .padding = Padding::valid}},
                                     {{.pool = Pooling::max, .size = 64}},
                                     {{.crop = {{200, 200}}}},
                                     ConvolutionalBackbone::Config::lecture_decoder()};
  for (const auto& input : kSizes)
    for (const auto& encoder : encoders())
      for (const auto& decoder : wrong) {
        if (!suits(encoder, input)) continue;
        SCOPED_TRACE(to_string(input) + " " + in_json(encoder).dump() + " " + in_json(decoder).dump());
        const auto message = message_of<Error>(
            [&] { ConvolutionalBackbone({.encoder = encoder, .decoder = decoder}, {.input = input}); });
        if (message == "nothing was thrown") continue;
        EXPECT_TRUE(message.starts_with("decoder")) << message;
        expect_works(
            ConvolutionalBackbone({.encoder = encoder, .decoder = proposed_in(message)}, {.input = input}),
            input);
      }
}

TEST(ConvolutionalLayers, FullPaddingGivesBackWhatValidTakes) {
  const ConvolutionalBackbone net({.encoder = {{.conv = 1, .kernel = 4, .padding = Padding::valid}},
                                   .decoder = {{.conv = 1, .kernel = 4, .padding = Padding::full}}},
                                  {.input = {1, 9, 7}});
  const auto x = at::rand({3, 1, 9, 7}), code = net.encode(x, {});
  EXPECT_EQ(code.sizes(), (at::IntArrayRef{3, 1, 6, 4}));
  const auto parameters = net.named_parameters();
  const auto expected = at::conv2d(code, parameters["decoder_0.weight"], parameters["decoder_0.bias"], 1, 3);
  EXPECT_TRUE(at::allclose(net.decode(code, {}), expected, 1e-5, 1e-6));
}

TEST(ConvolutionalLayers, CropsKeepTheTopLeft) {
  const ConvolutionalBackbone net(
      {.encoder = {{.crop = {{2, 3}}}}, .decoder = {{.upsample = 2}, {.crop = {{3, 5}}}}},
      {.input = {1, 3, 5}});
  const auto x = at::arange(15, at::kFloat).view({1, 1, 3, 5});
  EXPECT_TRUE(at::equal(net.encode(x, {}).flatten(), at::tensor({0.f, 1.f, 2.f, 5.f, 6.f, 7.f})));
  EXPECT_TRUE(at::equal(
      net.decode(net.encode(x, {}), {})[0][0],
      at::tensor({0.f, 0.f, 1.f, 1.f, 2.f, 0.f, 0.f, 1.f, 1.f, 2.f, 5.f, 5.f, 6.f, 6.f, 7.f}).view({3, 5})));
  const auto refusal = message_of<Error>([] {
    ConvolutionalBackbone({.encoder = {{.crop = {{9, 2}}}}}, {.input = {1, 3, 5}});
  });
  EXPECT_SAYS(refusal, "encoder[0]: cannot crop its input of 1x3x5 to 1x9x2");
}

TEST(ConvolutionalLayers, BothKernelsAgreeOnDefaultsOfOddSizes) {
  for (const auto& input : {Shape{1, 13, 9}, Shape{3, 17, 21}}) {
    const ConvolutionalBackbone net({}, {.input = input});
    auto sizes = input;
    sizes.insert(sizes.begin(), 20);
    const auto x = at::rand(sizes);
    auto by = [&](DirectKernel kernel) {
      const Compute compute({}, {.convolution = kernel});
      for (const auto& parameter : net.parameters()) parameter.mutable_grad() = Tensor();
      const auto y = net.decode(net.encode(x, {}), {});
      y.square().sum().backward();
      std::vector<Tensor> results = {y.detach()};
      for (const auto& parameter : net.parameters()) results.push_back(parameter.grad().clone());
      return results;
    };
    const auto ours = by(DirectKernel::automatic), theirs = by(DirectKernel::libtorch);
    for (std::size_t i = 0; i < ours.size(); ++i)
      EXPECT_TRUE(at::allclose(ours[i], theirs[i], 1e-3, 1e-4 * theirs[i].abs().max().item<double>())) << i;
  }
}

}  // namespace
}  // namespace aelab
