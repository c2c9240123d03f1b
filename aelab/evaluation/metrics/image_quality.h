#pragma once

#include "aelab/evaluation/metric.h"

namespace aelab {

/// Visual similarity of reconstruction and input. Not applicable to rows that are not images, [1 or 3,
/// height, width], and where an input or a reconstruction leaves [0, 1].
///
/// SSIM is that of Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to
/// structural similarity", IEEE Transactions on Image Processing 13 (2004), equation 13, with their window
/// and constants, and without their optional downsampling.
class ImageQuality : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "image-quality";
    static constexpr std::string_view summary = "PSNR and SSIM of reconstructed images";
    static constexpr std::string_view also_known_as[] = {"ssim", "psnr", "ms-ssim"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit ImageQuality(const Config&) {}
  std::vector<Measure> measures() const override;
  bool needs_reconstruction() const override { return true; }
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  std::int64_t rows_ = 0;
  double decibels_ = 0, similarity_ = 0;  // sums over samples
  bool applies_ = true;
};

}  // namespace aelab
