#include "aelab/tools/export.h"

#include <array>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/safetensors.h"
#include "aelab/core/version.h"
#include "aelab/data/formats/npy.h"
#include "aelab/runs/package_folder.h"
#include "aelab/runs/results.h"
#include "aelab/training/checkpoint.h"

namespace aelab {

std::span<const std::string_view> names(ExportFormat) {
  static constexpr std::array<std::string_view, 6> kNames = {
      "safetensors", "npz", "model", "saelens", "sparsify", "dictionary-learning"};
  return kNames;
}

void ExportConfig::fields(Fields& f) {
  f("format", format,
    "weights as safetensors or npz, a model for aelab apply and interpolate, or a sparse dictionary as a "
    "folder of SAELens, sparsify or dictionary_learning; if omitted, weights in the format of --output, else "
    "safetensors");
  f("checkpoint", checkpoint, "checkpoint to load");
  f("output", output,
    "file to write; RUN_FOLDER/model.<format> if omitted, trained-model.safetensors for a model; for a "
    "package a folder, RUN_FOLDER/<format> if omitted");
}

namespace {

/// The package whose folders these are; nullptr for files.
const DictionaryPackage* package_of(ExportFormat format) {
  for (const auto* package : dictionary_packages())
    if (package->format() == name_of(format)) return package;
  return nullptr;
}

bool is_package(ExportFormat format) { return package_of(format) != nullptr; }

std::string suffix_of(ExportFormat format) { return format == ExportFormat::npz ? ".npz" : ".safetensors"; }

std::filesystem::path file_of(const ExportConfig& config, const std::filesystem::path& folder) {
  if (!config.output.empty()) return config.output;
  const auto format = format_of(config);
  if (format == ExportFormat::model) return folder / "trained-model.safetensors";
  if (is_package(format)) return folder / std::string(name_of(format));
  return folder / ("model" + suffix_of(format));
}

/// The model's tensors of a checkpoint, by their short names.
std::vector<TensorBytes> weights_in(const SafetensorsFile& checkpoint, const std::filesystem::path& path) {
  constexpr std::string_view kModel = "model.", kFitted = "fitted.";
  std::vector<TensorBytes> weights;
  for (auto tensor : checkpoint.tensors()) {
    const bool of_model = tensor.name.starts_with(kModel);
    if (!of_model && !tensor.name.starts_with(kFitted)) continue;
    if (of_model) tensor.name.erase(0, kModel.size());
    weights.push_back(std::move(tensor));
  }
  if (weights.empty()) throw Error(path.string() + ": is not a checkpoint of aelab: it holds no model");
  return weights;
}

/// All that open_model() reads of a checkpoint.
void write_model(const std::filesystem::path& file, const SafetensorsFile& checkpoint,
                 const std::filesystem::path& path) {
  std::vector<TensorBytes> tensors;
  for (const auto& tensor : checkpoint.tensors())
    if (!tensor.name.starts_with("optimizer.") && !tensor.name.starts_with("callback."))
      tensors.push_back(tensor);
  auto record = record_in(checkpoint, path);
  record.averages = record.callbacks = {};
  write_safetensors(file, tensors, {{kCheckpointMetadata, write_config(record).dump()}});
}

void make_folder_of(const std::filesystem::path& file) {
  std::error_code error;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
  if (error)
    throw FieldError("output", "cannot create " + file.parent_path().string() + ": " + error.message());
}

}  // namespace

ExportFormat format_of(const ExportConfig& config) {
  const auto suffix = std::filesystem::path(config.output).extension().string();
  std::optional<ExportFormat> named;
  for (const auto format : {ExportFormat::safetensors, ExportFormat::npz})
    if (suffix == suffix_of(format)) named = format;
  if (!config.format) {
    if (!named && !config.output.empty())
      throw FieldError("format",
                       "is missing, and the name " + config.output +
                           " does not say it: give safetensors, npz or model, or a name that ends in "
                           ".safetensors or .npz");
    return named.value_or(ExportFormat::safetensors);
  }
  if (named && (is_package(*config.format) || suffix != suffix_of(*config.format)))
    throw FieldError(
        "format",
        std::string(name_of(*config.format)) + " is not what the name " + config.output + " says: " +
            (is_package(*config.format) ? "name a folder" : "let it end in " + suffix_of(*config.format)) +
            ", or choose another format");
  return *config.format;
}

std::filesystem::path export_run(const std::filesystem::path& folder, const ExportConfig& config) {
  const auto run = load_run_config(folder);
  const auto format = format_of(config);
  const auto file = file_of(config, folder);
  refuse_checkpoints(file);
  if (std::filesystem::exists(file))
    throw FieldError(
        "output",
        file.string() + " is there already, and nothing is overwritten: remove it or name another file");
  if (const auto* package = package_of(format)) {
    write_package_folder(open_model(folder, config.checkpoint), *package, file);
    return file;
  }
  const auto path = find_checkpoint(folder, config.checkpoint);
  const auto checkpoint = read_checkpoint(folder, config.checkpoint);
  const auto weights = weights_in(checkpoint, path);
  make_folder_of(file);
  if (format == ExportFormat::model)
    write_model(file, checkpoint, path);
  else if (format == ExportFormat::npz)
    write_npz(file, weights);
  else
    write_safetensors(file, weights,
                      {{"variant", run.model.variant.kind()}, {"aelab", std::string(version())}});
  return file;
}

}  // namespace aelab
