#include "aelab/data/pictures.h"

#include <ATen/ATen.h>

namespace aelab {

bool is_picture(const Shape& shape) { return shape.size() == 3 && (shape[0] == 1 || shape[0] == 3); }

Image to_image(const at::Tensor& pixels, double low, double high) {
  const auto scaled = ((pixels.detach().cpu().to(at::kFloat) - low) / (high - low)).clamp(0, 1);
  const auto bytes = (scaled * 255).round().to(at::kByte).permute({1, 2, 0}).contiguous();
  const auto* first = bytes.const_data_ptr<std::uint8_t>();
  return {.width = bytes.size(1),
          .height = bytes.size(0),
          .channels = bytes.size(2),
          .pixels = {first, first + bytes.numel()}};
}

std::int64_t enlargement(std::int64_t height) {
  constexpr std::int64_t kLarge = 100, kLeast = 56;
  return height >= kLarge ? 1 : std::max<std::int64_t>((kLeast + height - 1) / height, 2);
}

std::vector<Image> to_images(const at::Tensor& pixels, double low, double high) {
  std::vector<Image> images;
  for (std::int64_t i = 0; i < pixels.size(0); ++i) images.push_back(to_image(pixels[i], low, high));
  return images;
}

std::vector<Image> filter_images(const at::Tensor& weights) {
  const bool shown = weights.size(1) == 1 || weights.size(1) == 3;
  const auto filters = shown ? weights : weights.flatten(0, 1).unsqueeze(1);
  std::vector<Image> images;
  for (std::int64_t i = 0; i < filters.size(0); ++i) {
    const double largest = std::max(filters[i].abs().max().item<double>(), 1e-12);
    images.push_back(to_image(filters[i], -largest, largest));
  }
  return images;
}

}  // namespace aelab
