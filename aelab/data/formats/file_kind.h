#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace aelab {

/// What a file is, told by its first bytes.
struct FileKind {
  std::string_view name;    ///< "a Parquet file"
  std::string_view source;  ///< the data source that reads it; empty where none does
  std::string_view remedy;  ///< what turns it into something that is read, "FILE" being its path
};

/// The kind of a file, given its first 512 bytes; an empty name where the kind is unknown or plain text.
FileKind file_kind(std::string_view begin);

/// The first 512 bytes of a file, by which its kind is told. Error as InputFile's.
std::string beginning_of(const std::filesystem::path& file);

/// Whether a file with these first bytes is in the safetensors format: a header in JSON behind its length.
bool is_safetensors(std::string_view begin);

/// What a file looks like by its first bytes: "a PNG image", "a text file", "an empty file", "a binary file
/// that begins with the bytes 00 01 02 03".
std::string looks_like(std::string_view begin);

/// Error where a file with these first bytes is not of the kind that `source` reads: names its kind, and the
/// source that reads it or how to convert it. Gzipped files are accepted where `may_be_gzipped`.
void require_kind(const std::string& file, std::string_view begin, std::string_view source,
                  bool may_be_gzipped);

/// The data source that reads files with this suffix, "npy" for x.npy; "" where the suffix does not say.
std::string_view source_of_suffix(const std::string& file);

/// "; it is a ZIP archive: unpack it: unzip FILE" for an existing file; "" where there is no such file. For
/// messages about files that were given as folders. `unknown` is the text about a file of unknown kind.
std::string kind_in_words(const std::string& file, const std::string& unknown = "; it is a file");

}  // namespace aelab
