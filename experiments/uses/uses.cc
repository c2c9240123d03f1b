// Lossy compression with the models of a comparison, and with JPEG: measures the squared error per image at
// given bits per pixel. uses COMPARISON_FOLDER [SOURCE ...], where the sources contain 28x28 images.

#include <ATen/ATen.h>
#include <turbojpeg.h>

#include <cmath>
#include <limits>

#include "experiments/study.h"

namespace {

using at::Tensor;

constexpr double kRates[] = {0.05, 0.1, 0.2, 0.4, 0.8};  // bits per pixel
constexpr std::int64_t kTested = 2000;                   // images

/// The rate and the error of a codec on a set of images.
struct Point {
  double rate;   // bits per pixel
  double error;  // squared, summed over pixels, mean over images
};

Tensor first_images(const aelab::Dataset& rows) {
  return rows.range(0, std::min(kTested, rows.size())).inputs;
}

double squared_error(const Tensor& reconstructions, const Tensor& images) {
  return (reconstructions - images).flatten(1).square().sum(1).mean().item<double>();
}

/// The latent code of a model as a codec. Every code dimension is rounded to a multiple of its step size and
/// coded by an ideal arithmetic coder with the frequencies of the training images. Values outside the range
/// of the training images are clipped to it.
class CodeCodec {
 public:
  /// `codes` are the codes of the training images, [rows, code].
  CodeCodec(const aelab::Autoencoder& model, const Tensor& codes, double fineness) : model_(model) {
    // Principal components are orthonormal, so one step size for all is optimal; the dimensions of other
    // codes have different scales.
    const auto deviations = (codes - codes.mean(0)).square().mean(0).sqrt();
    const bool orthonormal = model.variant().kind() == "pca";
    steps_ = fineness * (orthonormal ? deviations.mean().expand_as(deviations) : deviations.clamp_min(1e-6));
    const auto symbols = (codes / steps_).round();
    least_ = symbols.amin(0);
    most_ = symbols.amax(0);
    const auto width = static_cast<std::int64_t>((most_ - least_).max().item<double>()) + 1;
    const auto places = (symbols - least_).to(at::kLong).t().contiguous();  // [code, rows]
    auto counts = at::zeros({places.size(0), width}, at::kDouble);
    counts.scatter_add_(1, places, at::ones(places.sizes(), at::kDouble));
    const auto possible = at::arange(width).unsqueeze(0) <= (most_ - least_).unsqueeze(1);
    counts = (counts + 1) * possible;  // Laplace smoothing: every symbol has a finite number of bits
    bits_ = -(counts / counts.sum(1, /*keepdim=*/true)).log2();
  }

  Point operator()(const Tensor& images) const {
    const auto symbols = at::clamp((model_.encode(images).flatten(1) / steps_).round(), least_, most_);
    const auto places = (symbols - least_).to(at::kLong).t().contiguous();
    const auto pixels = static_cast<double>(images.numel());
    auto shape = model_.code_shape();
    shape.insert(shape.begin(), images.size(0));
    return {bits_.gather(1, places).sum().item<double>() / pixels,
            squared_error(model_.decode((symbols * steps_).reshape(shape)), images)};
  }

 private:
  const aelab::Autoencoder& model_;
  Tensor steps_, least_, most_;  // [code]
  Tensor bits_;                  // [code, symbols]
};

/// JPEG by libjpeg-turbo with optimized Huffman tables: a hundred images per file, so that the header hardly
/// counts, each padded to 32x32, so that no two images share an 8x8 block.
Point jpeg(const Tensor& images, int quality) {
  constexpr std::int64_t kSide = 32, kAcross = 10, kSheet = kAcross * kAcross;
  constexpr int kPixels = kSide * kAcross;
  const auto sheets = images.size(0) / kSheet, height = images.size(2), width = images.size(3);
  auto compressor = tjInitCompress(), decompressor = tjInitDecompress();
  double bytes = 0, error = 0;
  for (std::int64_t i = 0; i < sheets; ++i) {
    const auto own = images.narrow(0, i * kSheet, kSheet);
    const auto sheet = at::constant_pad_nd(own, {0, kSide - width, 0, kSide - height})
                           .reshape({kAcross, kAcross, kSide, kSide})
                           .permute({0, 2, 1, 3})
                           .mul(255)
                           .round()
                           .to(at::kByte)
                           .contiguous();
    unsigned char* file = nullptr;
    unsigned long length = 0;
    auto back = at::empty_like(sheet);
    if (tjCompress2(compressor, sheet.data_ptr<std::uint8_t>(), kPixels, kPixels, kPixels, TJPF_GRAY, &file,
                    &length, TJSAMP_GRAY, quality, TJFLAG_PROGRESSIVE) != 0 ||
        tjDecompress2(decompressor, file, length, back.data_ptr<std::uint8_t>(), kPixels, kPixels, kPixels,
                      TJPF_GRAY, 0) != 0)
      throw aelab::Failure(tjGetErrorStr());
    tjFree(file);
    const auto decoded = back.reshape({kAcross, kSide, kAcross, kSide})
                             .permute({0, 2, 1, 3})
                             .reshape({kSheet, 1, kSide, kSide})
                             .slice(2, 0, height)
                             .slice(3, 0, width)
                             .to(at::kFloat) /
                         255;
    bytes += static_cast<double>(length);
    error += squared_error(decoded, own);
  }
  tjDestroy(compressor);
  tjDestroy(decompressor);
  const auto pixels = static_cast<double>(sheets * kSheet * height * width);
  return {8 * bytes / pixels, error / static_cast<double>(sheets)};
}

/// Adds the smallest error within each rate; the cell stays empty if no point is within it.
void add(study::Table& table, const std::string& method, const std::vector<Point>& points) {
  for (const auto rate : kRates) {
    double least = std::numeric_limits<double>::infinity();
    for (const auto& point : points)
      if (point.rate <= rate) least = std::min(least, point.error);
    char column[32];
    std::snprintf(column, sizeof column, "%g bits", rate);
    if (std::isfinite(least)) table.add(method, column, least);
  }
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 2) throw aelab::Error("usage: uses COMPARISON_FOLDER [SOURCE ...]");
  const c10::InferenceMode inference;
  const auto mnist = first_images(*aelab::open_dataset("mnist").test);
  std::vector<std::pair<std::string, Tensor>> sets = {{"mnist", mnist}};
  for (int i = 2; i < count; ++i)
    sets.emplace_back(arguments[i], first_images(*aelab::open_dataset(arguments[i]).test));

  // method and seed -> set -> points of all code sizes and step sizes
  std::map<std::pair<std::string, std::int64_t>, std::map<std::string, std::vector<Point>>> points;
  study::for_each_run(arguments[1], [&](const std::string& variant, const aelab::TrainedRun& run) {
    const auto method = variant.substr(0, variant.find(','));
    const auto codes = study::in_batches(run.data.train,
                                         [&](const Tensor& x) { return run.network().encode(x).flatten(1); });
    for (double fineness = 2; fineness > 0.1; fineness /= std::sqrt(2)) {
      const CodeCodec codec(run.network(), codes, fineness);
      for (const auto& [set, images] : sets)
        points[{method, run.config().seed}][set].push_back(codec(images));
    }
  });
  for (const auto& [set, images] : sets) {
    study::Table table(set + ": squared error");
    for (const auto& [key, of_sets] : points) add(table, key.first, of_sets.at(set));
    std::vector<Point> jpegs;
    for (int quality = 1; quality <= 95; ++quality) jpegs.push_back(jpeg(images, quality));
    add(table, "jpeg", jpegs);
    table.print();
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
