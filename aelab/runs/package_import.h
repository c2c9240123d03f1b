#pragma once

#include <nlohmann/json_fwd.hpp>

#include "aelab/data/split.h"
#include "aelab/runs/package_folder.h"

namespace aelab {

/// The model of a run file that begins with the dictionary of a package's folder.
nlohmann::ordered_json model_for(const PackagedDictionary& packaged, const std::string& path);

/// "a folder of SAELens: topk, 768 features, 16384 latents, F32".
std::string description_of(const PackagedDictionary& packaged);

/// Reads a package's folder. Throws an Error if it is none's.
PackagedDictionary read_package_folder(const std::filesystem::path& folder);

/// Makes the model the dictionary of a folder, for rows before the split's transforms. Throws an Error that
/// names the file, the field and a model that fits, if the model's config does not.
void import_dictionary(Autoencoder& model, const PackagedDictionary& packaged, const std::string& path,
                       const Split& data);

/// What the model makes of the first training rows: mean number of active elements and explained variance,
/// pooled over rows and features. Sentences for the log; those that begin with "caution: " are for the user,
/// too: values that no dictionary has that belongs to its rows, or another L0 than the folder states.
std::vector<std::string> verify_import(const Autoencoder& model, const PackagedDictionary& packaged,
                                       const std::string& path, const Split& data);

}  // namespace aelab
