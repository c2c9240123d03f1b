#pragma once

#include "aelab/nn/spatial_backbone.h"

namespace aelab {

/// A convolution over time.
struct SeriesConvolution {
  std::int64_t channels = 16;
  std::int64_t kernel = 5;
  std::int64_t stride = 2;
  Padding padding = Padding::same;

  void fields(Fields& f);
};

/// Convolutions over series [channels, length] of any length, with a dense code, as the dense backbone's. The
/// decoder has a transposed convolution for each of the encoder's, in reverse order, with the same kernel,
/// stride and padding; its output padding makes up for the values that the stride passed over, so that every
/// length comes back as it was.
class Convolutional1dBackbone : public SpatialBackbone {
 public:
  struct Config {
    static constexpr std::string_view kind = "convolutional-1d";
    static constexpr std::string_view summary = "convolutions over series, and a dense code";
    static constexpr std::string_view also_known_as[] = {"conv1d", "cnn-1d", "temporal-convolutional"};
    static constexpr std::string_view capabilities[] = {capability::takes_code, capability::takes_condition};
    std::vector<SeriesConvolution> layers = {{.channels = 16}, {.channels = 32}, {.channels = 64}};
    HiddenLayers hidden = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
    static Shape example_input() { return {2, 37}; }
  };

  Convolutional1dBackbone(const Config& config, const BackboneContext& context);
};

}  // namespace aelab
