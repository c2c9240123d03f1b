#include "aelab/tools/sampler_file.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "aelab/core/checksum.h"
#include "aelab/core/config.h"
#include "aelab/core/json.h"
#include "aelab/training/saved_tensors.h"

namespace aelab {
namespace {

constexpr const char *kSamplerMetadata = "sampler", *kModelMetadata = "model";

std::string checksum_of_weights(const Autoencoder& model) {
  SavedTensors weights;
  std::string each;
  for (const auto& [name, tensor] : state_of(model)) {
    weights.add(name, tensor);
    each += checksum(weights.bytes.back().bytes);
  }
  return checksum(each);
}

}  // namespace

void write_sampler(const std::filesystem::path& path, const Choice<Sampler>& config, const Sampler& sampler,
                   const Autoencoder& model) {
  SavedTensors saved;
  for (const auto& [name, tensor] : sampler.state()) saved.add(name, tensor);
  write_safetensors(
      path, saved.bytes,
      {{kSamplerMetadata, write_config(config).dump()}, {kModelMetadata, checksum_of_weights(model)}});
}

ChosenSampler read_sampler(const std::filesystem::path& path, const Autoencoder& model) {
  const auto file = SafetensorsFile::read(path);
  const auto& metadata = file.metadata();
  const auto config = metadata.find(kSamplerMetadata), of_model = metadata.find(kModelMetadata);
  if (config == metadata.end() || of_model == metadata.end() || !file.checked())
    throw Error(path.string() + ": is not a sampler that aelab sample wrote");
  if (of_model->second != checksum_of_weights(model))
    throw Error(path.string() + ": was fitted to codes of another model, or of another checkpoint of it");
  ChosenSampler read;
  read_config(parse_json(config->second, path.string()), read.config, path.string());
  read.sampler = read.config.make();
  NamedTensors state;
  for (const auto& tensor : file.tensors()) state.emplace_back(tensor.name, tensor_of(tensor));
  read.sampler->load(model, state);
  return read;
}

}  // namespace aelab
