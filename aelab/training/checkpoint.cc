#include "aelab/training/checkpoint.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/error.h"
#include "aelab/core/json.h"
#include "aelab/core/safetensors.h"
#include "aelab/training/checkpoint_record.h"
#include "aelab/training/saved_tensors.h"

namespace aelab {
namespace {

using nlohmann::json;

constexpr std::string_view kFitted = "fitted.";

NamedTensors prefixed(std::string_view prefix, NamedTensors tensors) {
  for (auto& [name, tensor] : tensors) name.insert(0, prefix);
  return tensors;
}

NamedTensors tensors_of(Training& training) {
  auto tensors = prefixed("model.", state_of(training.model));
  for (std::size_t i = 0; i < training.optimizers.size(); ++i) {
    const auto prefix = "optimizer." + training.phase().updates[i].name + ".";
    for (auto& item : prefixed(prefix, training.optimizers[i]->state())) tensors.push_back(std::move(item));
  }
  for (const auto& callback : training.callbacks)
    for (auto& item : prefixed("callback." + callback->state_key() + ".", callback->tensors(training)))
      tensors.push_back(std::move(item));
  return tensors;
}

void copy_into(const NamedTensors& tensors, const SafetensorsFile& file, const std::string& path) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : tensors) {
    const auto* saved = file.find(name);
    if (!saved) throw Error(path + ": has no tensor \"" + name + "\": it belongs to another model");
    if (saved->dtype != saved_type(tensor.scalar_type()) || Shape(saved->shape) != tensor.sizes().vec())
      throw Error(path + ": the tensor \"" + name + "\" is " + saved->dtype + " " + to_string(saved->shape) +
                  ", not " + saved_type(tensor.scalar_type()) + " " + to_string(tensor.sizes().vec()));
    auto* bytes = const_cast<std::byte*>(saved->bytes.data());
    tensor.copy_(at::from_blob(bytes, saved->shape, at::TensorOptions(tensor.scalar_type())));
  }
}

/// State of the model that is neither parameter nor buffer.
void load_fitted(Autoencoder& model, const SafetensorsFile& file) {
  NamedTensors fitted;
  for (const auto& saved : file.tensors())
    if (saved.name.starts_with(kFitted))
      fitted.emplace_back(saved.name.substr(kFitted.size()), tensor_of(saved));
  model.load_fitted(fitted);  // none if the checkpoint is older than what was fitted
}

/// The fitted state of transforms, by its names in a checkpoint.
std::vector<std::pair<std::string, Tensor*>> learned_by(const Transforms& transforms) {
  std::vector<std::pair<std::string, Tensor*>> all;
  for (std::size_t i = 0; i < transforms.size(); ++i)
    for (const auto& [name, tensor] : transforms[i]->fitted())
      all.emplace_back("transforms." + std::to_string(i) + "." + name, tensor);
  return all;
}

json parsed(const AnyJson& value) { return value.text.empty() ? json::object() : json::parse(value.text); }

/// Throws an Error if another run wrote the checkpoint.
void require_same_run(const RunIdentity& before, const RunIdentity& now, const std::string& path) {
  const auto then = parsed(before.config), wanted = parsed(now.config);
  const bool same_config = then.empty() || wanted.empty() || then == wanted;
  const bool same_data = before.data.empty() || now.data.empty() || before.data == now.data;
  if (same_config && same_data) return;
  throw Error(path + ": was written by another run: " +
              (same_config ? "it was trained on other data" : difference_in_words(then, wanted)) +
              "; restore this run's own checkpoint, config.json and data.json, or start a new run");
}

}  // namespace

CheckpointRecord record_in(const SafetensorsFile& file, const std::filesystem::path& path) {
  const auto found = file.metadata().find(kCheckpointMetadata);
  if (found == file.metadata().end() || !file.checked())
    throw Error(path.string() + ": is not a checkpoint of aelab");
  return read_checkpoint_record(found->second, path.string());
}

