#include "aelab/data/sources/image_sources.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/problems.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/cifar.h"
#include "aelab/data/formats/file_kind.h"
#include "aelab/data/formats/picture_file.h"
#include "aelab/data/places.h"

namespace aelab {

std::span<const std::string_view> names(Colour) {
  static constexpr std::array<std::string_view, 2> kNames = {"grey", "rgb"};
  return kNames;
}

std::span<const std::string_view> names(CifarLabels) {
  static constexpr std::array<std::string_view, 2> kNames = {"fine", "coarse"};
  return kNames;
}

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (!entry->path().filename().string().starts_with('.')) entries.push_back(entry->path());
  if (error) throw Error("cannot read the folder " + folder.string() + ": " + error.message());
  for (const auto& entry : entries)
    if (!is_utf8(entry.filename().string()))
      throw Error("the name of " + entry.string() + " is not UTF-8: rename it");
  std::sort(entries.begin(), entries.end());
  return entries;
}

struct LabelledPicture {
  fs::path path;
  std::int64_t label;
};

/// Names of the classes: of the subfolders; none where there are none.
std::vector<std::string> classes_in(const fs::path& folder) {
  std::vector<std::string> classes;
  for (const auto& entry : sorted_entries(folder))
    if (fs::is_directory(entry)) classes.push_back(entry.filename().string());
  return classes;
}

/// The file in a folder that may hold the images: "; it holds faces.zip; it is a ZIP archive: unpack it:
/// ...".
std::string first_other(const fs::path& folder) {
  for (const auto& entry : sorted_entries(folder))
    if (fs::is_regular_file(entry))
      return "; it holds " + entry.lexically_normal().string() + kind_in_words(entry, /*unknown=*/"");
  return {};
}

std::vector<LabelledPicture> pictures_in(const std::string& field, const fs::path& folder,
                                         const std::vector<std::string>& classes) {
  std::vector<LabelledPicture> pictures;
  const auto add = [&](const fs::path& place, std::int64_t label) {
    for (const auto& entry : sorted_entries(place))
      if (is_picture_file(entry))
        pictures.push_back({entry, label});
      else if (is_other_picture_file(entry))
        throw Error("data." + field + ": " + entry.string() +
                    " is neither PNG nor JPEG: convert it, or move it out of the folder");
  };
  add(folder, -1);
  if (!pictures.empty() && !classes.empty())
    throw Error("data." + field + ": " + folder.string() +
                " holds pictures both directly and in subfolders; move each into the subfolder of its class");
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto before = pictures.size();
    if (fs::is_directory(folder / classes[i])) add(folder / classes[i], static_cast<std::int64_t>(i));
    if (pictures.size() == before)
      throw Error("data." + field + ": there is no PNG or JPEG file in " + (folder / classes[i]).string());
  }
  if (pictures.empty())
    throw Error("data." + field + ": there is no PNG or JPEG file in " + folder.string() +
                first_other(folder));
  return pictures;
}

/// A picture as the config wants it.
Image fitted_picture(const fs::path& path, const Images::Config& config) {
  auto image = read_picture(path, config.colour == Colour::grey ? 1 : 3);
  if (config.resize) image = resized(image, (*config.resize)[1], (*config.resize)[0]);
  if (!config.crop) return image;
  const auto height = (*config.crop)[0], width = (*config.crop)[1];
  if (height > image.height || width > image.width)
    throw Error(path.string() + ": is " + std::to_string(image.height) + "x" + std::to_string(image.width) +
                " pixels, smaller than \"crop\"");
  return middle_of(image, width, height);
}

Tensor tensor_of(const Image& image) {
  auto* pixels = const_cast<std::uint8_t*>(image.pixels.data());
  return at::from_blob(pixels, {image.height, image.width, image.channels}, at::kByte).permute({2, 0, 1});
}

/// Bytes as values in [0, 1].
Tensor unit_values(const Tensor& bytes) { return bytes.to(at::kFloat).div_(255); }

/// The pictures of a folder, which the config names as `field`.
Dataset read_pictures(const std::string& field, const std::string& folder, const Images::Config& config,
                      const std::vector<std::string>& classes) {
  const auto pictures = pictures_in(field, folder, classes);
  Problems problems;
  Tensor bytes;
  std::vector<std::int64_t> labels;
  std::string first;
  for (std::size_t i = 0; i < pictures.size() && !problems.enough(); ++i)
    problems.attempt([&] {
      const auto& [path, label] = pictures[i];
      const auto image = fitted_picture(path, config);
      const auto pixels = tensor_of(image);
      if (!bytes.defined()) {
        first = path.string();
        bytes =
            at::empty({static_cast<std::int64_t>(pictures.size()), image.channels, image.height, image.width},
                      at::kByte);
      }
      if (pixels.sizes() != bytes.sizes().slice(1))
        throw Error(path.string() + ": is " + std::to_string(image.height) + "x" +
                    std::to_string(image.width) + " pixels, and " + first + " " +
                    std::to_string(bytes.size(2)) + "x" + std::to_string(bytes.size(3)) +
                    ": bring them to one size by \"resize\" or \"crop\"");
      bytes[static_cast<std::int64_t>(i)].copy_(pixels);
      labels.push_back(label);
    });
  problems.say_if_enough(folder);
  problems.raise();
  return Dataset::from_tensors(unit_values(bytes), classes.empty() ? Tensor() : at::tensor(labels));
}

