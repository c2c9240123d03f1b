#include "aelab/training/callbacks/pictures.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "aelab/core/files.h"
#include "aelab/data/pictures.h"

namespace aelab {
namespace {

constexpr std::int64_t kEnlarge = 3;  // pixels of the file for one of the image
constexpr std::int64_t kMostFilters = 256;

std::string png(const std::vector<Image>& images, std::int64_t columns) {
  return encode_png(enlarge(tile(images, columns), kEnlarge));
}

std::string reconstructions(const Training& training, std::int64_t count) {
  const auto& part = training.data.validation.size() > 0 ? training.data.validation : training.data.train;
  const auto shown = std::min(count, part.size());
  const at::NoGradGuard no_grad;
  const auto device = training.model.parameters().front().device();
  const auto originals = part.range(0, shown).to(device).inputs;
  const double low = std::min(0.0, originals.min().item<double>()),
               high = std::max(1.0, originals.max().item<double>());
  return png(to_images(at::cat({originals, training.model.reconstruct(originals)}), low, high), shown);
}

std::string filters(const Tensor& weights) {
  const auto images = filter_images(weights.slice(0, 0, kMostFilters));
  const auto columns = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(images.size()))));
  return png(images, columns);
}

}  // namespace

void Pictures::Config::fields(Fields& f) {
  f("every", every, "epochs between two pictures; the last epoch of a phase is always drawn", at_least(1));
  f("count", count, "how many samples", between(1, 256));
}

void Pictures::check(const Split& data) const {
  if (!is_picture(data.train.shape()))
    throw Error("callbacks: pictures need images, [1 or 3, height, width]; the data are " +
                to_string(data.train.shape()));
}

void Pictures::start(Training& training) { std::filesystem::create_directories(training.folder / "images"); }

void Pictures::epoch_end(Training& training) {
  const auto epoch = training.progress.epoch;
  if (epoch % config_.every != 0 && !training.progress.phase_ended) return;
  const auto folder = training.folder / "images";
  write_file(folder / fmt::format("reconstructions-{:04}.png", epoch),
             reconstructions(training, config_.count));
  if (const auto weights = training.model.backbone().filters(); weights.defined())
    write_file(folder / fmt::format("filters-{:04}.png", epoch), filters(weights));
}

}  // namespace aelab
