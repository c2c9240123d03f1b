#pragma once

#include "aelab/data/formats/array_file.h"

namespace aelab {

/// Reads the header of an array in the IDX format of MNIST, `size` bytes in all, of which `head` are the
/// first (44 suffice). Format: http://yann.lecun.com/exdb/mnist
/// Error names `file` and the byte: a wrong magic number or type, no or more than 8 dimensions, a dimension
/// of 0, too few or too many values.
ArrayLayout parse_idx(std::string_view head, std::uint64_t size, const std::string& file);

/// Opens a file that is gzipped, and then read into memory, or plain; where `path` is missing, `path`.gz.
/// Throws the Errors of parse_idx() and read_gzip(), and one when both are missing.
ArrayFile open_idx(const std::filesystem::path& path);

}  // namespace aelab
