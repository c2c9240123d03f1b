#include "aelab/runs/package_folder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "aelab/core/files.h"
#include "aelab/core/folders.h"
#include "aelab/core/json.h"
#include "aelab/core/links.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/file_kind.h"
#include "aelab/data/formats/state_dict.h"
#include "aelab/data/formats/values.h"

namespace aelab {

namespace fs = std::filesystem;
using nlohmann::json;

std::span<const DictionaryPackage* const> dictionary_packages() {
  static const std::array<const DictionaryPackage*, 3> kPackages = {&saelens_package(), &sparsify_package(),
                                                                    &dictionary_learning_package()};
  return kPackages;
}

const DictionaryPackage* package_of_folder(const fs::path& folder) {
  std::vector<std::string> found;
  const DictionaryPackage* package = nullptr;
  for (const auto* known : dictionary_packages())
    if (has_entry(folder / known->weights_file())) {
      package = known;
      found.emplace_back(known->weights_file());
    }
  if (found.size() > 1)
    throw Error(folder.string() + ": has files of several packages: " + join(found, ", ") +
                "; name a folder with one of them");
  if (!package && has_entry(folder / "cfg.json"))
    throw Error(folder.string() +
                ": has cfg.json without weights: sae_weights.safetensors (SAELens) or sae.safetensors "
                "(sparsify) are missing");
  if (package && !has_entry(folder / package->config_file()))
    throw Error(fmt::format("{}: is missing, which says what {} has",
                            (folder / package->config_file()).string(), package->weights_file()));
  return package;
}

void write_package_folder(const TrainedModel& model, const DictionaryPackage& package,
                          const fs::path& folder) {
  const auto raw = raw_dictionary(model);
  if (!package.takes(raw.codes)) {
    std::vector<std::string> others;
    for (const auto* other : dictionary_packages())
      if (other->takes(raw.codes)) others.emplace_back(other->format());
    throw FieldError("format", fmt::format("{} has no codes as those of the bottleneck \"{}\"{}",
                                           package.format(), model.network()->config().bottleneck->kind(),
                                           others.empty() ? "" : ": choose " + join(others, " or ")));
  }
  write_folder(folder, [&](const fs::path& temporary) { package.write(raw, temporary); });
}

PackageConfig::PackageConfig(fs::path file, const std::string& section) : file_(std::move(file)) {
  auto values = parse_json(read_file_within(file_.parent_path(), file_.filename()), file_.string());
  if (!section.empty()) {
    if (!values.is_object() || !values.contains(section))
      throw Error(file_.string() + ": has no \"" + section + "\", which says what the dictionary is");
    values = json(values[section]);
  }
  if (!values.is_object()) throw Error(file_.string() + ": must be an object with fields");
  values_ = std::make_shared<const json>(std::move(values));
}

bool PackageConfig::has(const std::string& field) const {
  return values_->contains(field) && !values().at(field).is_null();
}

void PackageConfig::refuse(const std::string& field, const std::string& problem) const {
  throw Error(fmt::format("{}: \"{}\" {}", file_.string(), field, problem));
}

std::int64_t PackageConfig::count(const std::string& field) const {
  if (!has(field)) refuse(field, "is missing");
  const auto& value = values()[field];
  if (!value.is_number_integer() || value < 1)
    refuse(field, "must be a whole number of at least 1, not " + one_line(value));
  return value.get<std::int64_t>();
}

double PackageConfig::number(const std::string& field) const {
  if (!has(field)) refuse(field, "is missing");
  if (!values()[field].is_number()) refuse(field, "must be a number, not " + one_line(values()[field]));
  return values()[field].get<double>();
}

std::string PackageConfig::text(const std::string& field) const {
  if (!has(field)) refuse(field, "is missing");
  if (!values()[field].is_string()) refuse(field, "must be a text, not " + one_line(values()[field]));
  return values()[field].get<std::string>();
}

std::string PackageConfig::text(const std::string& field, const std::string& if_missing) const {
  return has(field) ? text(field) : if_missing;
}

bool PackageConfig::flag(const std::string& field, bool if_missing) const {
  if (!has(field)) return if_missing;
  if (!values()[field].is_boolean()) refuse(field, "must be true or false, not " + one_line(values()[field]));
  return values()[field].get<bool>();
}

PackageTensors::PackageTensors(fs::path file) : file_(std::move(file)) {
  require_within(file_.parent_path(), file_);
  const auto hold = [&](auto content) {
    const auto kept = std::make_shared<const decltype(content)>(std::move(content));
    for (const auto& tensor : kept->tensors()) tensors_.emplace(tensor.name, tensor);
    kept_ = kept;
  };
  if (may_be_state_dict(beginning_of(file_)))
    hold(StateDictFile::read(file_));
  else
    hold(SafetensorsFile::read(file_));
}

const TensorBytes& PackageTensors::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found != tensors_.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& tensor : tensors_) known.push_back(tensor.first);
  throw Error(fmt::format("{}: has no tensor \"{}\", only {}", file_.string(), name, join(known, ", ")));
}

Tensor PackageTensors::take(const std::string& name, const Shape& shape) {
  const auto& saved = find(name);
  const auto type = value_type_named(saved.dtype);
  if (!type || !is_float(*type))
    throw Error(fmt::format("{}: \"{}\" is of type {}, not of floats", file_.string(), name, saved.dtype));
  if (saved.shape != shape)
    throw Error(fmt::format("{}: \"{}\" is {}, and must be {} as the other tensors and the config say",
                            file_.string(), name, to_string(saved.shape), to_string(shape)));
  auto values = at::empty(saved.shape);
  to_floats({.type = *type, .shape = saved.shape}, saved.bytes.data(), values.numel(),
            values.mutable_data_ptr<float>());
  if (!values.isfinite().all().item<bool>())
    throw Error(fmt::format("{}: \"{}\" has NaN or infinite values", file_.string(), name));
  taken_.insert(name);
  type_ = saved.dtype;
  return values;
}

std::vector<std::int64_t> PackageTensors::take_integers(const std::string& name) {
  const auto& saved = find(name);
  const auto type = value_type_named(saved.dtype);
  if (!type || is_float(*type))
    throw Error(
        fmt::format("{}: \"{}\" is of type {}, not of whole numbers", file_.string(), name, saved.dtype));
  std::vector<std::int64_t> values(saved.bytes.size() / width_of(*type));
  to_integers({.type = *type, .shape = saved.shape}, saved.bytes.data(),
              static_cast<std::int64_t>(values.size()), values.data());
  taken_.insert(name);
  return values;
}

std::pair<std::int64_t, std::int64_t> PackageTensors::matrix(const std::string& name) const {
  const auto& shape = find(name).shape;
  if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1)
    throw Error(
        fmt::format("{}: \"{}\" is {}, and must be a matrix", file_.string(), name, to_string(shape)));
  return {shape[0], shape[1]};
}

void PackageTensors::require_all_taken() const {
  for (const auto& tensor : tensors_)
    if (!taken_.contains(tensor.first))
      throw Error(
          fmt::format("{}: has a tensor \"{}\", which such a dictionary does not have: it would be "
                      "passed over",
                      file_.string(), tensor.first));
}

void require_size(const PackageConfig& config, const std::string& field, std::int64_t size,
                  const PackageTensors& tensors) {
  if (const auto said = config.count(field); said != size)
    config.refuse(field, fmt::format("is {}, and the weights in {} have {}", said,
                                     tensors.file().filename().string(), size));
}

void write_package_config(const fs::path& file, const json& config) {
  write_file(file, config.dump(1) + "\n");
}

}  // namespace aelab
