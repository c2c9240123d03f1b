#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace aelab {

/// Whether there is an entry of this name, be it a link that leads nowhere or in circles: reading it is then
/// an Error that says so.
bool has_entry(const std::filesystem::path& path);

/// Whether symbolic links lead from `path`, which is in `folder`, to a place outside the folder. Links that
/// end within the folder do not, nor does a `folder` that is a link itself; nor does what does not exist.
bool leads_out(const std::filesystem::path& folder, const std::filesystem::path& path);

/// Throws an Error that names `path` and where it leads if it leads out of `folder`.
void require_within(const std::filesystem::path& folder, const std::filesystem::path& path);

/// The content of folder / file. Throws the Errors of require_within() and read_file().
std::string read_file_within(const std::filesystem::path& folder, const std::filesystem::path& file,
                             std::uintmax_t limit = std::uintmax_t{1} << 30);

}  // namespace aelab
