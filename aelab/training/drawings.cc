#include "aelab/training/drawings.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>

#include "aelab/data/pictures.h"
#include "aelab/models/principal_components.h"

namespace aelab {
namespace {

constexpr std::int64_t kMostFilters = 256;

/// Each pixel becomes so many that a sample, or a filter, is large enough to look at.
Image enlarged(const std::vector<Image>& images, std::int64_t columns) {
  constexpr std::int64_t kLeast = 56;  // pixels of a sample's height
  const auto height = images.front().height;
  return enlarge(tile(images, columns), std::max<std::int64_t>((kLeast + height - 1) / height, 2));
}

const Dataset& drawn_part(const Training& training) {
  return training.data.validation.size() > 0 ? training.data.validation : training.data.train;
}

at::Device device_of(const Training& training) { return training.model.parameters().front().device(); }

/// The noise of pictures: the same at every epoch, of the level that training has reached.
Step drawing_step(const Training& training) {
  Step step;
  step.in_phase = std::max<std::int64_t>(training.progress.phase_step - 1, 0);
  step.phase_steps = std::max<std::int64_t>(training.phase_steps(), 1);
  return step;
}

/// Two numbers for each code, [rows, 2].
Tensor in_the_plane(const Tensor& codes) {
  if (codes.size(1) == 2) return codes;
  return principal_components(Dataset::from_tensors(codes), 2).encode(codes);
}

using Colour = std::array<std::uint8_t, 3>;

/// Ten colours that are told apart on white (Tableau's categorical palette).
constexpr Colour kColours[] = {{31, 119, 180},  {255, 127, 14}, {44, 160, 44},   {214, 39, 40},
                               {148, 103, 189}, {140, 86, 75},  {227, 119, 194}, {127, 127, 127},
                               {188, 189, 34},  {23, 190, 207}};

class Scatter {
 public:
  Scatter() : image_{.width = kSize, .height = kSize, .channels = 3, .pixels = {}} {
    image_.pixels.assign(kSize * kSize * 3, 255);
  }

  /// A dot of 5x5 pixels; x to the right and y upwards, both from 0 to 1.
  void dot(double x, double y, const Colour& colour) {
    const auto column = std::lround(kMargin + x * (kSize - 1 - 2 * kMargin));
    const auto row = std::lround(kSize - 1 - kMargin - y * (kSize - 1 - 2 * kMargin));
    for (auto r = row - 2; r <= row + 2; ++r)
      for (auto c = column - 2; c <= column + 2; ++c)
        std::copy(colour.begin(), colour.end(), image_.pixels.begin() + (r * kSize + c) * 3);
  }
  Image image() && { return std::move(image_); }

 private:
  static constexpr std::int64_t kSize = 480, kMargin = 8;
  Image image_;
};

}  // namespace

Image draw_reconstructions(const Training& training, std::int64_t count) {
  const auto& part = drawn_part(training);
  const auto shown = std::min(count, part.size());
  const at::NoGradGuard no_grad;
  const auto& model = training.model;
  const auto originals = part.range(0, shown).to(device_of(training)).inputs;
  const double low = std::min(0.0, originals.min().item<double>()),
               high = std::max(1.0, originals.max().item<double>());
  std::vector<Tensor> rows = {originals};
  if (model.has_corruption()) rows.push_back(model.corrupt(originals, drawing_step(training)));
  rows.push_back(model.reconstruct(rows.back()));
  return enlarged(to_images(at::cat(rows), low, high), shown);
}

std::optional<Image> draw_codes(const Training& training, std::int64_t count) {
  if (elements(training.model.code_shape()) < 2) return std::nullopt;
  const at::NoGradGuard no_grad;
  const auto batch = drawn_part(training).range(0, std::min(count, drawn_part(training).size()));
  const auto codes = training.model.encode(batch.inputs.to(device_of(training))).flatten(1).cpu();
  const auto points = in_the_plane(codes).to(at::kDouble);
  const auto least = std::get<0>(points.min(0)), most = std::get<0>(points.max(0));
  const auto placed = ((points - least) / (most - least).clamp_min(1e-12)).contiguous();
  const auto* place = placed.const_data_ptr<double>();
  Scatter scatter;
  for (std::int64_t i = 0; i < placed.size(0); ++i) {
    const auto label = batch.labels.defined() ? batch.labels[i].item<std::int64_t>() : 0;
    scatter.dot(place[2 * i], place[2 * i + 1],
                kColours[static_cast<std::size_t>(label) % std::size(kColours)]);
  }
  return std::move(scatter).image();
}

std::optional<Image> draw_filters(const Training& training) {
  const auto weights = training.model.parts().backbone.filters();
  if (!weights.defined()) return std::nullopt;
  const auto images = filter_images(weights.slice(0, 0, kMostFilters));
  const auto columns = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(images.size()))));
  return enlarged(images, columns);
}

}  // namespace aelab