void save_checkpoint(const std::filesystem::path& path, Training& training) {
  SavedTensors saved;
  auto tensors = tensors_of(training);
  for (auto& item : prefixed(kFitted, training.model.fitted())) tensors.push_back(std::move(item));
  for (const auto& [name, tensor] : learned_by(training.data.transforms)) tensors.emplace_back(name, *tensor);
  for (const auto& [name, tensor] : tensors) saved.add(name, tensor);
  const auto used = kernels();
  auto averages = json::array();
  for (const auto& of_update : training.averages) averages.push_back(of_update.save());
  CheckpointRecord record{.progress = training.progress,
                          .averages = {averages.dump()},
                          .kernels = {write_config(used).dump()},
                          .notes = training.notes,
                          .run = training.run,
                          .input = {write_config(training.input).dump()}};
  auto memories = json::object();
  for (const auto& callback : training.callbacks)
    if (const auto key = callback->state_key(); !key.empty()) memories[key] = callback->save();
  record.callbacks = {memories.dump()};
  write_safetensors(path, saved.bytes, {{kCheckpointMetadata, write_config(record).dump()}});
}

void load_checkpoint(const std::filesystem::path& path, Training& training,
                     const std::function<void()>& make_optimizers) try {
  const auto file = SafetensorsFile::read(path);
  const auto record = record_in(file, path);
  require_same_run(record.run, training.run, path);
  training.progress = record.progress;
  if (training.progress.phase >= static_cast<std::int64_t>(training.phases.size()))
    throw Error(path.string() + ": is of phase " + std::to_string(training.progress.phase) +
                ", which this model does not have");
  make_optimizers();
  training.notes.insert(training.notes.begin(), record.notes.begin(), record.notes.end());
  const auto averages = parsed(record.averages);
  for (std::size_t i = 0; i < training.averages.size(); ++i) training.averages[i].load(averages.at(i));
  copy_into(tensors_of(training), file, path);
  load_fitted(training.model, file);
  load_transforms(file, path, training.data.transforms);
  const auto memories = parsed(record.callbacks);
  for (const auto& callback : training.callbacks)
    if (const auto memory = memories.find(callback->state_key()); memory != memories.end())
      callback->load(*memory);
} catch (const json::exception&) {
  throw Error(path.string() + ": its metadata are not those of a checkpoint that aelab wrote");
}

CheckpointRecord read_record(const std::filesystem::path& path) {
  const auto metadata = read_safetensors_metadata(path);
  const auto found = metadata.find(kCheckpointMetadata);
  return found == metadata.end() ? CheckpointRecord() : read_checkpoint_record(found->second, path);
}

Progress progress_of(const std::filesystem::path& path) {
  std::error_code unknown;
  if (!std::filesystem::exists(path, unknown)) return {};
  try {
    return read_record(path).progress;
  } catch (const Error&) {
    return {};
  }
}

Kernels recorded_kernels(const std::filesystem::path& path, const Kernels& wanted) {
  std::optional<CheckpointRecord> record;
  Problems unreadable;
  unreadable.attempt([&] { record = read_record(path); });
  if (!record) return wanted;
  try {
    Kernels recorded;
    read_config(parsed(record->kernels), recorded, "kernels");
    return in_field("kernels", [&] { return resolve(settled(wanted, recorded)); });
  } catch (const Error& error) {
    throw Error(path.string() + ": cannot be resumed to the same bits: " + error.what());
  }
}

std::string data_of_checkpoint(const std::filesystem::path& path) { return read_record(path).run.data; }

SafetensorsFile read_checkpoint(const std::filesystem::path& path, const RunIdentity& run) {
  auto file = SafetensorsFile::read(path);
  require_same_run(record_in(file, path).run, run, path);
  return file;
}

void load_transforms(const SafetensorsFile& file, const std::filesystem::path& path,
                     const Transforms& transforms) {
  for (const auto& [name, tensor] : learned_by(transforms)) {
    const auto* saved = file.find(name);
    if (!saved)
      throw Error(path.string() + ": has no tensor \"" + name + "\": it belongs to other data.transforms");
    *tensor = tensor_of(*saved);
  }
}

void load_model_state(const SafetensorsFile& file, const std::filesystem::path& path, Autoencoder& model) {
  copy_into(prefixed("model.", state_of(model)), file, path);
  load_fitted(model, file);
}

void load_model_state(const std::filesystem::path& path, Autoencoder& model, const RunIdentity& run) {
  load_model_state(read_checkpoint(path, run), path, model);
}

}  // namespace aelab
