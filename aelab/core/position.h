#pragma once

#include <cstdint>

namespace aelab {

/// A position in training. Epochs count over all phases, batches within their epoch.
struct Position {
  std::int64_t epoch = 0;
  std::int64_t batch = 0;
  bool operator==(const Position&) const = default;
};

}  // namespace aelab
