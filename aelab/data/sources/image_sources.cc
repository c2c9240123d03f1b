#include "aelab/data/sources/image_sources.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/folders.h"
#include "aelab/core/gzip_file.h"
#include "aelab/core/memory.h"
#include "aelab/core/problems.h"
#include "aelab/core/signals.h"
#include "aelab/data/formats/cifar.h"
#include "aelab/data/formats/file_kind.h"
#include "aelab/data/formats/picture_file.h"
#include "aelab/data/formats/picture_folder.h"
#include "aelab/data/formats/values.h"
#include "aelab/data/places.h"

namespace aelab {

std::span<const std::string_view> names(Color) {
  static constexpr std::array<std::string_view, 2> kNames = {"gray", "rgb"};
  return kNames;
}

std::span<const std::string_view> names(CifarLabels) {
  static constexpr std::array<std::string_view, 2> kNames = {"fine", "coarse"};
  return kNames;
}

namespace {

namespace fs = std::filesystem;

struct LabeledPicture {
  fs::path path;
  std::int64_t label;
};

std::vector<std::string> classes_in(const PictureFolder& folder) {
  std::vector<std::string> classes;
  for (const auto& [name, pictures] : folder.classes) classes.push_back(name);
  return classes;
}

/// The file in a folder that may hold the images: "; it holds faces.zip; it is a ZIP archive: unpack it:
/// ...".
std::string first_other(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : sorted_entries(folder, ignored))
    if (fs::is_regular_file(entry, ignored))
      return "; it holds " + entry.lexically_normal().string() + kind_in_words(entry, /*unknown=*/"");
  return {};
}

/// The pictures of a folder, which the config names as `field`, with the places of their classes in `classes`
/// as labels.
std::vector<LabeledPicture> labeled_pictures(const std::string& field, const std::string& folder,
                                             const PictureFolder& found,
                                             const std::vector<std::string>& classes) {
  const auto refuse = [&](const std::string& why) { return FieldError(field, why); };
  if (!found.unreadable.empty())
    throw refuse(found.unreadable.front().string() +
                 " is neither PNG nor JPEG: convert it, or move it out of the folder");
  if (!found.pictures.empty() && !classes.empty())
    throw refuse(folder +
                 " holds images both directly and in subfolders; move each into the subfolder of its class");
  std::vector<LabeledPicture> pictures;
  for (const auto& picture : found.pictures) pictures.push_back({picture, -1});
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto place = std::find_if(found.classes.begin(), found.classes.end(),
                                    [&](const auto& there) { return there.name == classes[i]; });
    if (place == found.classes.end() || place->pictures.empty())
      throw refuse("there is no PNG or JPEG file in " + (fs::path(folder) / classes[i]).string());
    for (const auto& picture : place->pictures) pictures.push_back({picture, static_cast<std::int64_t>(i)});
  }
  if (pictures.empty()) throw refuse("there is no PNG or JPEG file in " + folder + first_other(folder));
  return pictures;
}

/// A picture as the config wants it.
Picture fitted_picture(const fs::path& path, const Images::Config& config) {
  auto picture = read_picture(path, config.color == Color::gray ? 1 : 3);
  if (config.resize) picture = resized(picture, (*config.resize)[1], (*config.resize)[0]);
  if (!config.crop) return picture;
  const auto height = (*config.crop)[0], width = (*config.crop)[1];
  if (height > picture.height || width > picture.width)
    throw Error(path.string() + ": is " + std::to_string(picture.height) + "x" +
                std::to_string(picture.width) + " pixels, smaller than \"crop\"");
  return middle_of(picture, width, height);
}

/// Pixels as values in [0, 1], [channels, height, width].
void write_values(const Picture& picture, float* to) {
  const auto channels = picture.channels, count = picture.width * picture.height;
  for (std::int64_t c = 0; c < channels; ++c)
    for (std::int64_t i = 0; i < count; ++i)
      *to++ = static_cast<float>(picture.pixels[static_cast<std::size_t>(i * channels + c)]);
  divide(to - channels * count, channels * count, picture.white);
}

/// Bytes as values in [0, 1].
Tensor unit_values(const Tensor& bytes) { return bytes.to(at::kFloat).div_(255); }

/// Pictures read into one tensor, [pictures, channels, height, width]; the first one decides their size.
class PictureRows {
 public:
  PictureRows(std::int64_t count, const Images::Config& config) : count_(count), config_(config) {}

  void add(const fs::path& path) {
    if (too_large_) return;  // the first one said so for all
    const auto picture = fitted_picture(path, config_);
    if (!values_.defined()) allocate(path, picture);
    if (picture.height != values_.size(2) || picture.width != values_.size(3))
      throw Error(path.string() + ": is " + std::to_string(picture.height) + "x" +
                  std::to_string(picture.width) + " pixels, but " + first_ + " is " +
                  std::to_string(values_.size(2)) + "x" + std::to_string(values_.size(3)) +
                  ": give all images one size with \"resize\" or \"crop\"");
    write_values(picture, values_.mutable_data_ptr<float>() + read_ * values_[0].numel());
    ++read_;
    if (!picture.turned) return;
    if (turned_++ == 0) first_turned_ = path.string();
  }

