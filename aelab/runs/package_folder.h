#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>

#include "aelab/core/safetensors.h"
#include "aelab/runs/raw_dictionary.h"

namespace aelab {

/// A sparse dictionary that another package saved, and what its files say of it.
struct PackagedDictionary {
  std::string package;           ///< "SAELens"
  std::string architecture;      ///< as the package names it: "topk"
  std::filesystem::path config;  ///< the file that says the architecture
  std::string type;              ///< of the weights, by the header: "F32"
  std::string rule_field;        ///< of the config: what decides the codes, "architecture"
  std::string features_field;    ///< the number of features, "d_in"
  RawDictionary dictionary = {};
  std::optional<double> l0 = {};  ///< the mean number of active elements that the files state
  std::string l0_field = {};      ///< where they do
  std::vector<std::string> remarks = {};
};

/// A package that saves dictionaries as folders of a config and a file of weights.
class DictionaryPackage {
 public:
  virtual ~DictionaryPackage() = default;

  virtual std::string_view format() const = 0;        ///< of aelab export: "saelens"
  virtual std::string_view name() const = 0;          ///< "SAELens"
  virtual std::string_view config_file() const = 0;   ///< "cfg.json"
  virtual std::string_view weights_file() const = 0;  ///< "sae_weights.safetensors"
  /// Whether it has such codes.
  virtual bool takes(const DictionaryCodes& codes) const = 0;
  /// Writes the two files into an existing folder. Codes and reconstructions that the package gives for raw
  /// rows are the dictionary's, up to rounding.
  virtual void write(const RawDictionary& raw, const std::filesystem::path& folder) const = 0;
  /// Reads such a folder. Throws an Error that names the file and what is missing, does not fit, or has no
  /// equivalent: nothing that changes what the package computes is passed over.
  virtual PackagedDictionary read(const std::filesystem::path& folder) const = 0;
};

const DictionaryPackage& saelens_package();
const DictionaryPackage& sparsify_package();
const DictionaryPackage& dictionary_learning_package();
/// All of them.
std::span<const DictionaryPackage* const> dictionary_packages();

/// The package whose folder this is, by the names of its files; nullptr if it is none's. Throws an Error if
/// files of several packages are there, or a config without its weights.
const DictionaryPackage* package_of_folder(const std::filesystem::path& folder);

/// Writes the dictionary of a trained model as a new folder, whole or not at all. Throws a FieldError of
/// "format" if the model has no such dictionary, or the package no such codes.
void write_package_folder(const TrainedModel& model, const DictionaryPackage& package,
                          const std::filesystem::path& folder);

// What packages read and write with.

/// The config of a package: typed fields, whose errors name the file.
class PackageConfig {
 public:
  /// `section` is the object that has the fields, if it is not the file's top: "trainer".
  PackageConfig(std::filesystem::path file, const std::string& section = {});

  const std::filesystem::path& file() const { return file_; }
  const nlohmann::json& values() const { return *values_; }
  bool has(const std::string& field) const;
  /// Errors where the field is missing or of another type.
  std::int64_t count(const std::string& field) const;  ///< at least 1
  double number(const std::string& field) const;
  std::string text(const std::string& field) const;
  bool flag(const std::string& field, bool if_missing) const;
  std::string text(const std::string& field, const std::string& if_missing) const;
  /// Throws an Error about a field: `FILE: "k" PROBLEM`.
  [[noreturn]] void refuse(const std::string& field, const std::string& problem) const;

 private:
  std::filesystem::path file_;
  std::shared_ptr<const nlohmann::json> values_;
};

/// The tensors of a package's file, in float32. Each has to be taken.
class PackageTensors {
 public:
  /// Of a safetensors file or, by its first bytes, of one that torch.save wrote.
  explicit PackageTensors(std::filesystem::path file);

  bool has(const std::string& name) const { return tensors_.contains(name); }
  /// A tensor of this shape. Throws an Error if it is missing, has another shape, is of no type of floats, or
  /// has values that are not finite.
  Tensor take(const std::string& name, const Shape& shape);
  /// A tensor of whole numbers, of any shape.
  std::vector<std::int64_t> take_integers(const std::string& name);
  /// The rows and columns of a matrix.
  std::pair<std::int64_t, std::int64_t> matrix(const std::string& name) const;
  /// Throws an Error that names a tensor that was not taken.
  void require_all_taken() const;
  const std::string& type() const { return type_; }  ///< of the tensor that was taken last
  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  std::map<std::string, TensorBytes> tensors_;
  std::shared_ptr<const void> kept_;
  std::set<std::string> taken_;
  std::string type_;

  const TensorBytes& find(const std::string& name) const;
};

/// Throws an Error unless the config's number is that of the weights: `FILE: "d_in" is 7, and ...`.
void require_size(const PackageConfig& config, const std::string& field, std::int64_t size,
                  const PackageTensors& tensors);

void write_package_config(const std::filesystem::path& file, const nlohmann::json& config);

}  // namespace aelab
