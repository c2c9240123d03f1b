#pragma once

#include "aelab/nn/spatial_backbone.h"

namespace aelab {

/// Blocks of one width; the first of them shrinks the image by the stride.
struct ResidualStage {
  std::int64_t channels = 32;
  std::int64_t blocks = 1;
  std::int64_t stride = 2;

  void fields(Fields& f);
};

/// A residual network (He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition") each way,
/// for images of any size, with a dense code. A 3x3 convolution, then stages of basic blocks: two 3x3
/// convolutions, the first with the stride, each followed by normalization, the first one also by activation
/// and dropout (as in wide residual networks, Zagoruyko & Komodakis 2016, section 2.4); the block's input is
/// added, by a 1x1 convolution where its shape changes (their option B), and the sum activated. The decoder
/// has the stages in reverse order, where a stage's last block enlarges the image to exactly the size that
/// the encoder's stage had as its input (Upsampling), also if that is odd; then a 3x3 convolution to the
/// input's channels.
///
/// A branch starts at zero, so that a block starts as its shortcut: the last normalization's scale (Goyal et
/// al. 2017, "Accurate, large minibatch SGD", section 5.1), or without normalization the last convolution's
/// weights (Zhang, Dauphin & Ma 2019, "Fixup initialization").
class ResidualBackbone : public SpatialBackbone {
 public:
  struct Config {
    static constexpr std::string_view kind = "residual";
    static constexpr std::string_view summary = "residual blocks for images of any size, and a dense code";
    static constexpr std::string_view also_known_as[] = {"resnet", "residual-network"};
    static constexpr std::string_view capabilities[] = {capability::takes_code, capability::takes_condition};
    std::vector<ResidualStage> stages = {{.channels = 32}, {.channels = 64}, {.channels = 128}};
    Upsampling upsampling = Upsampling::nearest;
    HiddenLayers hidden = {.regularization = {.normalization = Normalize::batch}};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  ResidualBackbone(const Config& config, const BackboneContext& context);
  Tensor filters() const override;
};

}  // namespace aelab
