#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "aelab/core/safetensors.h"
#include "aelab/core/shape.h"
#include "aelab/data/formats/array_file.h"

namespace aelab {

// NumPy's formats, versions as numpy.save and numpy.savez write them.
// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

/// Reads the header of a .npy file of version 1 to 3, `size` bytes in all, of which `head` are the first.
/// Error names `file` and the byte: a wrong magic number, a header that is not NumPy's, values that are no
/// plain numbers, too few or too many of them.
ArrayLayout parse_npy(std::string_view head, std::uint64_t size, const std::string& file);

/// Opens a .npy file. Throws the Errors of parse_npy().
ArrayFile open_npy(const std::filesystem::path& path);

/// What arrays a .npz file has, by their names as NumPy gives them.
std::vector<std::string> names_in_npz(const std::filesystem::path& path);

/// Reads an array of a .npz file into memory. Error names the file and the array: damaged, too large,
/// encrypted, missing.
ArrayFile read_npz(const std::filesystem::path& path, const std::string& array);
/// The text that an array of a single byte string or text holds, such as SciPy's "format". Error as that of
/// read_npz(), or where it is no text of at most 100 characters.
std::string text_in_npz(const std::filesystem::path& path, const std::string& array);
/// Reads it row by row instead, so that only one row is in memory. `begin` is given the layout, and returns
/// what is called with the bytes of each row, in order. Error also for arrays in Fortran order.
using RowVisitor = std::function<void(std::int64_t row, std::string_view bytes)>;
void visit_npz_rows(const std::filesystem::path& path, const std::string& array,
                    const std::function<RowVisitor(const ArrayLayout&)>& begin);

/// What precedes the values, row by row, in a .npy file of version 1.0. `dtype` is named as in safetensors
/// ("F32"). Error when NumPy has no such type (BF16).
std::string npy_header(std::string_view dtype, const Shape& shape);

/// Writes a .npz file whole or not at all (see write_file): a ZIP archive of .npy files, stored, with their
/// CRC-32; the same bytes for the same tensors (no time in it). Error, before anything is written, when the
/// archive would be larger than the 4 GB of a plain ZIP archive, or NumPy lacks a type.
void write_npz(const std::filesystem::path& path, std::span<const TensorBytes> tensors);

}  // namespace aelab
