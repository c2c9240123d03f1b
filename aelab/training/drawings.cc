#include "aelab/training/drawings.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>

#include "aelab/data/pictures.h"
#include "aelab/data/principal_components.h"

namespace aelab {
namespace {

constexpr std::int64_t kMostFilters = 256;

Image enlarged(const std::vector<Image>& images, std::int64_t columns) {
  return enlarge(tile(images, columns), enlargement(images.front().height));
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

using Color = std::array<std::uint8_t, 3>;

/// Ten colors that are easy to distinguish on white (Tableau's categorical palette).
constexpr Color kColors[] = {{31, 119, 180},  {255, 127, 14}, {44, 160, 44},   {214, 39, 40},
                             {148, 103, 189}, {140, 86, 75},  {227, 119, 194}, {127, 127, 127},
                             {188, 189, 34},  {23, 190, 207}};

const Color& color_of(std::int64_t label) {
  return kColors[static_cast<std::size_t>(label) % std::size(kColors)];
}

/// Digits of 3x5 pixels, a row of three bits after the other.
constexpr std::array<std::uint16_t, 10> kDigits = {
    0b111'101'101'101'111, 0b010'110'010'010'111, 0b111'001'111'100'111, 0b111'001'111'001'111,
    0b101'101'111'001'001, 0b111'100'111'001'111, 0b111'100'111'101'111, 0b111'001'001'001'001,
    0b111'101'111'101'111, 0b111'101'111'001'111};

/// Dots in a square; on its right, if there are classes, the color of each.
class Scatter {
 public:
  /// For classes from 0 up to, without, `classes`; 0 without.
  explicit Scatter(std::int64_t classes)
      : image_{.width = kSize + (classes > 0 ? kLegend : 0), .height = kSize, .channels = 3, .pixels = {}} {
    image_.pixels.assign(static_cast<std::size_t>(image_.width * kSize * 3), 255);
    for (std::int64_t label = 0; label < std::min(classes, kSize / kLine - 1); ++label) name(label);
  }

  /// A dot of 5x5 pixels; x to the right and y upwards, both from 0 to 1.
  void dot(double x, double y, const Color& color) {
    const auto column = std::lround(kMargin + x * (kSize - 1 - 2 * kMargin));
    const auto row = std::lround(kSize - 1 - kMargin - y * (kSize - 1 - 2 * kMargin));
    fill(column - 2, row - 2, 5, color);
  }
  Image image() && { return std::move(image_); }

 private:
  static constexpr std::int64_t kSize = 480, kMargin = 8, kLegend = 56, kLine = 18, kDigitPixel = 2;
  static constexpr Color kBlack = {0, 0, 0};
  Image image_;

  void fill(std::int64_t left, std::int64_t top, std::int64_t side, const Color& color) {
    for (auto r = top; r < top + side; ++r)
      for (auto c = left; c < left + side; ++c)
        std::copy(color.begin(), color.end(), image_.pixels.begin() + (r * image_.width + c) * 3);
  }

  /// A class's line of the legend.
  void name(std::int64_t label) {
    const auto top = kMargin + label * kLine;
    fill(kSize, top, 5 * kDigitPixel, color_of(label));
    auto left = kSize + 16;
    for (const char digit : std::to_string(label)) {
      for (int bit = 0; bit < 15; ++bit)
        if (kDigits[static_cast<std::size_t>(digit - '0')] >> (14 - bit) & 1)
          fill(left + bit % 3 * kDigitPixel, top + bit / 3 * kDigitPixel, kDigitPixel, kBlack);
      left += 4 * kDigitPixel;
    }
  }
};

}  // namespace

Image draw_reconstructions(const Training& training, std::int64_t count) {
  const auto& part = drawn_part(training);
  const auto shown = std::min(count, part.size());
  const at::NoGradGuard no_grad;
  const auto& model = training.model;
  const auto batch = part.range(0, shown).to(device_of(training));
  const auto& originals = batch.inputs;
  const double low = std::min(0.0, originals.min().item<double>()),
               high = std::max(1.0, originals.max().item<double>());
  std::vector<Tensor> rows = {originals};
  if (model.has_corruption()) rows.push_back(model.corrupt(originals, drawing_step(training)));
  rows.push_back(model.reconstruct(rows.back(), model.condition(rows.back(), batch.labels)));
  return enlarged(to_images(at::cat(rows), low, high), shown);
}

std::optional<Image> draw_codes(const Training& training, std::int64_t count) {
  if (elements(training.model.code_shape()) < 2) return std::nullopt;
  const at::NoGradGuard no_grad;
  const auto batch = drawn_part(training).range(0, std::min(count, drawn_part(training).size()));
  const auto codes = training.model.encode(batch.to(device_of(training))).flatten(1).cpu();
  const auto points = in_the_plane(codes).to(at::kDouble);
  const auto least = std::get<0>(points.min(0)), most = std::get<0>(points.max(0));
  const auto placed = ((points - least) / (most - least).clamp_min(1e-12)).contiguous();
  const auto* place = placed.const_data_ptr<double>();
  Scatter scatter(batch.labels.defined() ? batch.labels.max().item<std::int64_t>() + 1 : 0);
  for (std::int64_t i = 0; i < placed.size(0); ++i) {
    const auto label = batch.labels.defined() ? batch.labels[i].item<std::int64_t>() : 0;
    scatter.dot(place[2 * i], place[2 * i + 1], color_of(label));
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
