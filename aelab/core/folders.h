#pragma once

#include <filesystem>
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

}  // namespace aelab
