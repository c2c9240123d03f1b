#include "aelab/training/drawings.h"

#include <ATen/ATen.h>

#include "aelab/data/pictures.h"

namespace aelab {
namespace {

constexpr std::int64_t kEnlarge = 3;
constexpr std::int64_t kMostFilters = 256;

}  // namespace

Image draw_reconstructions(const Training& training, std::int64_t count) {
  const auto& part = training.data.validation.size() > 0 ? training.data.validation : training.data.train;
  const auto shown = std::min(count, part.size());
  const at::NoGradGuard no_grad;
  const auto device = training.model.parameters().front().device();
  const auto originals = part.range(0, shown).to(device).inputs;
  const double low = std::min(0.0, originals.min().item<double>()),
               high = std::max(1.0, originals.max().item<double>());
  const auto images = to_images(at::cat({originals, training.model.reconstruct(originals)}), low, high);
  return enlarge(tile(images, shown), kEnlarge);
}

std::optional<Image> draw_filters(const Training& training) {
  const auto weights = training.model.parts().backbone.filters();
  if (!weights.defined()) return std::nullopt;
  const auto images = filter_images(weights.slice(0, 0, kMostFilters));
  const auto columns = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(images.size()))));
  return enlarge(tile(images, columns), kEnlarge);
}

}  // namespace aelab
