#include "aelab/tools/export.h"

#include <array>

#include "aelab/core/config.h"
#include "aelab/core/safetensors.h"
#include "aelab/core/version.h"
#include "aelab/data/formats/npy.h"
#include "aelab/runs/results.h"

namespace aelab {

std::span<const std::string_view> names(WeightsFormat) {
  static constexpr std::array<std::string_view, 2> kNames = {"safetensors", "npz"};
  return kNames;
}

void ExportConfig::fields(Fields& f) {
  f("format", format, "file format; npz if --output ends in .npz, else safetensors");
  f("checkpoint", checkpoint, "checkpoint to load");
  f("output", output, "file to write; RUN_FOLDER/model.<format> if omitted");
}

namespace {

WeightsFormat format_of(const ExportConfig& config) {
  if (config.format) return *config.format;
  return std::filesystem::path(config.output).extension() == ".npz" ? WeightsFormat::npz
                                                                    : WeightsFormat::safetensors;
}

std::filesystem::path file_of(const ExportConfig& config, const std::filesystem::path& folder) {
  if (!config.output.empty()) return config.output;
  return folder / ("model." + std::string(name_of(format_of(config))));
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

void make_folder_of(const std::filesystem::path& file) {
  std::error_code error;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
  if (error) throw Error("--output: cannot create " + file.parent_path().string() + ": " + error.message());
}

}  // namespace

std::filesystem::path export_run(const std::filesystem::path& folder, const ExportConfig& config) {
  const auto run = load_run_config(folder);
  const auto file = file_of(config, folder);
  refuse_checkpoints(file);
  if (std::filesystem::exists(file))
    throw Error("--output: " + file.string() +
                " is there already, and nothing is overwritten: remove it or name another file");
  const auto path = find_checkpoint(folder, config.checkpoint);
  const auto checkpoint = read_checkpoint(folder, config.checkpoint);
  const auto weights = weights_in(checkpoint, path);
  make_folder_of(file);
  if (format_of(config) == WeightsFormat::npz)
    write_npz(file, weights);
  else
    write_safetensors(file, weights,
                      {{"variant", run.model.variant.kind()}, {"aelab", std::string(version())}});
  return file;
}

}  // namespace aelab
