#include "aelab/data/sources.h"

#include <ATen/ATen.h>

#include <cstdlib>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/problems.h"
#include "aelab/core/text.h"
#include "aelab/data/idx.h"

namespace aelab {

Registry<Source>& Source::registry() {
  static auto registry = Registry<Source>("data source", "data", "source")
                             .add<Mnist>()
                             .add<FashionMnist>()
                             .add<Digits>()
                             .add<Idx>();
  return registry;
}

Data open_dataset(const Choice<Source>& source) { return source.make()->open(); }
Data open_dataset(std::string_view name) { return open_dataset(Choice<Source>::named(name)); }

namespace {

namespace fs = std::filesystem;

const fs::path kShipped = fs::path(AELAB_SOURCE_DIR) / "data";

/// The first of the places for a data set's folder that holds `file`.
fs::path find_folder(const std::string& set, const std::string& given, const std::string& file,
                     const fs::path& installed) {
  std::vector<fs::path> places;
  if (!given.empty()) {
    places.push_back(given);
  } else {
    if (const char* root = std::getenv("AELAB_DATA")) places.push_back(fs::path(root) / set);
    places.push_back(fs::path("data") / set);
    places.push_back(installed);
  }
  std::vector<std::string> tried;
  for (const auto& place : places) {
    if (fs::exists(place / file) || fs::exists(place / (file + ".gz"))) return place;
    tried.push_back(place.string());
  }
  throw Error("data." + std::string(given.empty() ? "source" : "folder") + ": " + set + " needs " + file +
              "[.gz], which is not in " + join(tried, ", ") +
              "; set \"folder\" or the environment's AELAB_DATA (see data/README.md)");
}

at::ScalarType scalar_type(std::uint8_t idx_type) {
  switch (idx_type) {
    case 0x08:
      return at::kByte;
    case 0x09:
      return at::kChar;
    case 0x0B:
      return at::kShort;
    case 0x0C:
      return at::kInt;
    case 0x0D:
      return at::kFloat;
    default:
      return at::kDouble;
  }
}

/// Values as they are stored, in the file's own shape.
Tensor read_tensor(const fs::path& path) {
  auto array = read_idx(path);
  return at::from_blob(array.bytes.data(), array.shape, at::TensorOptions(scalar_type(array.type))).clone();
}

/// Bytes become [0, 1]; other types stay as they are. [rows, height, width] gets its one channel.
Tensor read_images(const fs::path& path) {
  const auto stored = read_tensor(path);
  auto images = stored.to(at::kFloat);
  if (stored.scalar_type() == at::kByte) images.div_(255);
  if (images.dim() < 2)
    throw Error(path.string() +
                ": holds a list of numbers; images are [rows, height, width] or [rows, features]");
  return images.dim() == 3 ? images.unsqueeze(1) : images;
}

Tensor read_labels(const fs::path& path, std::int64_t rows) {
  const auto labels = read_tensor(path);
  if (at::isFloatingType(labels.scalar_type()) || labels.dim() != 1)
    throw Error(path.string() + ": holds no list of whole numbers, as labels must be");
  if (labels.size(0) != rows)
    throw Error(path.string() + ": has " + std::to_string(labels.size(0)) + " labels for " +
                std::to_string(rows) + " images");
  if (rows > 0 && labels.min().item<std::int64_t>() < 0) throw Error(path.string() + ": has negative labels");
  return labels.to(at::kLong);
}

Dataset read_part(const fs::path& images_path, const fs::path& labels_path) {
  const auto images = read_images(images_path);
  return Dataset::from_tensors(images,
                               labels_path.empty() ? Tensor() : read_labels(labels_path, images.size(0)));
}

Data read_mnist_like(const std::string& name, const std::string& given, const fs::path& installed) {
  const auto folder = find_folder(name, given, "train-images-idx3-ubyte", installed);
  return {.name = name,
          .train = read_part(folder / "train-images-idx3-ubyte", folder / "train-labels-idx1-ubyte"),
          .test = read_part(folder / "t10k-images-idx3-ubyte", folder / "t10k-labels-idx1-ubyte"),
          .origin = folder.string()};
}

constexpr const char* kFolderHelp = "where the files are; searched for when left out";

}  // namespace

void Mnist::Config::fields(Fields& f) { f("folder", folder, kFolderHelp); }
Data Mnist::open() const { return read_mnist_like("mnist", config_.folder, kShipped / "mnist"); }

void FashionMnist::Config::fields(Fields& f) { f("folder", folder, kFolderHelp); }
Data FashionMnist::open() const {
  return read_mnist_like("fashion-mnist", config_.folder, "/usr/share/datasets/fashion-mnist");
}

void Idx::Config::fields(Fields& f) {
  f("train_images", train_images, "file of images to train on");
  f("train_labels", train_labels, "file of their labels");
  f("test_images", test_images, "file of images set apart for the test");
  f("test_labels", test_labels, "file of their labels");
  f.require(!train_images.empty(), "train_images",
            "is missing: name an IDX file, such as \"train-images-idx3-ubyte.gz\"");
  f.require(test_labels.empty() || !test_images.empty(), "test_labels", "needs test_images");
  f.require(test_images.empty() || train_labels.empty() == test_labels.empty(), "test_labels",
            "must be given exactly when train_labels is");
}

std::vector<Idx::Config> Idx::Config::examples() {
  const auto mnist = kShipped / "mnist";
  return {{.train_images = mnist / "t10k-images-idx3-ubyte.gz",
           .train_labels = mnist / "t10k-labels-idx1-ubyte.gz"}};
}

void Idx::check_files() const {
  Problems problems;
  for (const auto& [name, path] : {std::pair("train_images", config_.train_images),
                                   {"train_labels", config_.train_labels},
                                   {"test_images", config_.test_images},
                                   {"test_labels", config_.test_labels}})
    if (!path.empty() && !fs::exists(path) && !fs::exists(path + ".gz"))
      problems.add(std::string("data.") + name + ": there is no file " + path + ", nor " + path + ".gz");
  problems.raise();
}

Data Idx::open() const {
  check_files();
  Data data{.name = "idx",
            .train = read_part(config_.train_images, config_.train_labels),
            .test = {},
            .origin = config_.train_images};
  if (!config_.test_images.empty()) {
    data.test = read_part(config_.test_images, config_.test_labels);
    if (data.test->shape() != data.train.shape())
      throw Error("data.test_images: its images are " + to_string(data.test->shape()) +
                  ", those of train_images " + to_string(data.train.shape()));
  }
  return data;
}

void Digits::Config::fields(Fields& f) { f("folder", folder, kFolderHelp); }

Data Digits::open() const {
  constexpr std::int64_t kPixels = 64;
  const auto path =
      find_folder("digits", config_.folder, "digits.csv", kShipped / "digits") / "digits.csv.gz";
  const auto text = read_gzip(path);
  std::vector<float> pixels;
  std::vector<std::int64_t> labels;
  const char* at = text.c_str();
  for (std::int64_t line = 1; *at; ++line) {
    for (std::int64_t column = 0; column <= kPixels; ++column) {
      char* end = nullptr;
      const auto value = std::strtol(at, &end, 10);
      const char expected = column == kPixels ? '\n' : ',';
      if (end == at || value < 0 || value > 16 || (*end && *end != expected))
        throw Error(path.string() + ":" + std::to_string(line) + ": column " + std::to_string(column + 1) +
                    " is no whole number from 0 to 16 in a row of 65");
      if (column == kPixels)
        labels.push_back(value);
      else
        pixels.push_back(static_cast<float>(value) / 16);
      at = *end ? end + 1 : end;
    }
  }
  const auto rows = static_cast<std::int64_t>(labels.size());
  return {.name = "digits",
          .train = Dataset::from_tensors(at::tensor(pixels).reshape({rows, 1, 8, 8}), at::tensor(labels)),
          .test = {},
          .origin = path.string()};
}

}  // namespace aelab
