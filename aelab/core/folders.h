#pragma once

#include <filesystem>
#include <functional>
#include <system_error>
#include <vector>

namespace aelab {

/// The entries of a folder, sorted; where it cannot be read to its end, those read until then, and `error`.
std::vector<std::filesystem::path> sorted_entries(const std::filesystem::path& folder,
                                                  std::error_code& error);

/// Error that names a symbolic link within `folder`, at any depth; `folder` itself may be one. Whatever aelab
/// reads or writes in a folder of its own lies in that folder.
void refuse_links(const std::filesystem::path& folder);

/// Creates `parent` where missing and in it the folder <n>, n = 1 + the largest number there; returns its
/// path. Many processes may do so at once. Error when it cannot be created.
std::filesystem::path create_numbered_folder(const std::filesystem::path& parent);

/// Writes a folder whole or not at all: `fill` writes files into a temporary folder beside it, which then
/// gets its name; if it throws, the temporary folder is removed. Folders above are created where missing.
/// Error when something has the name already, or when the folders above cannot be created.
void write_folder(const std::filesystem::path& path,
                  const std::function<void(const std::filesystem::path& folder)>& fill);

}  // namespace aelab
