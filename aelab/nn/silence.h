#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// Adds a pass's rows to those of the elements of codes that are zero in all of them, and sets those of the
/// others to 0: `silent_rows` [elements] int64.
void count_silence(const Tensor& silent_rows, const Pass& pass);

}  // namespace aelab
