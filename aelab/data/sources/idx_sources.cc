#include "aelab/data/sources/idx_sources.h"

#include <ATen/ATen.h>

#include <array>

#include "aelab/core/error.h"
#include "aelab/data/array_rows.h"
#include "aelab/data/formats/idx.h"
#include "aelab/data/places.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

std::vector<ArrayFile> open_all_idx(const FileNames& paths) {
  std::vector<ArrayFile> files;
  for (const auto& path : paths) files.push_back(open_idx(path));
  return files;
}

Dataset read_idx_part(const FileNames& images, const FileNames& labels, bool in_memory, Data& data) {
  auto arrays = open_all_idx(images);
  const auto classes = open_all_idx(labels);
  for (const auto* files : {&std::as_const(arrays), &classes})
    for (const auto& file : *files) data.files.push_back(file.name());
  return rows_of(std::move(arrays), classes, {.in_memory = in_memory, .unit = true});
}

Data read_idx_folder(const std::string& name, const fs::path& folder, const std::string& train,
                     const std::string& test) {
  Data data{.name = name, .train = {}, .origin = folder.string()};
  const auto part = [&](const std::string& prefix) {
    return read_idx_part(folder / (prefix + "-images-idx3-ubyte"), folder / (prefix + "-labels-idx1-ubyte"),
                         /*in_memory=*/true, data);
  };
  data.train = part(train);
  data.test = part(test);
  return data;
}

Data read_mnist_like(const std::string& name, const std::string& given, const fs::path& installed) {
  return read_idx_folder(name, find_folder(name, given, "train-images-idx3-ubyte", installed), "train",
                         "t10k");
}

}  // namespace

void Mnist::Config::fields(Fields& f) { known_as_path(f("folder", folder, kFolderHelp)); }
Data Mnist::open() const { return read_mnist_like("mnist", config_.folder, shipped_data() / "mnist"); }

void FashionMnist::Config::fields(Fields& f) { known_as_path(f("folder", folder, kFolderHelp)); }
Data FashionMnist::open() const {
  return read_mnist_like("fashion-mnist", config_.folder, "/usr/share/datasets/fashion-mnist");
}

void Kmnist::Config::fields(Fields& f) { known_as_path(f("folder", folder, kFolderHelp)); }
Data Kmnist::open() const { return read_mnist_like("kmnist", config_.folder, shipped_data() / "kmnist"); }

std::span<const std::string_view> names(EmnistPart) {
  static constexpr std::array<std::string_view, 6> kNames = {"balanced", "byclass", "bymerge",
                                                             "digits",   "letters", "mnist"};
  return kNames;
}

void Emnist::Config::fields(Fields& f) {
  f("part", part, "which of the six data sets");
  known_as_path(f("folder", folder, kFolderHelp));
}

Data Emnist::open() const {
  const auto prefix = "emnist-" + std::string(name_of(config_.part)) + "-";
  const auto folder =
      find_folder("emnist", config_.folder, prefix + "train-images-idx3-ubyte", shipped_data() / "emnist");
  auto data = read_idx_folder("emnist", folder, prefix + "train", prefix + "test");
  const auto upright = [&](const Dataset& part) {
    const auto rows = part.range(0, part.size());
    return Dataset::from_tensors(rows.inputs.transpose(2, 3),
                                 config_.part == EmnistPart::letters ? rows.labels - 1 : rows.labels);
  };
  data.train = upright(data.train);
  data.test = upright(*data.test);
  return data;
}

void Idx::Config::fields(Fields& f) {
  f.formerly({"train_images"});
  known_as_path(f("files", files, "a file of images, or a list of files"));
  f.formerly({"train_labels"});
  f("label_files", label_files, "a file of their labels, or a list of files");
  f.formerly({"test_images"});
  f("test_files", test_files, "a file of test images, or a list of files");
  f.formerly({"test_labels"});
  f("test_label_files", test_label_files, "a file of their labels, or a list of files");
  f("in_memory", in_memory,
    "false: read the images of a batch from the files, which are not gzipped, when it is needed");
  f.require(!files.empty(), "files", "is missing: name an IDX file, such as \"train-images-idx3-ubyte.gz\"");
  require_label_files(f, {files, label_files}, {test_files, test_label_files});
}

std::vector<Idx::Config> Idx::Config::examples() {
  const auto mnist = shipped_data() / "mnist";
  return {{.files = mnist / "t10k-images-idx3-ubyte.gz", .label_files = mnist / "t10k-labels-idx1-ubyte.gz"}};
}

Data Idx::open() const {
  require_files({{"files", config_.files},
                 {"label_files", config_.label_files},
                 {"test_files", config_.test_files},
                 {"test_label_files", config_.test_label_files}});
  for (const auto* files :
       {&config_.files, &config_.label_files, &config_.test_files, &config_.test_label_files})
    require_kind_of(Config::kind, *files, /*may_be_gzipped=*/true);
  Data data{.name = "idx", .train = {}, .origin = config_.files.front()};
  data.train = read_idx_part(config_.files, config_.label_files, config_.in_memory, data);
  if (config_.test_files.empty()) return data;
  data.test = read_idx_part(config_.test_files, config_.test_label_files, config_.in_memory, data);
  if (data.test->shape() != data.train.shape())
    throw FieldError("test_files", "its images have shape [" + in_list(data.test->shape()) +
                                       "], those of files [" + in_list(data.train.shape()) + "]");
  return data;
}

}  // namespace aelab
