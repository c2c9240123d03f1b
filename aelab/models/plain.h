#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/penalties.h"

namespace aelab {

/// The plain autoencoder: any backbone, and any of the other parts, none of them required.
class Plain : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "autoencoder";
    static constexpr std::string_view summary = "any backbone with any of the other parts";
    static constexpr std::string_view also_known_as[] = {"ae", "plain", "custom", "vanilla"};
    AutoencoderConfig base = {};

    void fields(Fields& f) { base.fields(f, expand(*this)); }
    static std::vector<Config> examples() {
      return {{.base = {.code = 6}},
              {.base = {.backbone = ConvolutionalBackbone::Config::examples().front(),
                        .penalties = {{L1Penalty::Config{.weight = 0.01}}}}}};
    }
  };

  static AutoencoderConfig expand(const Config& config) {
    auto parts = config.base;
    if (!parts.backbone) parts.backbone = DenseBackbone::Config{};
    parts.default_code = 32;
    return parts;
  }

  Plain(const Config& config, const Context& context) : Autoencoder(expand(config), context) {}
};

}  // namespace aelab
