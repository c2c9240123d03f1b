#include "aelab/data/sources/array_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/safetensors.h"
#include "aelab/core/text.h"
#include "aelab/data/array_rows.h"
#include "aelab/data/formats/npy.h"
#include "aelab/data/formats/sparse_npz.h"
#include "aelab/data/places.h"

namespace aelab {
namespace {

constexpr const char* kInMemoryHelp = "false: read the rows of a batch from the files when it is needed";
constexpr const char* kChannelsLastHelp =
    "images are [height, width, channels], and series whose \"shape\" is given [length, channels]";
constexpr const char* kTokensAsRowsHelp =
    "arrays are activations [sequences, tokens, features], and labels [sequences, tokens]: every token is a "
    "row";
constexpr const char* kShapeHelp =
    "shape of a row, such as [2, 128] for series of two channels; default: that in the files, images "
    "[height, width] as [1, height, width]";

void check_test_shape(const Data& data) {
  if (data.test && data.test->shape() != data.train.shape())
    throw Error("the test rows have shape [" + in_list(data.test->shape()) + "], the training rows [" +
                in_list(data.train.shape()) + "]");
}

/// How the arrays of one kind of archive are found and opened.
struct ArchiveFormat {
  std::vector<std::string> (*names)(const std::filesystem::path&);
  ArrayFile (*open)(const std::filesystem::path&, const std::string&);
};

std::vector<std::string> names_in_safetensors(const std::filesystem::path& path) {
  std::vector<std::string> names;
  for (const auto& place : read_safetensors_places(path)) names.push_back(place.name);
  return names;
}

ArrayFile open_safetensors_array(const std::filesystem::path& path, const std::string& name) {
  for (const auto& place : read_safetensors_places(path)) {
    if (place.name != name) continue;
    const auto type = value_type_named(place.dtype);
    if (!type)
      throw Error(path.string() + ": tensor \"" + name + "\" is " + place.dtype +
                  ", which aelab does not read");
    return {std::make_shared<const PooledFile>(path),
            {.type = *type, .shape = place.shape, .offset = place.offset}};
  }
  throw Error(path.string() + ": has no tensor \"" + name + "\"." +
              did_you_mean(name, names_in_safetensors(path)));
}

constexpr ArchiveFormat kNpzFormat = {names_in_npz, read_npz},
                        kSafetensorsFormat = {names_in_safetensors, open_safetensors_array};

/// The array that is meant where none is named: the only one.
std::string only_array(const ArchiveFormat& format, const std::string& file) {
  const auto names = format.names(file);
  if (names.size() == 1) return names.front();
  if (is_sparse_npz(names))
    throw FieldError("source", file + " is a sparse matrix of SciPy: use \"source\": \"sparse-rows\"");
  if (names.empty()) throw FieldError("files", file + " holds no arrays");
  throw FieldError("inputs", "say which array of " + file + ": " + join(names, ", "));
}

bool has_array(const ArchiveFormat& format, const std::string& file, const std::string& name) {
  const auto names = format.names(file);
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr const char *kRowsOfScikit = "X", *kLabelsOfScikit = "y";

/// Whether the arrays are X and y alone, as scikit-learn calls them, and ADBench (Han et al. 2022) saves
/// them.
bool has_rows_and_labels(const ArchiveFormat& format, const std::string& file) {
  auto names = format.names(file);
  std::sort(names.begin(), names.end());
  return names == std::vector<std::string>{kRowsOfScikit, kLabelsOfScikit};
}

std::vector<ArrayFile> open_arrays(const ArchiveFormat& format, const FileNames& files,
                                   const std::string& array) {
  std::vector<ArrayFile> arrays;
  for (const auto& file : files) arrays.push_back(format.open(file, array));
  return arrays;
}

/// Class numbers that were saved as floating-point numbers, as integers; other arrays as they are.
ArrayFile as_class_numbers(ArrayFile labels) {
  if (!is_float(labels.layout().type) || labels.layout().shape.size() != 1) return labels;
  constexpr float kMost = 1 << 24;  // up to which float32 has all whole numbers
  std::vector<std::int64_t> rows(static_cast<std::size_t>(labels.rows())), numbers;
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  std::vector<float> values(rows.size());
  labels.read(rows, values.data());
  for (const float value : values) {
    if (value != std::floor(value) || value < 0 || value > kMost) return labels;
    numbers.push_back(static_cast<std::int64_t>(value));
  }
  const std::string content(reinterpret_cast<const char*>(numbers.data()),
                            numbers.size() * sizeof(numbers[0]));
  return {labels.name(), {.type = ValueType::i64, .shape = {labels.rows()}}, content};
}

/// `for_model`: rows for a model that is trained, which may lack the labels that it was trained beside.
Data open_archives(std::string name, const ArchiveFormat& format, ArchiveConfig config, bool in_memory,
                   bool for_model = false) {
  require_files({{"files", config.files}, {"test_files", config.test_files}});
  for (const auto* files : {&config.files, &config.test_files}) require_kind_of(name, *files);
  std::vector<std::string> notes;
  if (for_model && !config.labels.empty() && !has_array(format, config.files.front(), config.labels)) {
    notes.push_back(
        fmt::format("{} has no array \"{}\": its rows have no labels", config.files.front(), config.labels));
    config.labels = config.test_labels = "";
  }
  const bool named_alike =
      config.inputs.empty() && config.labels.empty() && has_rows_and_labels(format, config.files.front());
  const ArrayRowsConfig how{.in_memory = in_memory,
                            .channels_last = config.channels_last,
                            .tokens_as_rows = config.tokens_as_rows,
                            .shape = config.shape};
  const auto part = [&](const FileNames& files, const std::string& inputs, const std::string& labels) {
    auto classes = labels.empty() ? std::vector<ArrayFile>() : open_arrays(format, files, labels);
    if (named_alike)
      for (auto& array : classes) array = as_class_numbers(std::move(array));
    return rows_of(open_arrays(format, files, inputs), std::move(classes), how);
  };
  if (named_alike) {
    config.inputs = kRowsOfScikit;
    config.labels = kLabelsOfScikit;
    notes.push_back(
        fmt::format("\"{}\" holds the rows, and \"{}\" their labels", kRowsOfScikit, kLabelsOfScikit));
  }
  const auto inputs = config.inputs.empty() ? only_array(format, config.files.front()) : config.inputs;
  Data data{.name = std::move(name),
            .train = part(config.files, inputs, config.labels),
            .origin = config.files.front(),
            .notes = std::move(notes)};
  if (!config.test_files.empty())
    data.test = part(config.test_files, config.test_inputs.empty() ? inputs : config.test_inputs,
                     config.test_labels.empty() ? config.labels : config.test_labels);
  else if (!config.test_inputs.empty())
    data.test = part(config.files, config.test_inputs, config.test_labels);
  check_test_shape(data);
  data.files = config.files;
  data.files.insert(data.files.end(), config.test_files.begin(), config.test_files.end());
  return data;
}

}  // namespace

void Npy::Config::fields(Fields& f) {
  f.formerly({"train_inputs"});
  known_as_path(f("files", files, "a file of inputs, [rows, ...], or a list of files"));
  f.formerly({"train_labels"});
  f("label_files", label_files, "a file of their class numbers, [rows], or a list of files");
  f.formerly({"test_inputs"});
  f("test_files", test_files, "a file of test inputs, or a list of files");
  f.formerly({"test_labels"});
  f("test_label_files", test_label_files, "a file of their class numbers, or a list of files");
  f("channels_last", channels_last, kChannelsLastHelp);
  f("tokens_as_rows", tokens_as_rows, kTokensAsRowsHelp);
  f("shape", shape, kShapeHelp, at_least(1));
  f("in_memory", in_memory, kInMemoryHelp);
  f.require(!files.empty(), "files", "is missing: name a .npy file");
  require_label_files(f, {files, label_files}, {test_files, test_label_files});
}

std::vector<Npy::Config> Npy::Config::examples() {
  return {{.files = {"first.npy", "second.npy"},
           .label_files = {"first-labels.npy", "second-labels.npy"},
           .in_memory = false}};
}

Data Npy::open() const {
  require_files({{"files", config_.files},
                 {"label_files", config_.label_files},
                 {"test_files", config_.test_files},
                 {"test_label_files", config_.test_label_files}});
  for (const auto* files :
       {&config_.files, &config_.label_files, &config_.test_files, &config_.test_label_files})
    require_kind_of(Config::kind, *files);
  Data data{.name = "npy", .train = {}, .origin = config_.files.front()};
  const auto part = [&](const FileNames& inputs, const FileNames& labels) {
    std::vector<ArrayFile> arrays, classes;
    for (const auto& file : inputs) arrays.push_back(open_npy(file));
    for (const auto& file : labels) classes.push_back(open_npy(file));
    for (const auto* files : {&inputs, &labels})
      data.files.insert(data.files.end(), files->begin(), files->end());
    return rows_of(std::move(arrays), std::move(classes),
                   {.in_memory = config_.in_memory,
                    .channels_last = config_.channels_last,
                    .tokens_as_rows = config_.tokens_as_rows,
                    .shape = config_.shape});
  };
  data.train = part(config_.files, config_.label_files);
  if (!config_.test_files.empty()) data.test = part(config_.test_files, config_.test_label_files);
  check_test_shape(data);
  return data;
}

void ArchiveConfig::fields(Fields& f) {
  f.formerly({"train_files"});
  known_as_path(f("files", files, "a file, or a list of files"));
  f("test_files", test_files, "a file of test rows, or a list of files");
  f("inputs", inputs, "name of the array of inputs, [rows, ...]; default: the file's only array");
  f("labels", labels, "name of the array of class numbers, [rows]");
  f("test_inputs", test_inputs,
    "name of the array of test inputs, in test_files or, without these, in files; default: the name in "
    "\"inputs\"");
  f("test_labels", test_labels, "name of the array of test class numbers; default: the name in \"labels\"");
  f("channels_last", channels_last, kChannelsLastHelp);
  f("tokens_as_rows", tokens_as_rows, kTokensAsRowsHelp);
  f("shape", shape, kShapeHelp, at_least(1));
  f.require(!files.empty(), "files", "is missing: name a file");
  f.require(test_labels.empty() || !test_inputs.empty() || !test_files.empty(), "test_labels",
            "needs test_inputs, or test_files");
  f.require(test_inputs.empty() || labels.empty() == test_labels.empty(), "test_labels",
            "must be given exactly when labels is");
}

std::vector<Npz::Config> Npz::Config::examples() {
  return {{.base = {.files = "mnist.npz",
                    .inputs = "x_train",
                    .labels = "y_train",
                    .test_inputs = "x_test",
                    .test_labels = "y_test"}}};
}

Data Npz::open() const { return open_archives("npz", kNpzFormat, config_, /*in_memory=*/true); }

Data Npz::open_like(const InputSchema&) const {
  return open_archives("npz", kNpzFormat, config_, /*in_memory=*/true, /*for_model=*/true);
}

void SafetensorsSource::Config::fields(Fields& f) {
  base.fields(f);
  f("in_memory", in_memory, kInMemoryHelp);
}

std::vector<SafetensorsSource::Config> SafetensorsSource::Config::examples() {
  return {{.base = {.files = "rows.safetensors", .inputs = "x", .labels = "y"}, .in_memory = false}};
}

Data SafetensorsSource::open() const {
  return open_archives("safetensors", kSafetensorsFormat, config_.base, config_.in_memory);
}

Data SafetensorsSource::open_like(const InputSchema&) const {
  return open_archives("safetensors", kSafetensorsFormat, config_.base, config_.in_memory,
                       /*for_model=*/true);
}

}  // namespace aelab
