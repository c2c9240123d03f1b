#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace aelab {

/// Writes a png with a line for each of `lines`, pictures [at most `columns`, channels, height, width];
/// places without a picture stay white, and large pictures are made smaller. Where each one is: "columns",
/// and "width", "height" and "gap" of a picture in pixels.
nlohmann::json draw_picture_lines(const std::filesystem::path& file, const std::vector<at::Tensor>& lines,
                                  std::int64_t columns);

}  // namespace aelab
