#include "aelab/data/sources/array_sources.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/safetensors.h"
#include "aelab/core/text.h"
#include "aelab/data/array_rows.h"
#include "aelab/data/formats/npy.h"
#include "aelab/data/places.h"

namespace aelab {
namespace {

constexpr const char* kInMemoryHelp = "false: rows stay in their files until a batch needs them";
constexpr const char* kChannelsLastHelp = "pictures are [height, width, channels]";

void check_test_shape(const Data& data) {
  if (data.test && data.test->shape() != data.train.shape())
    throw Error("data: the rows of the test part are " + to_string(data.test->shape()) +
                ", those of the training part " + to_string(data.train.shape()));
}

/// The source that reads what begins so; empty where none of these does.
std::string_view source_of(const std::string& file) {
  const InputFile input(file);
  std::array<char, 9> bytes = {};
  const auto count = input.read_at(0, bytes.data(), bytes.size());
  const std::string_view begin(bytes.data(), count);
  if (begin.starts_with("\x93NUMPY")) return Npy::Config::kind;
  if (begin.starts_with("PK\x03\x04")) return Npz::Config::kind;
  std::uint64_t header = 0;  // its length, before a header in JSON
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (begin.size() == bytes.size() && begin.back() == '{' && header < input.size())
    return SafetensorsSource::Config::kind;
  return {};
}

/// Where a file is plainly another source's, what is said is that, not what its bytes fail at.
void check_source(std::string_view source, const FileNames& files) {
  for (const auto& file : files)
    if (const auto found = source_of(file); !found.empty() && found != source)
      throw Error(fmt::format("data: {} is read by \"source\": \"{}\", not by \"{}\"", file, found, source));
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
    return {path, {.type = *type, .shape = place.shape, .offset = place.offset}};
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
  throw Error("data.inputs: say which array of " + file + ": " + join(names, ", "));
}

std::vector<ArrayFile> open_arrays(const ArchiveFormat& format, const FileNames& files,
                                   const std::string& array) {
  std::vector<ArrayFile> arrays;
  for (const auto& file : files) arrays.push_back(format.open(file, array));
  return arrays;
}

Data open_archives(std::string name, const ArchiveFormat& format, const ArchiveConfig& config,
                   bool in_memory) {
  require_files({{"train_files", config.train_files}, {"test_files", config.test_files}});
  for (const auto* files : {&config.train_files, &config.test_files}) check_source(name, *files);
  const ArrayRowsConfig how{.in_memory = in_memory, .channels_last = config.channels_last};
  const auto part = [&](const FileNames& files, const std::string& inputs, const std::string& labels) {
    return rows_of(open_arrays(format, files, inputs),
                   labels.empty() ? std::vector<ArrayFile>() : open_arrays(format, files, labels), how);
  };
  const auto inputs = config.inputs.empty() ? only_array(format, config.train_files.front()) : config.inputs;
  Data data{.name = std::move(name),
            .train = part(config.train_files, inputs, config.labels),
            .origin = config.train_files.front()};
  if (!config.test_files.empty())
    data.test = part(config.test_files, config.test_inputs.empty() ? inputs : config.test_inputs,
                     config.test_labels.empty() ? config.labels : config.test_labels);
  else if (!config.test_inputs.empty())
    data.test = part(config.train_files, config.test_inputs, config.test_labels);
  check_test_shape(data);
  data.files = config.train_files;
  data.files.insert(data.files.end(), config.test_files.begin(), config.test_files.end());
  return data;
}

}  // namespace

void Npy::Config::fields(Fields& f) {
  f("train_inputs", train_inputs, "file of inputs to train on, [rows, ...], or a list of files");
  f("train_labels", train_labels, "file of their class numbers, [rows], or a list");
  f("test_inputs", test_inputs, "file of inputs set apart for the test, or a list");
  f("test_labels", test_labels, "file of their class numbers, or a list");
  f("channels_last", channels_last, kChannelsLastHelp);
  f("in_memory", in_memory, kInMemoryHelp);
  f.require(!train_inputs.empty(), "train_inputs", "is missing: name a .npy file");
  require_parts(f, "inputs", {train_inputs, train_labels}, {test_inputs, test_labels});
}

std::vector<Npy::Config> Npy::Config::examples() {
  return {{.train_inputs = {"first.npy", "second.npy"},
           .train_labels = {"first-labels.npy", "second-labels.npy"},
           .in_memory = false}};
}

Data Npy::open() const {
  require_files({{"train_inputs", config_.train_inputs},
                 {"train_labels", config_.train_labels},
                 {"test_inputs", config_.test_inputs},
                 {"test_labels", config_.test_labels}});
  for (const auto* files :
       {&config_.train_inputs, &config_.train_labels, &config_.test_inputs, &config_.test_labels})
    check_source(Config::kind, *files);
  Data data{.name = "npy", .train = {}, .origin = config_.train_inputs.front()};
  const auto part = [&](const FileNames& inputs, const FileNames& labels) {
    std::vector<ArrayFile> arrays, classes;
    for (const auto& file : inputs) arrays.push_back(open_npy(file));
    for (const auto& file : labels) classes.push_back(open_npy(file));
    for (const auto* files : {&inputs, &labels})
      data.files.insert(data.files.end(), files->begin(), files->end());
    return rows_of(std::move(arrays), classes,
                   {.in_memory = config_.in_memory, .channels_last = config_.channels_last});
  };
  data.train = part(config_.train_inputs, config_.train_labels);
  if (!config_.test_inputs.empty()) data.test = part(config_.test_inputs, config_.test_labels);
  check_test_shape(data);
  return data;
}

void ArchiveConfig::fields(Fields& f) {
  f("train_files", train_files, "file to train on, or a list of files");
  f("test_files", test_files, "file set apart for the test, or a list of files");
  f("inputs", inputs, "name of the array of inputs, [rows, ...]; may be left out where there is one array");
  f("labels", labels, "name of the array of class numbers, [rows]");
  f("test_inputs", test_inputs, "name of the test's inputs: in test_files, or in train_files without them");
  f("test_labels", test_labels, "name of the test's class numbers");
  f("channels_last", channels_last, kChannelsLastHelp);
  f.require(!train_files.empty(), "train_files", "is missing: name a file");
  f.require(test_labels.empty() || !test_inputs.empty() || !test_files.empty(), "test_labels",
            "needs test_inputs, or test_files");
  f.require(test_inputs.empty() || labels.empty() == test_labels.empty(), "test_labels",
            "must be given exactly when labels is");
}

std::vector<Npz::Config> Npz::Config::examples() {
  return {{.base = {.train_files = "mnist.npz",
                    .inputs = "x_train",
                    .labels = "y_train",
                    .test_inputs = "x_test",
                    .test_labels = "y_test"}}};
}

Data Npz::open() const { return open_archives("npz", kNpzFormat, config_, /*in_memory=*/true); }

void SafetensorsSource::Config::fields(Fields& f) {
  base.fields(f);
  f("in_memory", in_memory, kInMemoryHelp);
}

std::vector<SafetensorsSource::Config> SafetensorsSource::Config::examples() {
  return {{.base = {.train_files = "rows.safetensors", .inputs = "x", .labels = "y"}, .in_memory = false}};
}

Data SafetensorsSource::open() const {
  return open_archives("safetensors", kSafetensorsFormat, config_.base, config_.in_memory);
}

}  // namespace aelab
