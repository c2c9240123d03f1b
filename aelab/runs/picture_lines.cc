#include "aelab/runs/picture_lines.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/core/files.h"
#include "aelab/core/image.h"
#include "aelab/data/pictures.h"

namespace aelab {
namespace {

using at::Tensor;

constexpr std::int64_t kLargestPicture = 112;  // pixels a side

/// Pixels [n, channels, height, width], of at most `kLargestPicture` a side.
Tensor small_enough(const Tensor& pixels) {
  const auto side = std::max(pixels.size(2), pixels.size(3));
  if (side <= kLargestPicture) return pixels;
  const auto scaled = [&](std::int64_t length) {
    return std::max<std::int64_t>(1, length * kLargestPicture / side);
  };
  return at::adaptive_avg_pool2d(pixels, {scaled(pixels.size(2)), scaled(pixels.size(3))});
}

}  // namespace

nlohmann::json draw_picture_lines(const std::filesystem::path& file, const std::vector<Tensor>& pictures,
                                  std::int64_t columns) {
  const auto all = at::cat(pictures);
  const double low = std::min(0.0, all.min().item<double>()), high = std::max(1.0, all.max().item<double>());
  std::vector<Tensor> cells;
  for (const auto& rows : pictures) {
    auto shape = rows.sizes().vec();
    shape[0] = columns - rows.size(0);
    cells.push_back(at::cat({rows, at::full(shape, high, rows.options())}));
  }
  const auto pixels = small_enough(at::cat(cells));
  const auto factor = enlargement(pixels.size(2));
  const auto sheet = enlarge(tile(to_images(pixels, low, high), columns), factor);
  write_file(file, encode_png(sheet));
  return {{"columns", columns},
          {"width", factor * pixels.size(3)},
          {"height", factor * pixels.size(2)},
          {"gap", factor}};
}

}  // namespace aelab
