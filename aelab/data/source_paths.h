#pragma once

#include <string>

namespace aelab {

/// What is wrong with a path in place of a data source's name: there is no such file, or how to write the
/// source that reads it; "" if `name` cannot be a path: it has no suffix, slash or "*", and no such file
/// exists.
std::string path_as_source(const std::string& name);

}  // namespace aelab
