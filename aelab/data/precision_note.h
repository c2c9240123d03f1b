#pragma once

#include <string>

#include "aelab/data/split.h"

namespace aelab {

/// Says which features of the data, among the first training rows, vary by less than 100 steps of float32 (a
/// step is at most 2^-23 of the mean): rounding then hides part of how rows differ, and no transform brings
/// it back. "" where no feature does, and where gathering rows takes long.
std::string precision_note(const Data& data);

}  // namespace aelab
