#include "aelab/runs/initialization.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <filesystem>

#include "aelab/core/checksum.h"
#include "aelab/core/error.h"
#include "aelab/core/links.h"
#include "aelab/core/problems.h"
#include "aelab/core/safetensors.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/file_kind.h"
#include "aelab/data/formats/state_dict.h"
#include "aelab/data/formats/values.h"
#include "aelab/runs/package_import.h"
#include "aelab/runs/run.h"
#include "aelab/training/checkpoint.h"

namespace aelab {

void TensorName::fields(Fields& f) {
  f("from", from, "name of a tensor in the file, or beginning of names up to a dot");
  f("to", to, "the model's name for it, such as backbone.encoder_0");
}

void InitializationConfig::fields(Fields& f) {
  f("path", path,
    "a run folder, a PyTorch state_dict (.safetensors or .pt), or a folder of SAELens, sparsify or "
    "dictionary_learning")
      .also_known_as({"file", "from", "folder", "run"});
  f("checkpoint", checkpoint, "checkpoint of the run: best, last or ema");
  f("names", names, "names in the file for tensors of the model; default: the same names")
      .also_known_as({"mapping", "rename"});
  f("partial", partial, "file and model may have tensors that the other does not have")
      .also_known_as({"strict"});
  f.require(!path.empty(), "path",
            "is missing: name a run's folder, a file of tensors or a folder of another package");
}

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModelPrefix = "model.";

fs::path file_of(const InitializationConfig& config) {
  const fs::path path = config.path;
  if (!fs::exists(path)) throw Error("model.initialize_from.path: " + config.path + " does not exist");
  if (!fs::is_directory(path)) return path;
  const auto file = path / "checkpoints" / (config.checkpoint + ".safetensors");
  if (!fs::exists(file))
    throw Error("model.initialize_from: the checkpoint " + file.string() + " does not exist");
  require_within(path, file);
  return file;
}

/// The file's tensors. The checkpoint of a run folder must be that run's.
SafetensorsFile read_source(const InitializationConfig& config, const fs::path& file) {
  const fs::path folder = config.path;
  if (!fs::is_directory(folder) || !has_entry(folder / "config.json")) return SafetensorsFile::read(file);
  return read_checkpoint(file, recorded_identity(folder));
}

/// The model's name for a file's tensor.
std::string model_name(const std::string& name, const std::vector<TensorName>& names) {
  for (const auto& [from, to] : names) {
    if (name == from) return to;
    if (name.starts_with(from + ".")) return to + name.substr(from.size());
  }
  return name;
}

Tensor floats_of(const TensorBytes& saved, ValueType type) {
  auto values = at::empty(saved.shape);
  to_floats({.type = type, .shape = saved.shape}, saved.bytes.data(), values.numel(),
            values.mutable_data_ptr<float>());
  return values;
}

class WeightTransfer {
 public:
  WeightTransfer(const Autoencoder& model, const fs::path& file, const InitializationConfig& config)
      : state_(state_of(model)), file_(file.string()), config_(config) {}

  /// Finds a tensor of the file for each of the model's.
  void match() {
    if (fs::is_regular_file(file_) && may_be_state_dict(beginning_of(file_))) {
      const auto content = StateDictFile::read(file_);
      match(content.tensors(), /*checkpoint=*/false);
    } else {
      const auto content = read_source(config_, file_);
      match(content.tensors(), content.metadata().contains("aelab"));
    }
    for (const auto& item : state_)
      if (!config_.partial && !copied(item.first))
        problems_.add("the model's \"" + item.first + "\" is not in " + file_ + advice());
    if (problems_.empty() && copied_.empty())
      problems_.add(file_ + ": has none of the model's tensors" + advice());
    problems_.raise("model.initialize_from");
  }

  void copy() {
    const at::NoGradGuard no_grad;
    for (const auto& [target, values] : copied_) state_[target].second.copy_(values);
  }

 private:
  NamedTensors state_;
  std::string file_;
  const InitializationConfig& config_;
  std::vector<std::pair<std::size_t, Tensor>> copied_;
  Problems problems_;

  static std::string advice() { return "; map its name by \"names\", or set \"partial\" to true"; }

  bool copied(const std::string& name) const {
    return std::any_of(copied_.begin(), copied_.end(),
                       [&](const auto& item) { return state_[item.first].first == name; });
  }

  void match(const std::vector<TensorBytes>& tensors, bool checkpoint) {
    for (const auto& tensor : tensors) {
      if (checkpoint && !tensor.name.starts_with(kModelPrefix))
        continue;  // of the optimizer and of callbacks
      match(tensor,
            model_name(checkpoint ? tensor.name.substr(kModelPrefix.size()) : tensor.name, config_.names));
    }
  }

  void match(const TensorBytes& saved, const std::string& name) {
    const auto found =
        std::find_if(state_.begin(), state_.end(), [&](const auto& item) { return item.first == name; });
    if (found == state_.end()) {
      std::vector<std::string> known;
      for (const auto& item : state_) known.push_back(item.first);
      if (!config_.partial)
        problems_.add(file_ + ": the model has no tensor \"" + name + "\" for its \"" + saved.name + "\"." +
                      did_you_mean(name, known));
      return;
    }
    const auto type = value_type_named(saved.dtype);
    if (!type)
      return problems_.add(file_ + ": \"" + saved.name + "\" is of type " + saved.dtype +
                           ", which aelab does not read");
    if (Shape(saved.shape) != found->second.sizes().vec())
      return problems_.add(file_ + ": \"" + saved.name + "\" is " + to_string(saved.shape) +
                           ", the model's \"" + name + "\" " + to_string(found->second.sizes().vec()));
    if (copied(name)) return problems_.add(file_ + ": two tensors stand for the model's \"" + name + "\"");
    copied_.emplace_back(static_cast<std::size_t>(found - state_.begin()), floats_of(saved, *type));
  }
};

/// Whether the path is a package's folder, and nothing else is said of it.
bool is_packaged(const InitializationConfig& config) {
  if (!fs::is_directory(config.path) || !package_of_folder(config.path)) return false;
  if (!config.names.empty())
    throw Error("model.initialize_from.names: is for files of tensors, not for folders");
  if (config.partial) throw Error("model.initialize_from.partial: is for files of tensors, not for folders");
  return true;
}

Error about_initialization(const Error& error) {
  return Error("model.initialize_from: " + std::string(error.what()));
}

}  // namespace

void initialize(Autoencoder& model, const InitializationConfig& config, const Split& data) {
  if (is_packaged(config)) try {
      return import_dictionary(model, read_package_folder(config.path), config.path, data);
    } catch (const Error& error) {
      throw about_initialization(error);
    }
  WeightTransfer transfer(model, file_of(config), config);
  transfer.match();
  transfer.copy();
}

std::vector<std::string> initialize_and_verify(Autoencoder& model, const InitializationConfig& config,
                                               const Split& data) {
  if (!is_packaged(config)) {
    initialize(model, config, data);
    return {};
  }
  try {
    const auto packaged = read_package_folder(config.path);
    import_dictionary(model, packaged, config.path, data);
    return verify_import(model, packaged, config.path, data);
  } catch (const Error& error) {
    throw about_initialization(error);
  }
}

std::string weights_checksum(const Autoencoder& model) {
  std::string sums;
  for (const auto& [name, tensor] : state_of(model)) {
    const auto values = tensor.detach().cpu().contiguous();
    sums += name + ' ' +
            checksum(std::span(static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes())) +
            '\n';
  }
  return checksum(sums);
}

}  // namespace aelab
