#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "aelab/core/fields.h"

namespace aelab {

constexpr const char* kFolderHelp =
    "folder of the files; default: the set's folder in $AELAB_DATA, in data/, or in the installation";

/// Adds what other frameworks call the field for a source's files or folder.
inline void known_as_path(const Fields::Listed& field) {
  field.also_known_as({"path", "paths", "file", "filename", "filenames", "file_name", "file_path", "filepath",
                       "dir", "root", "directory", "location", "url", "folder"});
}

/// The folder of the data sets that are shipped with aelab, in the checkout or in an installation.
std::filesystem::path shipped_data();

/// The first of a data set's folders that holds `file` or `file`.gz: `given`, or where that is empty
/// $AELAB_DATA/<set>, data/<set>, `installed`. FieldError of "folder", or of "source" where no folder is
/// given, that lists them and says what to do.
std::filesystem::path find_folder(const std::string& set, const std::string& given, const std::string& file,
                                  const std::filesystem::path& installed);

/// Throws errors of all fields that list missing files, each of which names these. A file counts as present
/// where it exists with ".gz" appended.
void require_files(const std::vector<std::pair<std::string, FileNames>>& fields);

/// Error where a file is plainly of another kind than `source` reads, with what to do (formats/file_kind.h).
void require_kind_of(std::string_view source, const FileNames& files, bool may_be_gzipped = false);

/// Files of inputs and, one for each of them, of their labels.
struct LabeledFiles {
  const FileNames &inputs, &labels;
};

/// States what the fields files, label_files, test_files and test_label_files must have in common.
void require_label_files(Fields& f, const LabeledFiles& train, const LabeledFiles& test);

}  // namespace aelab