bool is_size(const std::optional<std::vector<std::int64_t>>& size) { return !size || size->size() == 2; }

}  // namespace

void Images::Config::fields(Fields& f) {
  f.formerly({"folder"});
  known_as_path(f("files", files, "a folder of images, or of a subfolder for each class"));
  f.formerly({"test_folder"});
  f("test_files", test_files, "the same of images held out for the test");
  f("colour", colour, "grey: one channel; rgb: three channels");
  f("resize", resize, "[height, width] that every image is resized to", between(1, 10'000));
  f("crop", crop, "[height, width] of the center that is kept, after resizing", between(1, 10'000));
  f.require(!files.empty(), "files", "is missing: name a folder of images");
  f.require(is_size(resize), "resize", "must be two numbers, [height, width]");
  f.require(is_size(crop), "crop", "must be two numbers, [height, width]");
}

std::vector<Images::Config> Images::Config::examples() {
  return {{.files = "faces", .colour = Colour::rgb, .resize = {{32, 32}}, .crop = {{28, 28}}}};
}

Data Images::open() const {
  for (const auto& [field, folder] : {std::pair("files", config_.files), {"test_files", config_.test_files}})
    if (!folder.empty() && !fs::is_directory(folder))
      throw Error(std::string("data.") + field + ": there is no folder " + folder + kind_in_words(folder));
  const auto classes = classes_in(config_.files);
  Data data{.name = "images", .train = {}, .origin = config_.files};
  data.train = read_pictures("files", config_.files, config_, classes);
  data.class_names = classes;
  data.files = {config_.files};
  if (config_.test_files.empty()) return data;
  for (const auto& name : classes_in(config_.test_files))
    if (std::find(classes.begin(), classes.end(), name) == classes.end())
      throw Error("data.test_files: the class \"" + name + "\" is not in " + config_.files);
  data.test = read_pictures("test_files", config_.test_files, config_, classes);
  data.files.push_back(config_.test_files);
  if (data.test->shape() != data.train.shape())
    throw Error("data.test_files: its images are " + to_string(data.test->shape()) + ", those of files " +
                to_string(data.train.shape()) + ": bring them to one size by \"resize\" or \"crop\"");
  return data;
}

// ---- CIFAR

namespace {

/// How the labels stand in a record, and which is taken.
struct CifarLayout {
  std::int64_t label_bytes, label, classes;
};

Dataset read_cifar(const fs::path& folder, const std::vector<std::string>& files, const CifarLayout& layout,
                   Data& data) {
  std::vector<Tensor> pictures;
  std::vector<std::int64_t> labels;
  for (const auto& file : files) {
    const auto path = fs::exists(folder / file) ? folder / file : folder / (file + ".gz");
    data.files.push_back(path.string());
    auto content =
        parse_cifar(read_gzip(path), layout.label_bytes, layout.label, layout.classes, path.string());
    auto rows = at::from_blob(content.bytes.data(), {content.rows(), layout.label_bytes + CifarFile::kPixels},
                              at::kByte);
    pictures.push_back(unit_values(rows.slice(1, layout.label_bytes)).view({-1, 3, 32, 32}));
    labels.insert(labels.end(), content.labels.begin(), content.labels.end());
  }
  return Dataset::from_tensors(at::cat(pictures), at::tensor(labels));
}

}  // namespace

void Cifar10::Config::fields(Fields& f) { known_as_path(f("folder", folder, kFolderHelp)); }

Data Cifar10::open() const {
  const auto folder = find_folder("cifar10", config_.folder, "data_batch_1.bin", shipped_data() / "cifar10");
  const CifarLayout layout{.label_bytes = 1, .label = 0, .classes = 10};
  Data data{.name = "cifar10", .train = {}, .origin = folder.string()};
  data.train = read_cifar(
      folder,
      {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
      layout, data);
  data.test = read_cifar(folder, {"test_batch.bin"}, layout, data);
  return data;
}

void Cifar100::Config::fields(Fields& f) {
  f("labels", labels, "fine: 100 classes; coarse: their 20 groups");
  known_as_path(f("folder", folder, kFolderHelp));
}

Data Cifar100::open() const {
  const auto folder = find_folder("cifar100", config_.folder, "train.bin", shipped_data() / "cifar100");
  const bool fine = config_.labels == CifarLabels::fine;
  const CifarLayout layout{.label_bytes = 2, .label = fine ? 1 : 0, .classes = fine ? 100 : 20};
  Data data{.name = "cifar100", .train = {}, .origin = folder.string()};
  data.train = read_cifar(folder, {"train.bin"}, layout, data);
  data.test = read_cifar(folder, {"test.bin"}, layout, data);
  return data;
}

}  // namespace aelab