  const Tensor& values() const { return values_; }

  /// What was done to them that their folder does not show.
  std::vector<std::string> notes() const {
    if (turned_ == 0) return {};
    return {std::to_string(turned_) + (turned_ == 1 ? " image is" : " images are") +
            " rotated or flipped according to its EXIF orientation, such as " + first_turned_};
  }

 private:
  std::int64_t count_, read_ = 0, turned_ = 0;
  const Images::Config& config_;
  Tensor values_;
  std::string first_, first_turned_;
  bool too_large_ = false;

  void allocate(const fs::path& path, const Picture& picture) {
    first_ = path.string();
    too_large_ = true;
    const auto values = static_cast<double>(picture.channels * picture.height * picture.width);
    require_memory(static_cast<double>(count_) * values * sizeof(float),
                   std::to_string(count_) + " images of " + std::to_string(picture.height) + "x" +
                       std::to_string(picture.width) + " pixels, the size of " + first_ + ",",
                   "make them smaller with \"resize\"");
    too_large_ = false;
    values_ = at::empty({count_, picture.channels, picture.height, picture.width});
  }
};

/// The pictures of a folder, which the config names as `field`.
Dataset read_pictures(const std::string& field, const std::string& folder, const Images::Config& config,
                      const PictureFolder& found, const std::vector<std::string>& classes,
                      std::vector<std::string>& notes) {
  const auto pictures = labeled_pictures(field, folder, found, classes);
  Problems problems;
  PictureRows rows(static_cast<std::int64_t>(pictures.size()), config);
  std::vector<std::int64_t> labels;
  for (std::size_t i = 0; i < pictures.size() && !problems.enough(); ++i) {
    StopSignals::check();
    problems.attempt([&] {
      rows.add(pictures[i].path);
      labels.push_back(pictures[i].label);
    });
  }
  problems.say_if_enough(folder);
  problems.raise();
  for (const auto& more : {found.passed_over, rows.notes()})
    notes.insert(notes.end(), more.begin(), more.end());
  return Dataset::from_tensors(rows.values(), classes.empty() ? Tensor() : at::tensor(labels));
}

bool is_size(const std::optional<std::vector<std::int64_t>>& size) { return !size || size->size() == 2; }

}  // namespace

void Images::Config::fields(Fields& f) {
  f.formerly({"folder"});
  known_as_path(f("files", files, "a folder of images, or of a subfolder for each class"));
  f.formerly({"test_folder"});
  f("test_files", test_files, "a folder of test images");
  f.formerly({"colour"});
  f("color", color, "gray: one channel; rgb: three channels");
  f("resize", resize, "[height, width] that every image is resized to", between(1, 10'000));
  f("crop", crop, "[height, width] of the center that is kept, after resizing", between(1, 10'000));
  f.require(!files.empty(), "files", "is missing: name a folder of images");
  f.require(is_size(resize), "resize", "must be two numbers, [height, width]");
  f.require(is_size(crop), "crop", "must be two numbers, [height, width]");
}

std::vector<Images::Config> Images::Config::examples() {
  return {{.files = "faces", .color = Color::rgb, .resize = {{32, 32}}, .crop = {{28, 28}}}};
}

Data Images::open() const {
  for (const auto& [field, folder] : {std::pair("files", config_.files), {"test_files", config_.test_files}})
    if (!folder.empty() && !folder_exists(folder)) {
      if (is_picture_file(folder)) require_kind_of(Config::kind, {folder});
      throw FieldError(field, "there is no folder " + folder + kind_in_words(folder));
    }
  const auto found = list_pictures(config_.files);
  const auto classes = classes_in(found);
  Data data{.name = "images", .train = {}, .origin = config_.files};
  data.train = read_pictures("files", config_.files, config_, found, classes, data.notes);
  data.class_names = classes;
  data.files = {config_.files};
  if (config_.test_files.empty()) return data;
  const auto test = list_pictures(config_.test_files);
  for (const auto& name : classes_in(test))
    if (std::find(classes.begin(), classes.end(), name) == classes.end())
      throw FieldError("test_files", "the class \"" + name + "\" is not in " + config_.files);
  data.test = read_pictures("test_files", config_.test_files, config_, test, classes, data.notes);
  data.files.push_back(config_.test_files);
  if (data.test->shape() != data.train.shape())
    throw FieldError("test_files", "its images have shape [" + in_list(data.test->shape()) +
                                       "], those of files [" + in_list(data.train.shape()) +
                                       "]: give all images one size with \"resize\" or \"crop\"");
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
    const auto path = file_exists(folder / file) ? folder / file : folder / (file + ".gz");
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
