#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "aelab/core/safetensors.h"
#include "aelab/core/shape.h"

namespace aelab {

// NumPy's formats, versions as numpy.save and numpy.savez write them.
// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

/// What precedes the values, row by row, in a .npy file of version 1.0. `dtype` is named as in safetensors
/// ("F32"). Error when NumPy has no such type (BF16).
std::string npy_header(std::string_view dtype, const Shape& shape);

/// Writes a .npz file whole or not at all (see write_file): a ZIP archive of .npy files, stored, with their
/// CRC-32; the same bytes for the same tensors (no time in it). Error, before anything is written, when the
/// archive would be larger than the 4 GB of a plain ZIP archive, or NumPy lacks a type.
void write_npz(const std::filesystem::path& path, std::span<const TensorBytes> tensors);

}  // namespace aelab
