#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "aelab/core/fields.h"

namespace aelab {

constexpr const char* kFolderHelp = "where the files are; searched for when left out";

/// The folder of aelab's own data sets: the checkout's, or the one that was installed.
std::filesystem::path shipped_data();

/// The first of the places for a data set's folder that holds `file`, or `file`.gz: `given`, or where that is
/// empty $AELAB_DATA/<set>, data/<set>, `installed`. Error says where it looked, and what to do.
std::filesystem::path find_folder(const std::string& set, const std::string& given, const std::string& file,
                                  const std::filesystem::path& installed);

/// Error that names every one that is not there, neither itself nor with ".gz", each after its field of a
/// config, "data.<field>".
void require_files(const std::vector<std::pair<std::string, FileNames>>& fields);

/// A part's files: those of its inputs and, a file each, of their labels.
struct PartFiles {
  const FileNames &inputs, &labels;
};

/// States what the fields train_<what>, train_labels, test_<what> and test_labels must have in common.
void require_parts(Fields& f, const std::string& what, const PartFiles& train, const PartFiles& test);

}  // namespace aelab
