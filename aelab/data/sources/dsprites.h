#pragma once

#include "aelab/data/scene.h"
#include "aelab/data/source.h"

namespace aelab {

/// dSprites (Matthey, Higgins, Hassabis & Lerchner 2017), read from its .npz file: "imgs" [rows, height,
/// width] of 0 and 1, and "latents_classes" [rows, 6], whose columns are the factors "color" (constant),
/// "shape", "scale", "orientation", "x" and "y". The shape is also the label. The pictures are kept in memory
/// at a bit a pixel: all 737,280 of them in 377 MB.
class DSprites : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "dsprites";
    static constexpr std::string_view summary = "dSprites, from its .npz file";
    FileNames files = {};
    CombinationsConfig combinations = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit DSprites(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

}  // namespace aelab
